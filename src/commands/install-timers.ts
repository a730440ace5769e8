import { existsSync } from "node:fs";
import type { CommandContext } from "../context.ts";
import { JobctlError } from "../errors.ts";
import { namesText } from "../output/timer-plan.ts";
import { fidelity, impossibilities } from "../timers/fidelity.ts";
import { canUserLimitMemory } from "../system/control-group.ts";
import { undone } from "../timers/install-plan.ts";
import { isCronRunning, NO_CRON } from "../system/cron-daemon.ts";
import { missingUnits, unitFolderOf } from "../timers/systemd-place.ts";
import type { TextFile } from "../timers/target.ts";
import { isInstalled, recordedPlaces, timerRecords } from "../timers/timer-records.ts";
import { ON } from "../timers/timer-states.ts";
import { type ChangeOptions, changeTimers, type Progress, TAKING_BACK, type TimerGoal } from "./change-timers.ts";
import { registerSlots } from "./register-slots.ts";
import { ownPlaces, type PlaceOptions, targetKind, settledSet, timerPlace, wantedTexts } from "./timer-places.ts";
import { lookAtTimerSet, readTimerSet, rootJobs, type ScopeOptions, type TimerSet } from "./timer-source.ts";

export interface InstallOptions extends ScopeOptions, PlaceOptions, ChangeOptions {
  undo: boolean;
}

/** Makes the machine's own scheduler call `jobctl run` for every job with a schedule; `progress` hears of each step. */
export async function installTimers(options: InstallOptions, context: CommandContext, progress: Progress = {}): Promise<number> {
  const kind = targetKind(options);
  const set = await (options.undo ? lookAtTimerSet : readTimerSet)(options, context);
  const place = timerPlace(kind, set, { options, context });
  const goal = options.undo ? undoGoal(set, options, context) : installGoal(settledSet(set, kind, place.id), kind, { options, context });
  return changeTimers(
    { kind, place, stateDir: set.stateDir, environment: set.source.environment, isOutput: options.output !== undefined, ...goal },
    options,
    { context, progress },
  );
}

type Goal = Pick<TimerGoal, "wanted" | "wantedState" | "fidelity" | "leftOut" | "notes" | "registerSlots">;

function installGoal(
  set: TimerSet,
  kind: TimerGoal["kind"],
  { options, context }: { options: InstallOptions; context: CommandContext },
): Goal {
  refuseImpossible(set, kind);
  const texts = wantedTexts(kind, set);
  const { stateDir, source } = set;
  const { stderr, now, env } = context;
  const warn = (text: string): void => stderr.write(`jobctl: ${text}\n`);
  return {
    wanted: () => texts,
    wantedState: (_, __, state) => (options.enable ? ON : state),
    fidelity: () => fidelity(source, set.target, kind),
    leftOut: source.leftOut,
    notes: options.output === undefined ? [...installNotes(set, kind, context), ...unitNotes(set, texts, env)] : [],
    registerSlots: () => (options.output === undefined ? registerSlots(source.jobs, { stateDir, now, warn }) : undefined),
  };
}

function undoGoal({ manifest }: TimerSet, { enable }: InstallOptions, { cwd }: CommandContext): Goal {
  return {
    wanted(applied) {
      const last = applied();
      if (last === undefined)
        throw new JobctlError("config", `${manifest.path}: nothing was installed there, so there is nothing to undo (${cwd})`);
      return undone(last.texts, last.replaced);
    },
    wantedState: (applied, name, state) => (enable ? (applied()?.states[name] ?? state) : state),
    ...TAKING_BACK,
  };
}

/** What can't be kept is never installed by halves. */
function refuseImpossible({ manifest, source, target }: TimerSet, kind: TimerGoal["kind"]): void {
  const lines = impossibilities(source, target, kind);
  if (lines.length === 0) return;
  throw new JobctlError("config", `${manifest.path} can't be installed so:\n${lines.map((line) => `  ${line}`).join("\n")}`);
}

function installNotes(set: TimerSet, kind: TimerGoal["kind"], { uid }: CommandContext): string[] {
  const { source, target, stateDir } = set;
  const asRoot = rootJobs(source.timed, target);
  const own = ownPlaces(target)[kind];
  const others = recordedPlaces(stateDir).filter((id) => id !== own && isInstalled(timerRecords(stateDir, id)));
  const isLingering = existsSync(`/var/lib/systemd/linger/${target.user}`);
  const isOfUser = kind === "systemd" && target.scope === "user";
  const limited = source.timed.filter(({ job }) => job.resources.maxMemory !== undefined).map(({ job }) => job.name);
  return [
    ...(asRoot.length > 0 ? [`run as root, since security.runAs names nobody else: ${namesText(asRoot)}`] : []),
    ...(isOfUser && limited.length > 0 && !canUserLimitMemory(uid)
      ? [
          `the systemd of ${target.user} can't limit memory here, so only jobctl's own watch, once a second, keeps maxMemory: ${namesText(limited)}`,
        ]
      : []),
    ...(isOfUser && !isLingering
      ? [
          `lingering is off for ${target.user}: these timers stop when you log out; turn it on with: sudo loginctl enable-linger ${target.user}`,
        ]
      : []),
    ...(kind !== "systemd" && isCronRunning() === false ? [NO_CRON] : []),
    ...others.map(
      (id) => `also installed in ${id}: every slot still runs once; jobctl uninstall-timers ${optionsOf(id, target.user)} removes it there`,
    ),
  ];
}

/** systemd only logs that a unit of OnFailure= is missing, and systemd-analyze verify does not see it. */
function unitNotes({ source, target: { scope } }: TimerSet, texts: readonly TextFile[], env: CommandContext["env"]): string[] {
  const asked = new Set(source.timed.flatMap(({ job }) => job.onFailureUnit ?? []));
  for (const { name } of texts) asked.delete(name);
  if (asked.size === 0) return [];
  const missing = missingUnits([...asked], { scope, folder: unitFolderOf(scope, env) });
  return missing.map((name) => `onFailureUnit: there is no unit ${name} here yet: a failure starts nothing until there is`);
}

/** The options that name a recorded place. */
function optionsOf(id: string, user: string): string {
  const [, kind, whose] = /^(systemd|crontab)-(.*)$/.exec(id) ?? [];
  if (kind === undefined) return `--target ${id}`;
  if (kind === "systemd") return `--target systemd --${whose}`;
  return whose === user ? "--target crontab" : `--target crontab (as ${whose})`;
}
