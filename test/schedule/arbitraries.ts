import fc from "fast-check";
import { scheduleFromText } from "../../src/schedule/parse-schedule.ts";
import type { Schedule } from "../../src/schedule/schedule.ts";

export function schedule(text: string, zone: string): Schedule {
  const parsed = scheduleFromText(text, zone);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.problem}`);
  return parsed.schedule;
}

const WEEKDAYS = ["SUN", "mon", "Tue", "WED", "thu", "FRI", "SAT"];
const MONTHS = ["jan", "FEB", "Mar", "apr", "may", "JUN", "jul", "AUG", "sep", "oct", "NOV", "dec"];

interface Range {
  min: number;
  max: number;
  names?: string[];
}

function value({ min, max, names = [] }: Range): fc.Arbitrary<string> {
  const digits = fc.integer({ min, max }).map(String);
  return names.length === 0 ? digits : fc.oneof({ weight: 3, arbitrary: digits }, { weight: 1, arbitrary: fc.constantFrom(...names) });
}

function item(range: Range): fc.Arbitrary<string> {
  const step = fc.integer({ min: 1, max: 12 });
  const span = fc.tuple(value(range), value(range)).map(([a, b]) => `${a}-${b}`);
  return fc.oneof(
    { weight: 4, arbitrary: value(range) },
    { weight: 2, arbitrary: span },
    { weight: 1, arbitrary: fc.tuple(span, step).map(([text, n]) => `${text}/${n}`) },
    { weight: 1, arbitrary: step.map((n) => `*/${n}`) },
    { weight: 1, arbitrary: fc.constant("*") },
  );
}

function field(range: Range, starWeight: number, extra: fc.Arbitrary<string>[] = []): fc.Arbitrary<string> {
  const items = fc.oneof({ weight: 5, arbitrary: item(range) }, ...extra.map((arbitrary) => ({ weight: 1, arbitrary })));
  return fc.oneof(
    { weight: starWeight, arbitrary: fc.constant("*") },
    { weight: 4, arbitrary: fc.array(items, { minLength: 1, maxLength: 3 }).map((all) => all.join(",")) },
  );
}

const weekday = value({ min: 0, max: 7, names: WEEKDAYS });
const dayOfMonth = (extensions: boolean): fc.Arbitrary<string> =>
  field(
    { min: 1, max: 31 },
    3,
    extensions ? [fc.constant("L"), fc.constant("LW"), fc.integer({ min: 1, max: 27 }).map((day) => `${day}W`)] : [],
  );
const dayOfWeek = (extensions: boolean): fc.Arbitrary<string> =>
  field(
    { min: 0, max: 7, names: WEEKDAYS },
    3,
    extensions ? [weekday.map((day) => `${day}L`), fc.tuple(weekday, fc.integer({ min: 1, max: 5 })).map(([day, n]) => `${day}#${n}`)] : [],
  );
const month = field({ min: 1, max: 12, names: MONTHS }, 6);
const isSchedule = (text: string): boolean => scheduleFromText(text, "UTC").ok;

/** Expressions of five fields that some day come true, one in two with L, W or #. */
export const expressions = fc
  .boolean()
  .chain((extensions) =>
    fc.tuple(field({ min: 0, max: 59 }, 1), field({ min: 0, max: 23 }, 1), dayOfMonth(extensions), month, dayOfWeek(extensions)),
  )
  .map((fields) => fields.join(" "))
  .filter(isSchedule);

/** Expressions whose times lie near the hours at which clocks change. */
export const nightly = fc
  .tuple(
    field({ min: 0, max: 59 }, 1),
    field({ min: 0, max: 4 }, 2),
    fc.constantFrom("*", "*", "*/2", "L", "1-31"),
    fc.constantFrom("*", "*", "0", "0L", "1-6"),
  )
  .map(([minute, hour, date, day]) => `${minute} ${hour} ${date} * ${day}`)
  .filter(isSchedule);

/** Dates only: noon of the days that two random day fields name. */
export const noons = fc
  .boolean()
  .chain((extensions) => fc.tuple(dayOfMonth(extensions), month, dayOfWeek(extensions)))
  .map((fields) => `0 12 ${fields.join(" ")}`)
  .filter(isSchedule);

/** Zones with whole, half and double hours, changes at midnight, skipped days, and summers that end in spring. */
export const ZONES = [
  "UTC",
  "Europe/Berlin",
  "Europe/London",
  "Europe/Dublin",
  "America/New_York",
  "America/St_Johns",
  "America/Havana",
  "America/Santiago",
  "Asia/Kolkata",
  "Asia/Beirut",
  "Australia/Lord_Howe",
  "Australia/Sydney",
  "Pacific/Chatham",
  "Pacific/Apia",
  "Africa/Cairo",
  "Antarctica/Troll",
] as const;
