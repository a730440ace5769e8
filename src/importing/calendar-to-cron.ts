import { listText } from "../schedule/field-text.ts";
import { type Problem, isProblem } from "../schedule/schedule.ts";
import { type CalendarSpec, readCalendarSpec } from "./calendar-spec.ts";

/** A schedule as the manifest writes it. */
export interface CronText {
  expression: string;
  /** Undefined for the machine's own zone. */
  timezone: string | undefined;
}

const FIELDS = ["weekdays", "months", "days", "hours", "minutes", "seconds"] as const;
type FieldName = (typeof FIELDS)[number];
const COUNTS: Readonly<Record<FieldName, number>> = { weekdays: 7, months: 12, days: 31, hours: 24, minutes: 60, seconds: 60 };

/** The one schedule that OnCalendar values name together (a timer elapses when any of them does), exactly, or why there is none. */
export function calendarToCron(values: readonly string[]): CronText | Problem {
  const specs: CalendarSpec[] = [];
  for (const value of values) {
    const spec = readCalendarSpec(value);
    if (isProblem(spec)) return spec;
    specs.push(spec);
  }
  const zones = new Set(specs.map(({ zone }) => zone));
  if (zones.size > 1)
    return { problem: `its OnCalendar lines are of several time zones, and a job has one schedule: ${eachOf(values, specs)}` };
  const terms = merged(specs);
  const text = terms.length === 1 ? termText(terms[0] as CalendarSpec) : orText(terms);
  if (text === undefined) return { problem: `its OnCalendar lines are no one schedule: ${eachOf(values, specs)}` };
  return isProblem(text) ? text : { expression: text.expression, timezone: specs[0]?.zone };
}

/** Says which line would be which expression, for who makes several jobs of them. */
function eachOf(values: readonly string[], specs: readonly CalendarSpec[]): string {
  return values
    .map((value, index) => {
      const text = termText(specs[index] as CalendarSpec);
      return isProblem(text) ? value : `${value} is "${text.expression}"`;
    })
    .join(", ");
}

/** Lines that differ in one field only are one line with both values. */
function merged(specs: readonly CalendarSpec[]): CalendarSpec[] {
  const left = [...specs];
  for (let a = 0; a < left.length; a += 1) {
    for (let b = a + 1; b < left.length; b += 1) {
      const union = unionOf(left[a] as CalendarSpec, left[b] as CalendarSpec);
      if (union === undefined) continue;
      left[a] = union;
      left.splice(b, 1);
      [a, b] = [-1, left.length];
    }
  }
  return left;
}

function unionOf(a: CalendarSpec, b: CalendarSpec): CalendarSpec | undefined {
  if (a.fromEnd !== b.fromEnd || String(a.years) !== String(b.years)) return undefined;
  const different = FIELDS.filter((field) => String(a[field]) !== String(b[field]));
  const [field] = different;
  if (different.length > 1) return undefined;
  return field === undefined ? a : { ...a, [field]: [...new Set([...a[field], ...b[field]])].toSorted((x, y) => x - y) };
}

const isAll = (spec: CalendarSpec, field: FieldName): boolean =>
  spec[field].length === COUNTS[field] && !(field === "days" && spec.fromEnd);

/** cron's own either-or: two lines of the same times, one with dates and one with weekdays, are both day fields without a star. */
function orText(terms: readonly CalendarSpec[]): CronText | Problem | undefined {
  const dates = terms.find((term) => isAll(term, "weekdays"));
  const weekdays = terms.find((term) => isAll(term, "days"));
  if (terms.length !== 2 || dates === undefined || weekdays === undefined || dates === weekdays) return undefined;
  const shared = FIELDS.filter((field) => field !== "days" && field !== "weekdays");
  if (!shared.every((field) => String(dates[field]) === String(weekdays[field])) || String(dates.years) !== String(weekdays.years))
    return undefined;
  const day = dayText(dates);
  return day === undefined ? undefined : textOf(dates, day, listText(weekdays.weekdays, "-", String));
}

