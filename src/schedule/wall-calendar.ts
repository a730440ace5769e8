import type { CronSchedule, DayTerm } from "./schedule.ts";
import { DAY_MS, FIRST_YEAR, LAST_YEAR, SECOND_MS, monthLength } from "./wall-time.ts";

/** The first wall time at or after this one that the fields name. */
export function nextWall(schedule: CronSchedule, local: number): number | undefined {
  const today = startOfDay(local);
  if (matchesDay(schedule, today)) {
    const time = ceiling(timeLists(schedule), timeDigits(local - today));
    if (time !== undefined) return today + toMs(time);
  }
  const day = nextDay(schedule, today + DAY_MS);
  return day === undefined ? undefined : day + toMs(timeLists(schedule).map((list) => list[0] ?? 0));
}

/** The last wall time at or before this one that the fields name. */
export function previousWall(schedule: CronSchedule, local: number): number | undefined {
  const today = startOfDay(local);
  if (matchesDay(schedule, today)) {
    const time = floor(timeLists(schedule), timeDigits(local - today));
    if (time !== undefined) return today + toMs(time);
  }
  const day = previousDay(schedule, today - DAY_MS);
  return day === undefined ? undefined : day + toMs(timeLists(schedule).map((list) => list.at(-1) ?? 0));
}

function nextDay(schedule: CronSchedule, from: number): number | undefined {
  let day = from;
  while (yearOf(day) <= LAST_YEAR) {
    if (matchesDay(schedule, day)) return day;
    day = hasMonth(schedule, day) ? day + DAY_MS : startOfMonth(day, 1);
  }
  return undefined;
}

function previousDay(schedule: CronSchedule, from: number): number | undefined {
  let day = from;
  while (yearOf(day) >= FIRST_YEAR) {
    if (matchesDay(schedule, day)) return day;
    day = hasMonth(schedule, day) ? day - DAY_MS : startOfMonth(day, 0) - DAY_MS;
  }
  return undefined;
}

function matchesDay(schedule: CronSchedule, day: number): boolean {
  return hasMonth(schedule, day) && schedule.days.some((term) => matchesTerm(term, new Date(day)));
}

function matchesTerm({ weekdays, days, fromEnd }: DayTerm, date: Date): boolean {
  if (!weekdays.includes(date.getUTCDay())) return false;
  const day = date.getUTCDate();
  return days.includes(fromEnd ? monthLength(date.getUTCFullYear(), date.getUTCMonth() + 1) + 1 - day : day);
}

function hasMonth({ fields }: CronSchedule, day: number): boolean {
  return fields.month.values.includes(new Date(day).getUTCMonth() + 1);
}

function startOfDay(local: number): number {
  return Math.floor(local / DAY_MS) * DAY_MS;
}

function startOfMonth(day: number, monthsLater: number): number {
  const date = new Date(day);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + monthsLater, 1);
}

function yearOf(local: number): number {
  return new Date(local).getUTCFullYear();
}

function timeLists({ fields }: CronSchedule): (readonly number[])[] {
  return [fields.hour.values, fields.minute.values, fields.second.values];
}

function timeDigits(ms: number): number[] {
  const seconds = Math.floor(ms / SECOND_MS);
  return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
}

function toMs([hour = 0, minute = 0, second = 0]: readonly number[]): number {
  return ((hour * 60 + minute) * 60 + second) * SECOND_MS;
}

/** The smallest choice of one value per list that is not below the digits, most significant first. */
function ceiling(lists: readonly (readonly number[])[], digits: readonly number[]): number[] | undefined {
  const [list, ...rest] = lists;
  const [digit, ...others] = digits;
  if (list === undefined || digit === undefined) return [];
  const same = list.includes(digit) ? ceiling(rest, others) : undefined;
  if (same !== undefined) return [digit, ...same];
  const next = list.find((value) => value > digit);
  return next === undefined ? undefined : [next, ...rest.map((values) => values[0] ?? 0)];
}

/** The greatest choice of one value per list that is not above the digits. */
function floor(lists: readonly (readonly number[])[], digits: readonly number[]): number[] | undefined {
  const [list, ...rest] = lists;
  const [digit, ...others] = digits;
  if (list === undefined || digit === undefined) return [];
  const same = list.includes(digit) ? floor(rest, others) : undefined;
  if (same !== undefined) return [digit, ...same];
  const previous = list.findLast((value) => value < digit);
  return previous === undefined ? undefined : [previous, ...rest.map((values) => values.at(-1) ?? 0)];
}
