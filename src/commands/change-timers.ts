import { closeSync, existsSync } from "node:fs";
import type { CommandContext } from "../context.ts";
import { JobctlError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { jsonDocument } from "../output/json.ts";
import { styleFor } from "../output/style.ts";
import { renderTimerPlan, type TimerPlanPage } from "../output/timer-plan.ts";
import { tryLock } from "../system/file-lock.ts";
import { openPrivate } from "../system/private-files.ts";
import { applyWork, recover } from "../timers/apply-work.ts";
import { exposures } from "../timers/check-units.ts";
import type { JobFidelity } from "../timers/fidelity.ts";
import { planChanges, type PlanSides, type TimerChange } from "../timers/install-plan.ts";
import type { LeftOutJob, TextFile } from "../timers/target.ts";
import type { TargetKind } from "../timer-target.ts";
import type { TimerPlace, TimerWork } from "../timers/timer-place.ts";
import { stateChanges, timerWork, type TimerState } from "../timers/timer-states.ts";
import { type AppliedRecord, lockPath, timerRecords, type TimerRecords } from "../timers/timer-records.ts";
import { unifiedDiff } from "../timers/unified-diff.ts";
import { assertOwnStateDir } from "./run-state-dir.ts";

export interface ChangeOptions {
  dryRun: boolean;
  exitCode: boolean;
  force: boolean;
  json: boolean;
}

/** What was installed last; the record of thousands of jobs is read only where it matters. */
export type Applied = () => AppliedRecord | undefined;

/** What a place is to be brought to. */
export interface TimerGoal {
  kind: TargetKind;
  place: TimerPlace;
  stateDir: string;
  environment: string;
  /** Nothing is remembered of a folder that the caller named. */
  isOutput: boolean;
  wanted(applied: Applied): TextFile[];
  /** How a timer that stays is to be. */
  wantedState(applied: Applied, name: string, state: TimerState): TimerState;
  fidelity(): JobFidelity[];
  leftOut: readonly LeftOutJob[];
  notes: string[];
  registerSlots(): void;
}

/** The rest of a goal that only takes back. */
export const TAKING_BACK: Pick<TimerGoal, "fidelity" | "leftOut" | "notes" | "registerSlots"> = {
  fidelity: () => [],
  leftOut: [],
  notes: [],
  registerSlots: () => undefined,
};

export interface Progress {
  /** Called after each step of the apply. */
  afterStep?: (name: string) => void;
}

const CHANGES_PENDING = 2;

interface Surroundings {
  context: CommandContext;
  progress: Progress;
}

/** Plans, shows the plan, and does it, unless it is only to be shown. */
export async function changeTimers(goal: TimerGoal, options: ChangeOptions, surroundings: Surroundings): Promise<number> {
  if (options.dryRun || goal.isOutput) return planAndApply(goal, options, surroundings);
  assertOwnStateDir(goal.stateDir, surroundings.context);
  const lock = lockTimers(goal.stateDir);
  try {
    return await planAndApply(goal, options, surroundings);
  } finally {
    closeSync(lock);
  }
}

async function planAndApply(goal: TimerGoal, options: ChangeOptions, { context, progress }: Surroundings): Promise<number> {
  const records = goal.isOutput ? nothingRecorded() : timerRecords(goal.stateDir, goal.place.id);
  const notes = [...goal.notes, ...(await recovered(goal, records, options))];
  const applied = readOnce(records);
  const wanted = goal.wanted(applied);
  const [stateOf, found] = await Promise.all([goal.place.states(), goal.place.find(wanted.map(({ name }) => name))]);
  const known = (): PlanSides["applied"] =>
    goal.isOutput ? Object.fromEntries(found.map(({ name, text }) => [name, text])) : applied()?.texts;
  const isSame = planChanges({ wanted, applied: undefined, found }).length === 0;
  const changes = isSame ? [] : planChanges({ wanted, applied: known(), found });
  const names = new Set([...wanted, ...changes].map(({ name }) => name));
  const work = timerWork(changes, { names, stateOf, wanted: (name, state) => goal.wantedState(applied, name, state) });
  await goal.place.check(changes.flatMap(({ name, after }) => (after === null ? [] : [{ name, text: after }])));
  await showPlan(work, { goal, notes, total: wanted.length }, { options, context });
  const isPending = changes.length > 0 || Object.keys(work.after).length > 0;
  if (options.dryRun) return isPending && options.exitCode ? CHANGES_PENDING : EXIT.ok;
  refuseDrift(changes, goal, options);
  if (isPending) {
    const texts = Object.fromEntries(wanted.map(({ name, text }) => [name, text]));
    goal.place.ready(work);
    await applyWork(work, goal.place, { records, texts, registerSlots: goal.registerSlots, afterStep: progress.afterStep });
  } else goal.registerSlots();
  return EXIT.ok;
}

function readOnce(records: TimerRecords): Applied {
  const read: { record?: AppliedRecord | undefined } = {};
  return () => ("record" in read ? read.record : (read.record = records.applied()));
}

const nothing = (): undefined => undefined;

/** Two at once would take each other's half for drift. The lock ends with its descriptor. */
function lockTimers(stateDir: string): number {
  const path = lockPath(stateDir);
  const lock = openPrivate(path, "existing-or-new");
  if (tryLock(lock)) return lock;
  throw new JobctlError("try-later", `another jobctl changes timers now (${path} is locked); try again when it is done`);
}

async function recovered({ place }: TimerGoal, records: TimerRecords, { dryRun }: ChangeOptions): Promise<string[]> {
  if (dryRun) {
    const isCutOff = records.journal() !== undefined;
    return isCutOff ? ["an earlier call was cut off: the next install-timers or uninstall-timers takes back what it had begun"] : [];
  }
  const what = await recover(place, records);
  return what === "nothing"
    ? []
    : [`an earlier call was cut off: ${what === "put back" ? "what it had begun was put back first" : "it had done its work"}`];
}

function nothingRecorded(): TimerRecords {
  return { applied: nothing, journal: nothing, begin: nothing, commit: nothing, drop: nothing };
}

function refuseDrift(changes: readonly TimerChange[], { place }: TimerGoal, { force }: ChangeOptions): void {
  const drifted = changes.filter(({ isDrift }) => isDrift).map(({ name }) => name);
  if (drifted.length === 0 || force) return;
  throw new JobctlError(
    "config",
    `${place.title}: changed by hand since jobctl installed it: ${drifted.join(", ")}; put the change into the manifest (or a unit's drop-in), then --force replaces it`,
  );
}

async function showPlan(
  { changes, before, after }: TimerWork,
  { goal, notes, total }: { goal: TimerGoal; notes: string[]; total: number },
  { options, context }: { options: ChangeOptions; context: CommandContext },
): Promise<void> {
  const { stdout, env } = context;
  const levels = await exposureOf(goal, changes, env);
  const states = stateChanges(before, after);
  const removed = new Set(changes.flatMap(({ name, after: text }) => (text === null ? [name] : [])));
  const page: TimerPlanPage = {
    target: goal.kind,
    place: goal.place.title,
    environment: goal.environment,
    dryRun: options.dryRun,
    total,
    changes: changes.map(({ name, before: now, after: then, isDrift }) => ({
      name,
      change: now === null ? "add" : then === null ? "remove" : "change",
      isDrift,
      exposure: levels.get(name) ?? null,
      diff: unifiedDiff(name, now, then),
    })),
    start: namesOf(states.enable, states.start),
    stop: namesOf(states.disable, states.stop).filter((name) => !removed.has(name)),
    jobs: options.json || changes.length > 0 || Object.keys(after).length > 0 ? goal.fidelity() : [],
    leftOut: goal.leftOut,
    notes,
  };
  stdout.write(options.json ? jsonDocument(page) : renderTimerPlan(page, await styleFor(stdout, env)));
}

const namesOf = (...lists: string[][]): string[] => [...new Set(lists.flat())].toSorted();

async function exposureOf(
  { kind, isOutput }: TimerGoal,
  changes: readonly TimerChange[],
  env: CommandContext["env"],
): Promise<Map<string, string>> {
  const units = changes.flatMap(({ name, after }) => (after === null ? [] : [{ name, text: after }]));
  const isAsked = kind === "systemd" && !isOutput && existsSync("/usr/bin/systemd-analyze");
  return isAsked ? exposures(units, { env }) : new Map();
}