function termText(spec: CalendarSpec): CronText | Problem {
  if (spec.years !== undefined) return onceText(spec);
  const days = dayFields(spec);
  return days === undefined ? { problem: dayProblem(spec) } : textOf(spec, ...days);
}

function dayProblem({ fromEnd }: CalendarSpec): string {
  return fromEnd
    ? "days counted from the month's end are only the last day, and the last of some weekdays, in a cron expression"
    : "a cron expression can't ask for these dates and these weekdays at once";
}

function textOf(spec: CalendarSpec, day: string, weekday: string): CronText | Problem {
  if (spec.years !== undefined) return onceText(spec);
  const { seconds, minutes, hours, months } = spec;
  const fields = [valuesText(minutes, 60), valuesText(hours, 24), day, monthText(months), weekday];
  const second = seconds.join() === "0" ? [] : [valuesText(seconds, 60)];
  return { expression: [...second, ...fields].join(" "), timezone: spec.zone };
}

const monthText = (months: readonly number[]): string => (months.length === 12 ? "*" : listText(months, "-", String));

/** A single instant of a named year is a one-shot. */
function onceText({ years = [], months, days, hours, minutes, seconds, fromEnd, weekdays, zone }: CalendarSpec): CronText | Problem {
  const parts = [years, months, days, hours, minutes, seconds];
  if (fromEnd || weekdays.length < 7 || parts.some((values) => values.length !== 1)) {
    return { problem: "a schedule names no years, but for one single time: use startDate and endDate" };
  }
  const [year, month, day, hour, minute, second] = parts.map(([value]) => String(value).padStart(2, "0"));
  return { expression: `at ${year}-${month}-${day}T${hour}:${minute}:${second}`, timezone: zone };
}

/** Day of month and day of week, of which both must match. */
function dayFields(spec: CalendarSpec): [string, string] | undefined {
  const { days, weekdays, fromEnd } = spec;
  if (isAll(spec, "days") && isAll(spec, "weekdays")) return ["*", "*"];
  if (isAll(spec, "weekdays")) {
    const day = dayText(spec);
    return day === undefined ? undefined : [day, "*"];
  }
  if (isAll(spec, "days")) return ["*", listText(weekdays, "-", String)];
  if (fromEnd) return days.join() === "1,2,3,4,5,6,7" ? ["*", weekdays.map((day) => `${day}L`).join(",")] : undefined;
  const nth = NTH.indexOf(days.join());
  if (nth >= 0) return ["*", weekdays.map((day) => `${day}#${nth + 1}`).join(",")];
  const [dayStep, weekdayStep] = [starStep(days, 1, 31), starStep(weekdays, 0, 6)];
  if (dayStep !== undefined) return [`*/${dayStep}`, listText(weekdays, "-", String)];
  return weekdayStep === undefined ? undefined : [listText(days, "-", String), `*/${weekdayStep}`];
}

const NTH = [1, 8, 15, 22, 29].map((first) =>
  [0, 1, 2, 3, 4, 5, 6]
    .map((more) => first + more)
    .filter((day) => day <= 31)
    .join(),
);

function dayText(spec: CalendarSpec): string | undefined {
  if (!spec.fromEnd) return isAll(spec, "days") ? "*" : listText(spec.days, "-", String);
  return spec.days.join() === "1" ? "L" : undefined;
}

/** The step of a star field, the only way to have both day fields match (crontab(5)). */
function starStep(values: readonly number[], min: number, max: number): number | undefined {
  for (let step = 2; step <= max; step += 1) {
    const stepped = Array.from({ length: Math.floor((max - min) / step) + 1 }, (_, index) => min + index * step);
    if (stepped.join() === values.join()) return step;
  }
  return undefined;
}

/** All values as `*`, those of a step that starts at 0 and goes on to the end as one, else a list. */
function valuesText(values: readonly number[], count: number): string {
  if (values.length === count) return "*";
  const step = starStep(values, 0, count - 1);
  return step === undefined || values.length < 3 ? listText(values, "-", String) : `*/${step}`;
}
