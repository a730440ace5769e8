import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { CommandContext } from "../context.ts";
import { JobctlError } from "../errors.ts";
import { crontabBlock, cronDFile } from "../timers/crontab-block.ts";
import { CRONTAB_BLOCK, crontabPlace } from "../timers/crontab-place.ts";
import { cronDPlace } from "../timers/cron-d-place.ts";
import { outputPlace } from "../timers/output-place.ts";
import { systemdManager } from "../timers/systemd-manager.ts";
import { systemdPlace, unitFolderOf } from "../timers/systemd-place.ts";
import type { TextFile } from "../timers/target.ts";
import { TARGET_KINDS, type TargetKind } from "../timer-target.ts";
import { withOver } from "../timers/timed-jobs.ts";
import type { TimerPlace } from "../timers/timer-place.ts";
import { recordedPlaces, timerRecords } from "../timers/timer-records.ts";
import { unitFiles } from "../timers/unit-files.ts";
import type { TimerSet } from "./timer-source.ts";

export interface PlaceOptions {
  target: "auto" | TargetKind;
  /** False: units are placed, and neither enabled nor started. */
  enable: boolean;
  output?: string;
}

/** The names of a caller's places, by which they are remembered. */
export function ownPlaces({ scope, user }: TimerSet["target"]): Record<TargetKind, string> {
  return { systemd: `systemd-${scope}`, crontab: `crontab-${user}`, "cron.d": "cron.d" };
}

/** Those in which something was ever installed, or begun. */
export function usedPlaces({ stateDir, target }: TimerSet): { kind: TargetKind; id: string }[] {
  const places = ownPlaces(target);
  return recordedPlaces(stateDir).flatMap((id) => TARGET_KINDS.filter((kind) => places[kind] === id).map((kind) => ({ kind, id })));
}

/** systemd where it runs, else the crontab. */
export function targetKind({ target }: Pick<PlaceOptions, "target">): TargetKind {
  if (target !== "auto") return target;
  return existsSync("/run/systemd/system") ? "systemd" : "crontab";
}

export function timerPlace(
  kind: TargetKind,
  { source, target }: TimerSet,
  { options, context }: { options: Pick<PlaceOptions, "output">; context: CommandContext },
): TimerPlace {
  const { env, uid, cwd } = context;
  const { manifestPath } = source;
  if (options.output !== undefined) return outputPlace(resolve(cwd, options.output), { kind, manifestPath });
  if (kind === "crontab") return crontabPlace({ owner: source, user: target.user, tools: { env } });
  if (kind === "cron.d") {
    if (uid !== 0) throw new JobctlError("denied", "--target cron.d needs root: use sudo, or --target crontab for lines of your own");
    return cronDPlace({ manifestPath });
  }
  const manager = systemdManager(target.scope, { env, uid });
  return systemdPlace({ manifestPath, folder: unitFolderOf(target.scope, env), manager });
}

/** Time alone changes nothing: where what is installed has the timers of jobs that are over now, these stay until something else changes. */
export function settledSet(set: TimerSet, kind: TargetKind, placeId: string): TimerSet {
  if (set.source.over.length === 0) return set;
  const whole = { ...set, source: withOver(set.source) };
  const applied = timerRecords(set.stateDir, placeId).applied()?.texts ?? {};
  const texts = wantedTexts(kind, whole);
  const isInstalled = texts.length === Object.keys(applied).length && texts.every(({ name, text }) => applied[name] === text);
  return isInstalled ? whole : set;
}

/** What is to be there. */
export function wantedTexts(kind: TargetKind, { source, target }: TimerSet): TextFile[] {
  if (kind === "systemd") return unitFiles(source, target);
  if (kind === "cron.d") return [cronDFile(source, target)];
  return [{ name: CRONTAB_BLOCK, text: crontabBlock(source, target) }];
}
