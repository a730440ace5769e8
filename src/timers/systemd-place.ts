import { rmSync } from "node:fs";
import { join } from "node:path";
import { JobctlError } from "../errors.ts";
import type { ToolOptions } from "../system/tools.ts";
import { verifyUnits } from "./check-units.ts";
import type { FoundText } from "./install-plan.ts";
import { assertRuns, type SystemdManager } from "./systemd-manager.ts";
import { fileSteps, findFiles, namesIn, putFilesBack, type TimerFolder } from "./timer-files.ts";
import type { Step, TimerPlace, TimerWork } from "./timer-place.ts";

export interface SystemdPlaceOptions {
  manifestPath: string;
  /** Where the manager looks for the administrator's units. */
  folder: string;
  manager: SystemdManager;
  tools: ToolOptions;
  /** False: the files are placed, nothing is enabled or started. */
  enable: boolean;
}

/** Where packages put their units: a file of the same name in ours would replace them (systemd.unit(5)). */
const PACKAGED = {
  system: ["/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system"],
  user: ["/usr/local/lib/systemd/user", "/usr/lib/systemd/user", "/etc/systemd/user"],
} as const;

/** The units of a manager, each with a mark that says whose it is. */
export function systemdPlace({ manifestPath, folder, manager, tools, enable }: SystemdPlaceOptions): TimerPlace {
  const { scope } = manager;
  return {
    id: `systemd-${scope}`,
    title: `systemd (${folder})`,
    find: async (names) => [...packagedUnits(scope, names), ...findFiles(unitFolder(folder, manifestPath), names)],
    async idle(wanted) {
      const timers = wanted.flatMap(({ name }) => (name.endsWith(".timer") ? [name] : []));
      if (!enable) return [];
      if (!manager.isRunning) return timers;
      const running = (await manager.states(timers)).filter(({ enabled, active }) => enabled === "enabled" && active === "active");
      const names = new Set(running.map(({ unit }) => unit));
      return timers.filter((name) => !names.has(name));
    },
    check: (units) => verifyUnits(units, scope, tools),
    ready: () => (enable ? assertRuns(manager) : undefined),
    put: (work) => [...stopRemoved(work, manager), ...fileSteps(folder, work.changes)],
    activate: (work) => [...activateUnits(work, manager), ...forgetStamps(work, stampFolder(scope, tools.env))],
    putBack: (work) => putUnitsBack(work, { folder, manager, manifestPath }),
  };
}

function unitFolder(path: string, manifestPath: string): TimerFolder {
  return {
    path,
    manifestPath,
    isCandidate: (name) => /\.(service|timer)$/.test(name),
    ownerOf: (text) => /^X-Jobctl-Manifest=(.*)$/m.exec(text)?.[1],
  };
}

function packagedUnits(scope: "system" | "user", names: readonly string[]): FoundText[] {
  return PACKAGED[scope].flatMap((folder) => {
    const there = new Set(namesIn(folder));
    return names
      .filter((name) => there.has(name))
      .map((name) => ({ name, text: "", foreign: `${folder}/${name}: is a unit of this system` }));
  });
}

/** Without this a removed timer leaves a dangling link and a unit that failed. */
function stopRemoved({ changes }: TimerWork, manager: SystemdManager): Step[] {
  const timers = changes.flatMap(({ name, after }) => (after === null && name.endsWith(".timer") ? [name] : []));
  if (timers.length === 0) return [];
  return [{ name: "disable removed timers", run: () => manager.disableNow(timers) }];
}

function activateUnits({ changes, start }: TimerWork, manager: SystemdManager): Step[] {
  const removed = changes.flatMap(({ name, after }) => (after === null && !name.endsWith("@.service") ? [name] : []));
  return [
    ...(changes.length > 0 && manager.isRunning ? [{ name: "reload", run: () => manager.reload() }] : []),
    ...(removed.length > 0 && manager.isRunning ? [{ name: "forget failures", run: () => manager.resetFailed(removed) }] : []),
    ...(start.length > 0 ? [{ name: "enable timers", run: () => manager.enableNow(start) }] : []),
  ];
}

/** Where a persistent timer keeps when it last elapsed (systemd.timer(5)); with an old one it would start at once where it is installed again. */
function stampFolder(scope: "system" | "user", { XDG_DATA_HOME, HOME = "/" }: ToolOptions["env"]): string {
  if (scope === "system") return "/var/lib/systemd/timers";
  return join(XDG_DATA_HOME?.startsWith("/") ? XDG_DATA_HOME : join(HOME, ".local/share"), "systemd/timers");
}

function forgetStamps({ changes }: TimerWork, folder: string): Step[] {
  const timers = changes.flatMap(({ name, after }) => (after === null && name.endsWith(".timer") ? [name] : []));
  if (timers.length === 0) return [];
  return [
    {
      name: "forget stamps",
      run: async () => {
        for (const name of timers) rmSync(join(folder, `stamp-${name}`), { force: true });
      },
    },
  ];
}

/** Timers that were there before were enabled before, unless they are among those that were to be started. */
async function putUnitsBack(
  { changes, start }: TimerWork,
  { folder, manager, manifestPath }: { folder: string; manager: SystemdManager; manifestPath: string },
): Promise<void> {
  const there = new Set(findFiles(unitFolder(folder, manifestPath), []).map(({ name }) => name));
  const begun = start.filter((name) => there.has(name));
  if (manager.isRunning && begun.length > 0) await manager.disableNow(begun);
  putFilesBack(folder, changes);
  if (!manager.isRunning) return;
  await manager.reload();
  const stopped = changes.flatMap(({ name, before, after }) =>
    after === null && before !== null && name.endsWith(".timer") ? [name] : [],
  );
  if (stopped.length > 0) await manager.enableNow(stopped);
  await manager.resetFailed(changes.flatMap(({ name, before }) => (before === null && !name.endsWith("@.service") ? [name] : [])));
}

/** Where the administrator's units are (systemd.unit(5), UNIT FILE LOAD PATH). */
export function unitFolderOf(scope: "system" | "user", env: ToolOptions["env"]): string {
  if (scope === "system") return "/etc/systemd/system";
  const config = env["XDG_CONFIG_HOME"]?.startsWith("/") ? env["XDG_CONFIG_HOME"] : env["HOME"] && `${env["HOME"]}/.config`;
  if (!config) throw new JobctlError("config", "HOME is not set, so the folder of your units is not known; set it");
  return `${config}/systemd/user`;
}
