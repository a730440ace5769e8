import { instantAt, transitionsUntil } from "./zone-clock.ts";
import type { CronSchedule, Schedule } from "./schedule.ts";
import { nextWall } from "./wall-calendar.ts";
import { DAY_MS, SECOND_MS, clockText, dateText } from "./wall-time.ts";

/** A change of a zone's clock that touches a schedule. */
export interface ClockChange {
  /** When the clock changes, in milliseconds since the epoch. */
  at: number;
  kind: "skipped" | "repeated";
  /** Local times of the schedule that the clock skips or shows twice, the first hundred, `HH:MM`. */
  times: string[];
  /** What happens, in a sentence. */
  message: string;
}

const MOST_TIMES = 100;

/** The changes of the zone's clock after `from`, up to `until`, that skip or repeat times of this schedule. */
export function clockChanges(schedule: Schedule, [from, until]: readonly [number, number]): ClockChange[] {
  if (schedule.kind !== "cron") return [];
  const transitions = transitionsUntil(schedule.zone, until);
  const found: ClockChange[] = [];
  for (const [index, { at, offset }] of transitions.entries()) {
    const before = transitions[index - 1];
    if (before === undefined || at <= from || at > until || !isInside(schedule, at)) continue;
    const change = changeOf(schedule, at, [before.offset, offset]);
    if (change !== undefined) found.push(change);
  }
  return found;
}

const YEAR_MS = 366 * DAY_MS;

/** For `validate`: a sentence per change within a year after `from` that skips or repeats a time which a person would miss. */
export function clockWarnings(schedule: Schedule, from: number): string[] {
  return hasFixedTimes(schedule) ? clockChanges(schedule, [from, from + YEAR_MS]).map(({ message }) => message) : [];
}

/**
 * Whether the schedule names fixed times of day, which a person would miss: neither its minutes nor its hours begin with `*`.
 */
export function hasFixedTimes(schedule: Schedule): boolean {
  return schedule.kind === "cron" && schedule.fields.minute.star === undefined && schedule.fields.hour.star === undefined;
}

function isInside({ startDate = Number.NEGATIVE_INFINITY, endDate = Number.POSITIVE_INFINITY }: Schedule, at: number): boolean {
  return at >= startDate && at <= endDate;
}

function changeOf(schedule: CronSchedule, at: number, [before, after]: readonly [number, number]): ClockChange | undefined {
  const skipped = after > before;
  const locals = wallsBetween(schedule, [at + Math.min(before, after), at + Math.max(before, after)]).filter(
    (local) => skipped === (instantAt(schedule.zone, local) === undefined),
  );
  if (locals.length === 0) return undefined;
  const times = locals.map(clockText);
  const [first = 0] = locals;
  const where = `on ${dateText(first)} in ${schedule.zone.name}`;
  if (!skipped)
    return { at, kind: "repeated", times, message: `${listed(times)} ${comes(times, "twice")} ${where}: the job runs the first time only` };
  const other = clockText(first + after - before);
  const effect = runsElsewhere(schedule, locals) ? "the job does not run then" : `no run that day; use ${other} or UTC`;
  return { at, kind: "skipped", times, message: `${listed(times)} ${exist(times)} ${where}: ${effect}` };
}

function wallsBetween(schedule: CronSchedule, [from, to]: readonly [number, number]): number[] {
  const found: number[] = [];
  for (let local = nextWall(schedule, from); local !== undefined && local < to; local = nextWall(schedule, local + SECOND_MS)) {
    if (found.push(local) >= MOST_TIMES) break;
  }
  return found;
}

/** Whether the schedule has other times on the day of the skipped ones. */
function runsElsewhere(schedule: CronSchedule, skipped: readonly number[]): boolean {
  const [first = 0] = skipped;
  const midnight = Date.parse(dateText(first));
  return wallsBetween(schedule, [midnight, midnight + DAY_MS]).some((local) => !skipped.includes(local));
}

function listed(times: readonly string[]): string {
  if (times.length === 1) return times[0] ?? "";
  if (times.length <= 4) return `${times.slice(0, -1).join(", ")} and ${times.at(-1)}`;
  return `${times[0]} to ${times.at(-1)} (${times.length === MOST_TIMES ? "100 or more" : times.length} times)`;
}

function comes(times: readonly string[], how: string): string {
  return times.length === 1 ? `comes ${how}` : `come ${how}`;
}

function exist(times: readonly string[]): string {
  return times.length === 1 ? "does not exist" : "do not exist";
}
