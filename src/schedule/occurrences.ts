import type { CronSchedule, IntervalSchedule, Schedule } from "./schedule.ts";
import { nextWall, previousWall } from "./wall-calendar.ts";
import { SECOND_MS } from "./wall-time.ts";
import type { Zone } from "./zone.ts";
import { indexAt, instantAt, transitionsUntil, wallTime } from "./zone-clock.ts";

/**
 * The first occurrence after an instant (milliseconds), or undefined where there is none up to the year 2199. Wall clock, at
 * most once: a local time that the clock skips does not run, one that it repeats runs the first time.
 */
export function nextAfter(schedule: Schedule, instant: number): number | undefined {
  const { startDate = Number.NEGATIVE_INFINITY, endDate = Number.POSITIVE_INFINITY } = schedule;
  const next = nextUnbounded(schedule, Math.max(instant, startDate - 1));
  return next !== undefined && next <= endDate ? next : undefined;
}

/** The latest occurrence at or before an instant, or undefined where there is none since 1970. */
export function previousAtOrBefore(schedule: Schedule, instant: number): number | undefined {
  const { startDate = Number.NEGATIVE_INFINITY, endDate = Number.POSITIVE_INFINITY } = schedule;
  const previous = previousUnbounded(schedule, Math.min(instant, endDate));
  return previous !== undefined && previous >= startDate ? previous : undefined;
}

/** At most `count` occurrences after an instant, oldest first. */
export function nextOccurrences(schedule: Schedule, instant: number, count: number): number[] {
  const found: number[] = [];
  for (let last: number | undefined = instant; found.length < count; found.push(last)) {
    last = nextAfter(schedule, last);
    if (last === undefined) break;
  }
  return found;
}

/** So many occurrences show every period of a schedule: its times of a day, its days, and a change of its zone's clock. */
const ENOUGH = 1500;

/** The shortest time between two occurrences, in milliseconds; infinite for a schedule that has only one. */
export function shortestPeriod(schedule: Schedule): number {
  if (schedule.kind === "once") return Number.POSITIVE_INFINITY;
  if (schedule.kind === "interval") return schedule.every;
  const from = Math.max(schedule.startDate ?? 0, Date.UTC(2026, 0, 1));
  const times = nextOccurrences(schedule, from, ENOUGH);
  return Math.min(Number.POSITIVE_INFINITY, ...times.slice(1).map((time, index) => time - (times[index] ?? 0)));
}

function nextUnbounded(schedule: Schedule, instant: number): number | undefined {
  if (schedule.kind === "once") return schedule.at > instant ? schedule.at : undefined;
  if (schedule.kind === "interval") return intervalSlot(schedule, Math.floor((instant - anchorOf(schedule)) / schedule.every) + 1);
  return nextCron(schedule, instant);
}

function previousUnbounded(schedule: Schedule, instant: number): number | undefined {
  if (schedule.kind === "once") return schedule.at <= instant ? schedule.at : undefined;
  if (schedule.kind === "interval") return intervalSlot(schedule, Math.floor((instant - anchorOf(schedule)) / schedule.every));
  return previousCron(schedule, instant);
}

/** Intervals count from startDate, else from the epoch: so they have slots like any schedule. */
export function anchorOf({ startDate = 0 }: IntervalSchedule): number {
  return startDate;
}

function intervalSlot(schedule: IntervalSchedule, index: number): number {
  return anchorOf(schedule) + index * schedule.every;
}

function nextCron(schedule: CronSchedule, instant: number): number | undefined {
  const { zone } = schedule;
  // First passes come in the order of the wall clock, so no earlier wall time can have its first pass after this instant.
  let local = nextWall(schedule, Math.floor(wallTime(zone, instant) / SECOND_MS) * SECOND_MS + SECOND_MS);
  while (local !== undefined) {
    const at = instantAt(zone, local);
    if (at !== undefined && at > instant) return at;
    local = nextWall(schedule, local + SECOND_MS);
  }
  return undefined;
}

function previousCron(schedule: CronSchedule, instant: number): number | undefined {
  const { zone } = schedule;
  let local = previousWall(schedule, Math.floor(latestWall(zone, instant) / SECOND_MS) * SECOND_MS);
  while (local !== undefined) {
    const at = instantAt(zone, local);
    if (at !== undefined && at <= instant) return at;
    local = previousWall(schedule, local - SECOND_MS);
  }
  return undefined;
}

/** The latest time that the wall clock has shown: in a repeated hour that is the end of its first pass. */
function latestWall(zone: Zone, instant: number): number {
  const transitions = transitionsUntil(zone, instant);
  const index = indexAt(transitions, instant);
  const { at } = transitions[index] ?? { at: instant };
  const before = transitions[index - 1];
  const now = wallTime(zone, instant);
  return before === undefined ? now : Math.max(now, at + before.offset - SECOND_MS);
}
