import { join } from "node:path";
import type { CommandContext, GlobalOptions } from "../context.ts";
import { isJobctlError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { jsonDocument } from "../output/json.ts";
import type { Style } from "../output/looks.ts";
import { styleFor } from "../output/style.ts";
import { renderFields } from "../output/table.ts";
import { zoneEdition } from "../schedule/zone.ts";
import { isCronRunning, NO_CRON } from "../system/cron-daemon.ts";
import { findProgram } from "../system/find-program.ts";
import { nodeVersions } from "../system/node-versions.ts";
import { callTool } from "../system/tools.ts";
import { systemdManager } from "../timers/systemd-manager.ts";
import { manifestOptions } from "./manifest-options.ts";
import { assertOwnStateDir, runStateDir } from "./run-state-dir.ts";
import { hostZone } from "./zones.ts";

export interface DoctorOptions extends GlobalOptions {
  json: boolean;
}

/** What `doctor --json` prints; null for what is not there or not known. */
export interface Diagnosis {
  jobctl: { version: string; path: string };
  node: { version: string; path: string };
  manifest: string | null;
  stateDir: string | null;
  /** The zone of this machine's clock. */
  timezone: string;
  /** Editions of the time zone tables: this machine's, and Node's own. */
  zones: { machine: string | null; node: string | null };
  /** `isRunning`: the manager whose timers the caller's would be. */
  systemd: { version: string | null; isRunning: boolean };
  /** The program crontab. */
  crontab: string | null;
  cron: { isRunning: boolean | null };
  remarks: string[];
}

/** Looks at what jobctl has around it, and says what may surprise; changes nothing. */
export async function doctor(options: DoctorOptions, context: CommandContext): Promise<number> {
  const { stdout, env } = context;
  const diagnosis = await diagnose(options, context);
  stdout.write(options.json ? jsonDocument(diagnosis) : renderDiagnosis(diagnosis, await styleFor(stdout, env), stdout.columns));
  return EXIT.ok;
}

async function diagnose(options: DoctorOptions, context: CommandContext): Promise<Diagnosis> {
  const { env, uid, programVersion, packageRoot, nodePath } = context;
  const versions = nodeVersions();
  const found = {
    jobctl: { version: programVersion, path: join(packageRoot, "bin/jobctl.js") },
    node: { version: versions.node, path: nodePath },
    timezone: hostZone().name,
    zones: { machine: zoneEdition() ?? null, node: versions.zones },
    systemd: {
      version: await systemdVersion(env),
      isRunning: systemdManager(uid === 0 ? "system" : "user", { env, uid }).isRunning,
    },
    crontab: findProgram("crontab", env["PATH"]) ?? null,
    cron: { isRunning: isCronRunning() ?? null },
  };
  const { remarks, ...set } = await manifestAround(options, context);
  return { ...found, ...set, remarks: [...remarks, ...remarksOn(found)] };
}

async function manifestAround(
  options: DoctorOptions,
  context: CommandContext,
): Promise<Pick<Diagnosis, "manifest" | "stateDir" | "remarks">> {
  try {
    const manifest = await openManifest(manifestOptions(options, context));
    const stateDir = runStateDir(manifest, options, context);
    return { manifest: manifest.path, stateDir, remarks: stateDirRemarks(stateDir, context) };
  } catch (error) {
    if (!isJobctlError(error)) throw error;
    return { manifest: null, stateDir: null, remarks: [error.message] };
  }
}

function stateDirRemarks(stateDir: string, context: CommandContext): string[] {
  try {
    assertOwnStateDir(stateDir, context);
    return [];
  } catch (error) {
    if (!isJobctlError(error)) throw error;
    return [error.message];
  }
}

async function systemdVersion(env: CommandContext["env"]): Promise<string | null> {
  if (findProgram("systemctl", env["PATH"]) === undefined) return null;
  const { stdout } = await callTool("systemctl", ["--version"], { env });
  return /^systemd (\S+)/.exec(stdout)?.[1] ?? null;
}

function remarksOn({ zones, systemd, crontab, cron }: Pick<Diagnosis, "zones" | "systemd" | "crontab" | "cron">): string[] {
  const { machine, node } = zones;
  return [
    ...(machine !== null && node !== null && machine !== node
      ? [
          `time zones: cron, systemd and jobctl go by this machine's ${machine}, a module's own dates by Node's ${node}: some zones may differ`,
        ]
      : []),
    ...(machine === null ? ["time zones: this machine has no table of them that says its edition (install the package tzdata)"] : []),
    ...(systemd.isRunning || crontab !== null ? [] : ["nothing here can start jobs: neither systemd nor the program crontab"]),
    ...(systemd.isRunning || crontab === null || cron.isRunning !== false ? [] : [NO_CRON]),
  ];
}

function renderDiagnosis(
  { jobctl, node, manifest, stateDir, timezone, zones, systemd, crontab, cron, remarks }: Diagnosis,
  style: Style,
  width: number | undefined,
): string {
  const fields = {
    jobctl: `${jobctl.version} (${jobctl.path})`,
    Node: `${node.version} (${node.path})`,
    manifest: manifest ?? "none",
    state: stateDir ?? "unknown",
    clock: timezone,
    "time zones": `${zones.machine ?? "unknown"} on this machine, ${zones.node ?? "none"} in Node`,
    systemd: systemd.version === null ? "none" : `${systemd.version}, ${systemd.isRunning ? "running" : "not running"}`,
    crontab: crontab ?? "none",
    cron: cron.isRunning === null ? "unknown" : cron.isRunning ? "running" : "not running",
  };
  const page = renderFields(Object.entries(fields), style.bold, width);
  return [page, ...(remarks.length === 0 ? [] : ["\n"]), ...remarks.map((remark) => `${style.yellow("!")} ${remark}\n`)].join("");
}
