import type { Problem } from "../schedule/schedule.ts";

/** One OnCalendar value as value sets; all sorted. Weekdays are 0 (Sunday) to 6. */
export interface CalendarSpec {
  weekdays: readonly number[];
  /** Undefined for every year. */
  years: readonly number[] | undefined;
  months: readonly number[];
  days: readonly number[];
  /** Whether days count from the month's end (1 is the last). */
  fromEnd: boolean;
  hours: readonly number[];
  minutes: readonly number[];
  seconds: readonly number[];
  /** A zone's name; undefined for the machine's. */
  zone: string | undefined;
}

const SHORTHANDS: Readonly<Record<string, string>> = {
  minutely: "*-*-* *:*:00",
  hourly: "*-*-* *:00:00",
  daily: "*-*-* 00:00:00",
  weekly: "Mon *-*-* 00:00:00",
  monthly: "*-*-01 00:00:00",
  quarterly: "*-01,04,07,10-01 00:00:00",
  semiannually: "*-01,07-01 00:00:00",
  "semi-annually": "*-01,07-01 00:00:00",
  "bi-annually": "*-01,07-01 00:00:00",
  biannually: "*-01,07-01 00:00:00",
  yearly: "*-01-01 00:00:00",
  annually: "*-01-01 00:00:00",
  anually: "*-01-01 00:00:00",
};

const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const;

/** Reads one OnCalendar value (systemd.time(7), CALENDAR EVENTS). A problem is a sentence without the place. */
export function readCalendarSpec(text: string): CalendarSpec | Problem {
  const [words, zone] = withoutZone(text.trim().split(/\s+/));
  const plain = words.join(" ");
  const spec = (SHORTHANDS[plain.toLowerCase()] ?? plain).split(" ");
  if (/^@\d+$/.test(spec.join(" "))) return atEpoch(Number(plain.slice(1)));
  const weekdays = /^[a-z]/i.test(spec[0] ?? "") ? readWeekdays(spec.shift() ?? "") : allOf(0, 6);
  const [date, time] = spec.length > 1 ? spec : spec[0]?.includes(":") ? ["*-*-*", spec[0]] : [spec[0] ?? "*-*-*", "00:00:00"];
  if (spec.length > 2 || date === undefined || time === undefined || weekdays === undefined) return notUnderstood(text);
  const found = { ...readDate(date), ...readTime(time) };
  const { months, days, hours, minutes, seconds, years, fromEnd } = found;
  if (!months || !days || !hours || !minutes || !seconds || years === null || fromEnd === undefined) return notUnderstood(text);
  return { weekdays, years, months, days, fromEnd, hours, minutes, seconds, zone };
}

function notUnderstood(text: string): Problem {
  return { problem: `OnCalendar=${text} is not understood` };
}

function withoutZone(words: readonly string[]): [string[], string | undefined] {
  const last = words.at(-1) ?? "";
  const isZone = words.length > 1 && (last === "UTC" || /^[A-Z][A-Za-z]+\/[\w+/-]+$/.test(last));
  return isZone ? [words.slice(0, -1), last] : [[...words], undefined];
}

function atEpoch(seconds: number): CalendarSpec {
  const at = new Date(seconds * 1000);
  return {
    weekdays: allOf(0, 6),
    years: [at.getUTCFullYear()],
    months: [at.getUTCMonth() + 1],
    days: [at.getUTCDate()],
    fromEnd: false,
    hours: [at.getUTCHours()],
    minutes: [at.getUTCMinutes()],
    seconds: [at.getUTCSeconds()],
    zone: "UTC",
  };
}

function readWeekdays(text: string): number[] | undefined {
  const days = new Set<number>();
  for (const item of text.replace(/,$/, "").split(",")) {
    const [first, last, more] = item.split(/\.\.|-/).map(weekday);
    if (first === undefined || more !== undefined || (/\.\.|-/.test(item) && last === undefined)) return undefined;
    // systemd counts from Monday, and goes round nowhere.
    for (let day = (first + 6) % 7; day <= ((last ?? first) + 6) % 7; day += 1) days.add((day + 1) % 7);
  }
  return days.size === 0 ? undefined : [...days].toSorted((a, b) => a - b);
}

function weekday(text: string): number | undefined {
  const index = WEEKDAYS.findIndex((name) => name === text.toLowerCase() || name.slice(0, 3) === text.toLowerCase());
  return index < 0 ? undefined : index;
}

interface DateRead {
  years?: readonly number[] | undefined | null;
  months?: number[] | undefined;
  days?: number[] | undefined;
  fromEnd?: boolean;
}

function readDate(text: string): DateRead {
  const [, year = "*", month = "", mark = "-", day = ""] = /^(?:([^-~]+)-)?([^-~]+)([-~])([^-~]+)$/.exec(text) ?? [];
  const years = year === "*" ? undefined : (readValues(year, 1970, 2199) ?? null);
  const fromEnd = mark === "~";
  const days = fromEnd ? daysFromEnd(day) : readValues(day, 1, 31);
  return { years, months: readValues(month, 1, 12), days, fromEnd: fromEnd && days?.length !== 31 };
}

/** `~07/1` goes from the seventh last day to the end: its steps lead towards the last day. */
function daysFromEnd(text: string): number[] | undefined {
  const [, first, step] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (first === undefined) return readValues(text, 1, 31);
  if (Number(step) < 1) return undefined;
  const days: number[] = [];
  for (let day = Number(first); day >= 1; day -= Number(step)) days.push(day);
  return days.toReversed();
}

function readTime(text: string): { hours?: number[] | undefined; minutes?: number[] | undefined; seconds?: number[] | undefined } {
  const [hour, minute, second = "00", more] = text.split(":");
  if (hour === undefined || minute === undefined || more !== undefined) return {};
  return { hours: readValues(hour, 0, 23), minutes: readValues(minute, 0, 59), seconds: readValues(second, 0, 59) };
}

/** `*`, `5`, `1,15`, `9..17`, `0/15`, `9..17/2`. A step without an end goes up to the field's last value. */
function readValues(text: string, min: number, max: number): number[] | undefined {
  if (text === "*") return allOf(min, max);
  const values = new Set<number>();
  for (const item of text.split(",")) {
    const [, first, last, step] = /^(\d{1,4})(?:\.\.(\d{1,4}))?(?:\/(\d{1,4}))?$/.exec(item) ?? [];
    if (first === undefined) return undefined;
    const end = Number(last ?? (step === undefined ? first : max));
    if (Number(first) < min || end > max || end < Number(first) || step === "0") return undefined;
    for (let value = Number(first); value <= end; value += Number(step ?? 1)) values.add(value);
  }
  return [...values].toSorted((a, b) => a - b);
}

function allOf(min: number, max: number): number[] {
  return Array.from({ length: max - min + 1 }, (_, index) => min + index);
}
