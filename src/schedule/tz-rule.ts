import type { Transition } from "./tzif.ts";
import { DAY_MS, monthLength } from "./wall-time.ts";

/** When in a year the clock changes, in local time: the n-th weekday of a month (5 = last), or a day counted from 0 or 1. */
type ChangeDay = { month: number; week: number; weekday: number } | { day: number; countsLeapDay: boolean };

interface Change {
  day: ChangeDay;
  /** Milliseconds after local midnight; may be negative or more than a day. */
  time: number;
}

/** The rule at the end of a zone file (RFC 8536 section 3.3.1, after POSIX's TZ variable). Offsets in milliseconds east of Greenwich. */
export interface TzRule {
  standard: number;
  daylight?: { offset: number; begins: Change; ends: Change };
}

const NAME = "(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]+>)";
const TIME = "[+-]?\\d+(?::\\d+){0,2}";
const RULE = new RegExp(`^${NAME}(${TIME})(?:${NAME}(${TIME})?,([^,/]+)(?:/(${TIME}))?,([^,/]+)(?:/(${TIME}))?)?$`);

export function readTzRule(text: string): TzRule {
  const [, standard, daylight, begins, beginTime, ends, endTime] = RULE.exec(text) ?? [];
  if (standard === undefined) throw new Error(`no rule of a zone file: ${text}`);
  const offset = 0 - readTime(standard);
  if (begins === undefined || ends === undefined) return { standard: offset };
  return {
    standard: offset,
    daylight: {
      offset: daylight === undefined ? offset + 3_600_000 : 0 - readTime(daylight),
      begins: { day: readDay(begins), time: readTime(beginTime ?? "2") },
      ends: { day: readDay(ends), time: readTime(endTime ?? "2") },
    },
  };
}

function readTime(text: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = text.replace(/^[+-]/, "").split(":").map(Number);
  return (text.startsWith("-") ? -1 : 1) * ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

function readDay(text: string): ChangeDay {
  const [, month, week, weekday] = /^M(\d+)\.(\d)\.(\d)$/.exec(text) ?? [];
  if (month !== undefined) return { month: Number(month), week: Number(week), weekday: Number(weekday) };
  const [, julian, day] = /^(J?)(\d+)$/.exec(text) ?? [];
  if (day === undefined) throw new Error(`no day of a zone rule: ${text}`);
  return julian === "J" ? { day: Number(day) - 1, countsLeapDay: false } : { day: Number(day), countsLeapDay: true };
}

/** The changes of one year, in order. */
export function ruleTransitions({ standard, daylight }: TzRule, year: number): Transition[] {
  if (daylight === undefined) return [];
  const { offset, begins, ends } = daylight;
  const both = [
    { at: midnight(begins.day, year) + begins.time - standard, offset, daylight: true },
    { at: midnight(ends.day, year) + ends.time - offset, offset: standard, daylight: false },
  ];
  return both.toSorted((a, b) => a.at - b.at);
}

function midnight(day: ChangeDay, year: number): number {
  const january = Date.UTC(year, 0, 1);
  if ("month" in day) return Date.UTC(year, day.month - 1, weekdayOfMonth(day, year));
  const leapDay = !day.countsLeapDay && day.day >= 59 && monthLength(year, 2) === 29 ? 1 : 0;
  return january + (day.day + leapDay) * DAY_MS;
}

function weekdayOfMonth({ month, week, weekday }: { month: number; week: number; weekday: number }, year: number): number {
  const first = 1 + ((weekday - new Date(Date.UTC(year, month - 1, 1)).getUTCDay() + 7) % 7);
  const date = first + 7 * (week - 1);
  return date > monthLength(year, month) ? date - 7 : date;
}
