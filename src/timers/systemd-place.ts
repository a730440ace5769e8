import { rmSync } from "node:fs";
import { join } from "node:path";
import { JobctlError } from "../errors.ts";
import type { ToolOptions } from "../system/tools.ts";
import { verifyUnits } from "./check-units.ts";
import type { FoundText } from "./install-plan.ts";
import { assertRuns, type SystemdManager } from "./systemd-manager.ts";
import { fileSteps, findFiles, namesIn, putFilesBack, type TimerFolder } from "./timer-files.ts";
import type { Step, TimerPlace, TimerWork } from "./timer-place.ts";
import { stateChanges } from "./timer-states.ts";

export interface SystemdPlaceOptions {
  manifestPath: string;
  /** Where the manager looks for the administrator's units. */
  folder: string;
  manager: SystemdManager;
}

/** Where packages put their units: a file of the same name in ours would replace them (systemd.unit(5)). */
const PACKAGED = {
  system: ["/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system"],
  user: ["/usr/local/lib/systemd/user", "/usr/lib/systemd/user", "/etc/systemd/user"],
} as const;

/** The units of a manager, each with a mark that says whose it is. */
export function systemdPlace({ manifestPath, folder, manager }: SystemdPlaceOptions): TimerPlace {
  const { scope, tools } = manager;
  return {
    id: `systemd-${scope}`,
    title: `systemd (${folder})`,
    find: async (names) => [...packagedUnits(scope, names), ...findFiles(unitFolder(folder, manifestPath), names)],
    async states() {
      // What WantedBy=timers.target makes of a unit that is enabled (systemd.unit(5)).
      const enabled = new Set(namesIn(join(folder, "timers.target.wants")));
      const active = manager.isRunning ? await manager.activeTimers() : new Set();
      return (name) => {
        if (!name.endsWith(".timer")) return undefined;
        return { enabled: enabled.has(name), active: active.has(name) };
      };
    },
    check: (units) => verifyUnits(units, scope, tools),
    ready({ before, after }) {
      if (stateChanges(before, after).start.length > 0) assertRuns(manager);
    },
    put: (work) => [...stopTimers(work, manager), ...fileSteps(folder, work.changes)],
    activate: (work) => [...activateUnits(work, manager), ...forgetStamps(work, stampFolder(scope, tools.env))],
    putBack: (work) => putUnitsBack(work, { folder, manager, manifestPath, stamps: stampFolder(scope, tools.env) }),
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
  const wanted = new Set(names);
  return PACKAGED[scope].flatMap((folder) =>
    namesIn(folder)
      .filter((name) => wanted.has(name))
      .map((name) => ({ name, text: "", foreign: `${folder}/${name}: is a unit of this system` })),
  );
}

/** Those of these units that the manager would not find. An instance has the file of its template. */
export function missingUnits(names: readonly string[], { scope, folder }: { scope: "system" | "user"; folder: string }): string[] {
  const there = new Set([folder, ...PACKAGED[scope]].flatMap(namesIn));
  return names.filter((name) => !there.has(name) && !there.has(name.replace(/@.*(\.\w+)$/, "@$1")));
}

/** Without this a removed timer leaves a dangling link and a unit that failed. */
function stopTimers({ before, after }: TimerWork, manager: SystemdManager): Step[] {
  const { stop, disable } = stateChanges(before, after);
  return [
    ...(stop.length > 0 ? [{ name: "stop timers", run: () => manager.stop(stop) }] : []),
    ...(disable.length > 0 ? [{ name: "disable timers", run: () => manager.disable(disable) }] : []),
  ];
}

/** One reload for all of them: it takes a manager of thousands of timers many seconds. */
function activateUnits({ changes, before, after }: TimerWork, manager: SystemdManager): Step[] {
  const removed = changes.flatMap(({ name, after: text }) => (text === null && !name.endsWith("@.service") ? [name] : []));
  const { enable, disable, start } = stateChanges(before, after);
  const isReloaded = manager.isRunning && changes.length + enable.length + disable.length > 0;
  return [
    ...(enable.length > 0 ? [{ name: "enable timers", run: () => manager.enable(enable) }] : []),
    ...(isReloaded ? [{ name: "reload", run: () => manager.reload() }] : []),
    ...(removed.length > 0 && manager.isRunning ? [{ name: "forget failures", run: () => manager.resetFailed(removed) }] : []),
    ...(start.length > 0 ? [{ name: "start timers", run: () => manager.start(start) }] : []),
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
  return [{ name: "forget stamps", run: async () => removeStamps(timers, folder) }];
}

function removeStamps(timers: readonly string[], folder: string): void {
  for (const name of timers) rmSync(join(folder, `stamp-${name}`), { force: true });
}

/** The texts and every timer as they were: one that somebody had stopped or disabled by hand stays so. */
async function putUnitsBack(
  { changes, before, after }: TimerWork,
  { folder, manager, manifestPath, stamps }: { folder: string; manager: SystemdManager; manifestPath: string; stamps: string },
): Promise<void> {
  const present = (names: readonly string[]): string[] => {
    const there = new Set(findFiles(unitFolder(folder, manifestPath), []).map(({ name }) => name));
    return names.filter((name) => there.has(name));
  };
  const { enable, disable, start, stop } = stateChanges(after, before);
  if (manager.isRunning) await manager.stop(present(stop));
  await manager.disable(present(disable));
  putFilesBack(folder, changes);
  await manager.enable(present(enable));
  const added = changes.flatMap(({ name, before: text }) => (text === null ? [name] : []));
  removeStamps(
    added.filter((name) => name.endsWith(".timer")),
    stamps,
  );
  if (!manager.isRunning) return;
  await manager.reload();
  await manager.start(present(start));
  await manager.resetFailed(added.filter((name) => !name.endsWith("@.service")));
}

/** Where the administrator's units are (systemd.unit(5), UNIT FILE LOAD PATH). */
export function unitFolderOf(scope: "system" | "user", env: ToolOptions["env"]): string {
  if (scope === "system") return "/etc/systemd/system";
  const config = env["XDG_CONFIG_HOME"]?.startsWith("/") ? env["XDG_CONFIG_HOME"] : env["HOME"] && `${env["HOME"]}/.config`;
  if (!config) throw new JobctlError("config", "HOME is not set, so the folder of your units is not known; set it");
  return `${config}/systemd/user`;
}
