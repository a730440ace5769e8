import { DAY_OF_MONTH, DAY_OF_WEEK, type FieldKind, HOUR, MINUTE, MONDAY_FIRST, SECOND } from "./field-names.ts";
import { runsOf } from "./field-text.ts";
import type { CronFields, CronSchedule, Field, IntervalSchedule, Schedule } from "./schedule.ts";
import { wallText } from "./wall-time.ts";
import { wallTime } from "./zone-clock.ts";

const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;
const ORDINALS = ["first", "second", "third", "fourth", "fifth"] as const;
/** As many times of day are listed one by one. */
const FEW = 6;

/** When the job runs, in English: `at 03:00 on Sunday (UTC)`. */
export function scheduleWords(schedule: Schedule): string {
  const zone = schedule.zone.name;
  if (schedule.kind === "once") return `once, at ${wallText(wallTime(schedule.zone, schedule.at))} (${zone})`;
  return schedule.kind === "interval" ? intervalWords(schedule) : `${cronWords(schedule)} (${zone})`;
}

function intervalWords({ every, startDate }: IntervalSchedule): string {
  const from = startDate === undefined ? "midnight UTC of 1970-01-01" : new Date(startDate).toISOString().replace(".000Z", "Z");
  return `every ${durationWords(every / 1000)}, counted from ${from}`;
}

function durationWords(seconds: number): string {
  const units = [
    [604_800, "week"],
    [86_400, "day"],
    [3600, "hour"],
    [60, "minute"],
    [1, "second"],
  ] as const;
  const [size, name] = units.find(([each]) => seconds % each === 0) ?? [1, "second"];
  return seconds === size ? name : `${seconds / size} ${name}s`;
}

function cronWords({ fields }: CronSchedule): string {
  const days = dayWords(fields);
  const months = fields.month.values.length === 12 ? "" : ` in ${listWords(fields.month.values, (month) => MONTHS[month - 1] ?? "")}`;
  return `${timeWords(fields)}${days}${months}`;
}

function timeWords(fields: CronFields): string {
  const { second, minute, hour } = fields;
  if (second.values.length === 1 && minute.values.length * hour.values.length <= FEW)
    return `at ${joinWords(timesOfDay(fields))}${everyDay(fields)}`;
  const hours = hour.values.length === 24 ? [] : [partWords(hour, HOUR)];
  const text = [...minuteWords(fields), ...hours].join(" of ");
  const everyHour = hours.length === 0 && !isEvery(minute, MINUTE) ? " of every hour" : "";
  return `${/^(minute|second)/.test(text) ? "at " : ""}${text}${everyHour}`;
}

/** What the seconds and minutes say together; whole minutes need no word of the seconds. */
function minuteWords({ second, minute }: CronFields): string[] {
  if (second.values.join() === "0") return [partWords(minute, MINUTE)];
  return minute.values.length === 60 && isEvery(second, SECOND)
    ? [partWords(second, SECOND)]
    : [partWords(second, SECOND), partWords(minute, MINUTE)];
}

function everyDay(fields: CronFields): string {
  return dayWords(fields) === "" && fields.month.values.length === 12 ? " every day" : "";
}

function timesOfDay({ second, minute, hour }: CronFields): string[] {
  const seconds = second.values[0] === 0 ? "" : `:${two(second.values[0] ?? 0)}`;
  return hour.values.flatMap((hours) => minute.values.map((minutes) => `${two(hours)}:${two(minutes)}${seconds}`));
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** `every 15 minutes`, `minutes 5 and 10`, `every hour`, `hours 9 to 17`. */
function partWords(field: Field, { name, count }: FieldKind): string {
  const { values } = field;
  if (values.length === count) return `every ${name}`;
  if (isEvery(field, { count })) return `every ${count / values.length} ${name}s`;
  return `${name}${values.length === 1 ? "" : "s"} ${listWords(values, String)}`;
}

/** Whether the values are the same step apart, also over the end of the hour or day. */
function isEvery({ values }: Field, { count }: Pick<FieldKind, "count">): boolean {
  const step = count / values.length;
  return values.length > 1 && Number.isInteger(step) && values.every((value, index) => value === index * step);
}

/** How the two day fields say the days; empty for every day. */
function dayWords(fields: CronFields): string {
  const { dayOfMonth, dayOfWeek } = fields;
  const dates = dateWords(fields);
  const weekdays = weekdayWords(fields);
  if (dayOfMonth.star === undefined && dayOfWeek.star === undefined) {
    return dates === "" || weekdays === "" ? "" : ` on ${dates}, and on ${weekdays}`;
  }
  if (dates !== "" && weekdays !== "") return ` on ${weekdays}, but only where that is ${dates}`;
  return dates === "" && weekdays === "" ? "" : ` on ${dates}${weekdays}`;
}

function dateWords({ dayOfMonth }: CronFields): string {
  const { values, nearest, last, lastWeekday } = dayOfMonth;
  if (values.length === DAY_OF_MONTH.count) return "";
  const parts = [
    ...(values.length > 0 ? [`the ${datesWords(values)}`] : []),
    ...nearest.map((day) => `the weekday (Monday to Friday) nearest to the ${ordinal(day)}`),
    ...(last ? ["the last day of the month"] : []),
    ...(lastWeekday ? ["the last weekday (Monday to Friday) of the month"] : []),
  ];
  return joinWords(parts);
}

/** `1st to 7th`, `1st and every 2nd day after it`. */
function datesWords(values: readonly number[]): string {
  const [first = 1, second = 1] = values;
  const step = second - first;
  const isStep =
    values.length > 4 && step > 1 && (values.at(-1) ?? 0) + step > 31 && values.every((value, index) => value === first + index * step);
  return isStep ? `${ordinal(first)} and every ${ordinal(step)} day after it` : listWords(values, ordinal);
}

function weekdayWords({ dayOfWeek }: CronFields): string {
  const { values, last, nth } = dayOfWeek;
  if (values.length === DAY_OF_WEEK.count) return "";
  const places = MONDAY_FIRST.map((day, index) => (values.includes(day) ? index : -1)).filter((index) => index >= 0);
  const parts = [
    ...(values.length > 0 ? [listWords(places, (index) => WEEKDAYS[MONDAY_FIRST[index] ?? 0] ?? "")] : []),
    ...nth.map(({ weekday, n }) => `the ${ORDINALS[n - 1]} ${WEEKDAYS[weekday]} of the month`),
    ...last.map((weekday) => `the last ${WEEKDAYS[weekday]} of the month`),
  ];
  return joinWords(parts);
}

function ordinal(day: number): string {
  const ending = day > 10 && day < 14 ? "th" : (["th", "st", "nd", "rd"][day % 10] ?? "th");
  return `${day}${ending}`;
}

function listWords(values: readonly number[], write: (value: number) => string): string {
  const runs = runsOf(values).map(([from, to]) => (from === to ? write(from) : `${write(from)} to ${write(to)}`));
  return joinWords(runs);
}

function joinWords(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
