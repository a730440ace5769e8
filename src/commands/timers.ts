import type { CommandContext, GlobalOptions } from "../context.ts";
import { isJobctlError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { isoUtc, jsonDocument } from "../output/json.ts";
import { styleFor } from "../output/style.ts";
import { renderTimers } from "../output/timers-table.ts";
import { crontabLines } from "../schedule/crontab-lines.ts";
import { nextAfter } from "../schedule/occurrences.ts";
import { isProblem } from "../schedule/schedule.ts";
import { systemdManager, type Elapse } from "../timers/systemd-manager.ts";
import type { TimedJob } from "../timers/target.ts";
import type { TargetKind } from "../timer-target.ts";
import { timerRecords } from "../timers/timer-records.ts";
import { timerConditions } from "../timers/timer-report.ts";
import { idleTimers } from "../timers/timer-states.ts";
import { unitName } from "../timers/unit-text.ts";
import { settledSet, timerPlace, usedPlaces, wantedTexts } from "./timer-places.ts";
import { lookAtTimerSet, type ScopeOptions, type TimerSet } from "./timer-source.ts";

export interface TimersOptions extends ScopeOptions {
  json: boolean;
}

/** One timer as `timers --json` prints it; instants in UTC, null where there is none or it is not known. */
export interface TimerJson {
  job: string;
  target: TargetKind;
  state: string;
  /** The unit, or the fields of the crontab's lines. */
  trigger: string;
  next: string | null;
  last: string | null;
}

/** What pulls the trigger of each job, whether it is as it should be, and when it goes off. */
export async function timers(options: TimersOptions, context: CommandContext): Promise<number> {
  const { stdout, stderr, env, now } = context;
  const set = await lookAtTimerSet(options, context);
  const found = await installedTimers(set, context);
  if (options.json) stdout.write(jsonDocument(found));
  else if (found.length > 0) stdout.write(renderTimers(found, { style: await styleFor(stdout, env), width: stdout.columns, now: now() }));
  if (found.length === 0) stderr.write("no timers are installed; jobctl install-timers --dry-run shows what it would install\n");
  if (usedPlaces(set).some(({ id }) => timerRecords(set.stateDir, id).journal() !== undefined)) {
    stderr.write("an install was cut off: jobctl install-timers ends it\n");
  }
  return EXIT.ok;
}

/** `systemd ok`, `crontab changed by hand`, or that there is none, by job. A scheduler that can't be asked hides nothing else. */
export async function timerStatesOf(options: GlobalOptions, context: CommandContext): Promise<Map<string, string>> {
  const states = new Map<string, string>();
  try {
    const set = await lookAtTimerSet({ ...options, user: false, system: false }, context);
    for (const { job, target, state } of await installedTimers(set, context)) {
      const before = states.get(job);
      states.set(job, `${before === undefined ? "" : `${before}, `}${target} ${state}`);
    }
  } catch (error) {
    if (!isJobctlError(error)) throw error;
  }
  return states;
}

/** Of all places that this user has installed something in. */
export async function installedTimers(set: TimerSet, context: CommandContext): Promise<TimerJson[]> {
  const pages: TimerJson[] = [];
  for (const { kind, id } of usedPlaces(set)) {
    const applied = timerRecords(set.stateDir, id).applied()?.texts ?? {};
    if (Object.keys(applied).length === 0) continue;
    pages.push(...(await timersIn(kind, { set: settledSet(set, kind, id), applied, context })));
  }
  return pages;
}

interface Looking {
  set: TimerSet;
  applied: Readonly<Record<string, string>>;
  context: CommandContext;
}

async function timersIn(kind: TargetKind, { set, applied, context }: Looking): Promise<TimerJson[]> {
  const { source } = set;
  const { timed } = source;
  const over = new Set(source.over.map(({ job }) => job.name));
  const place = timerPlace(kind, set, { options: {}, context });
  const wanted = wantedTexts(kind, set);
  const names = wanted.map(({ name }) => name);
  const [stateOf, found] = await Promise.all([place.states(), place.find(names)]);
  const conditions = timerConditions(timed, { kind, source, wanted, applied, found, idle: idleTimers(names, stateOf), over });
  const elapses = kind === "systemd" ? await elapsesOf(set, context) : new Map<string, Elapse>();
  return timed.map((each) => {
    const { name } = each.job;
    const elapse = elapses.get(`${unitName(set.source, name)}.timer`);
    // systemd does not say it while the job runs, and cron never does: the schedule knows.
    const next = elapse?.next ?? (conditions.get(name) === "ok" ? nextAfter(each.schedule, context.now()) : undefined) ?? null;
    const trigger = kind === "systemd" ? `${unitName(set.source, name)}.timer` : cronTimes(each, set);
    return {
      job: name,
      target: kind,
      state: conditions.get(name) ?? "",
      trigger,
      next: isoOrNull(next),
      last: isoOrNull(elapse?.last ?? null),
    };
  });
}

async function elapsesOf({ target }: TimerSet, { env, uid }: CommandContext): Promise<Map<string, Elapse>> {
  const manager = systemdManager(target.scope, { env, uid });
  return manager.isRunning ? manager.elapses() : new Map();
}

function cronTimes({ schedule }: TimedJob, { target }: TimerSet): string {
  const found = crontabLines(schedule, target.host);
  return isProblem(found) ? found.problem : found.lines.join("; ");
}

const isoOrNull = (instant: number | null): string | null => (instant === null ? null : isoUtc(instant));
