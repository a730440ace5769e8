import { DAY_OF_MONTH, DAY_OF_WEEK, type FieldKind, HOUR, MINUTE, MONTH } from "./field-names.ts";
import { listText } from "./field-text.ts";
import { gridLines } from "./interval-grid.ts";
import type { Problem, CronSchedule, Field, IntervalSchedule, OnceSchedule, Schedule } from "./schedule.ts";
import type { TimerLines } from "./timer-lines.ts";
import { DAY_MS } from "./wall-time.ts";
import { UTC, type Zone } from "./zone.ts";
import { wallTime } from "./zone-clock.ts";
import { isSameClock, offsetsSince } from "./compare-zones.ts";

const EVERY_MINUTE = "* * * * *";
const HOUR_MS = 3_600_000;
const QUARTER_MS = 900_000;
/** With more minutes than this an hour's wake-ups are as good as one every minute. */
const MANY = 12;

/**
 * The five fields of the crontab lines that start a job on a host whose cron goes by `host`'s clock. Where cron can't say the
 * time (another zone, L, #, W) the lines wake `jobctl run` more often, and it decides. Cron knows no seconds.
 */
export function crontabLines(schedule: Schedule, host: Zone): TimerLines | Problem {
  if (schedule.kind === "interval") return intervalLines(schedule, host);
  return schedule.kind === "once" ? onceLines(schedule, host) : cronLines(schedule, host);
}

function cronLines(schedule: CronSchedule, host: Zone): TimerLines | Problem {
  const { fields, zone } = schedule;
  if (fields.second.values.length > 1 || fields.second.values[0] !== 0) return noSeconds("the seconds of its schedule");
  if (isSameClock(zone, host)) return plainLine(schedule);
  return { lines: [`${wakeMinutes(fields.minute.values, zone, host)} * * * *`], wakesMore: true };
}

function noSeconds(what: string): Problem {
  return { problem: `cron can't start it at ${what}: use systemd timers, or a schedule of whole minutes` };
}

function plainLine({ fields }: CronSchedule): TimerLines {
  const { minute, hour, dayOfMonth, month, dayOfWeek } = fields;
  const anyDay = dayOfMonth.nearest.length > 0 || dayOfMonth.lastWeekday;
  const dates = dayOfMonth.last ? union(dayOfMonth.values, [28, 29, 30, 31]) : dayOfMonth.values;
  const weekdays = union(dayOfWeek.values, [...dayOfWeek.last, ...dayOfWeek.nth.map(({ weekday }) => weekday)]);
  const days = anyDay
    ? ["*", fieldText(month, MONTH), "*"]
    : [
        fieldText({ ...dayOfMonth, values: dates }, DAY_OF_MONTH),
        fieldText(month, MONTH),
        fieldText({ ...dayOfWeek, values: weekdays }, DAY_OF_WEEK),
      ];
  const wakesMore = anyDay || dayOfMonth.last || dayOfWeek.last.length > 0 || dayOfWeek.nth.length > 0;
  return { lines: [[fieldText(minute, MINUTE), fieldText(hour, HOUR), ...days].join(" ")], wakesMore };
}

function union(a: readonly number[], b: readonly number[]): number[] {
  return [...new Set([...a, ...b])].toSorted((x, y) => x - y);
}

/**
 * A field in its one canonical form: sorted digits and ranges. A field that began with `*` keeps it and no other gets one,
 * since the `*` decides the day rule, and how cron treats the line when the clock changes.
 */
function fieldText({ values, star }: Pick<Field, "values" | "star">, kind: FieldKind): string {
  if (star === undefined) return listText(values, "-", String);
  if (values.length === kind.count) return "*";
  const others = values.filter((value) => (value - kind.min) % star !== 0);
  return others.length === 0 ? `*/${star}` : `*/${star},${listText(others, "-", String)}`;
}

function intervalLines(schedule: IntervalSchedule, host: Zone): TimerLines | Problem {
  if (schedule.every < 60_000) return noSeconds(`every ${schedule.every / 1000} s`);
  const { lines, wakesMore, lateBy } = gridLines(schedule);
  if (lateBy !== undefined || lines.some(([, , seconds]) => seconds.join() !== "0"))
    return { lines: [EVERY_MINUTE], wakesMore: true, lateBy: 59_000 };
  const minutes = lines.reduce<number[]>((all, line) => union(all, line[1]), []);
  const everyHour = lines.every(([hours]) => hours.length === 24);
  if (offsetsSince(host).every((offset) => offset === 0)) {
    return { lines: lines.map(([hours, each]) => `${valuesText(each, MINUTE)} ${valuesText(hours, HOUR)} * * *`), wakesMore };
  }
  const fields = wakeMinutes(minutes, UTC, host);
  return { lines: [`${fields} * * * *`], wakesMore: wakesMore || !everyHour || fields !== valuesText(minutes, MINUTE) };
}

/** Values as `*`, a step where they are one, else as a list. */
function valuesText(values: readonly number[], kind: FieldKind): string {
  if (values.length === kind.count) return "*";
  const step = kind.count / values.length;
  const isStep = values.length > 1 && Number.isInteger(step) && values.every((value, index) => value === kind.min + index * step);
  return isStep ? `*/${step}` : listText(values, "-", String);
}

/**
 * The minutes at which to wake in every hour for times of another zone. They begin with `*`, which makes cron start the line
 * whatever its own clock does (cron(8): such jobs run by the new time at once). No zone data: later changes of rules don't matter.
 */
function wakeMinutes(minutes: readonly number[], zone: Zone, host: Zone): string {
  const shift = shiftBetween(zone, host);
  const all = shift === 0 ? minutes : shift === QUARTER_MS ? quarters(minutes) : MINUTE.all;
  const text = valuesText(all, MINUTE);
  if (text.startsWith("*")) return text;
  if (all.length > MANY) return "*";
  return text === "0" ? "*/60" : `*/60,${text.replace(/^0,/, "")}`;
}

function quarters(minutes: readonly number[]): number[] {
  return union(
    [],
    minutes.flatMap((minute) => [0, 15, 30, 45].map((quarter) => (minute + quarter) % 60)),
  );
}

/** 0 where the two clocks always show the same minute, a quarter of an hour where the same within that, else 1. */
function shiftBetween(zone: Zone, host: Zone): number {
  const offsets = [...offsetsSince(zone), ...offsetsSince(host)];
  const first = offsets[0] ?? 0;
  const differ = (unit: number): boolean => offsets.some((offset) => (offset - first) % unit !== 0);
  if (!differ(HOUR_MS)) return 0;
  return differ(QUARTER_MS) ? 1 : QUARTER_MS;
}

/** A line can't name a year, so it comes back every year and `jobctl run` sees that the one time is over. */
function onceLines({ at, zone }: OnceSchedule, host: Zone): TimerLines | Problem {
  if (at % 60_000 !== 0) return noSeconds("a time with seconds");
  const local = new Date(wallTime(zone, at));
  if (isSameClock(zone, host)) {
    return {
      lines: [`${local.getUTCMinutes()} ${local.getUTCHours()} ${local.getUTCDate()} ${local.getUTCMonth() + 1} *`],
      wakesMore: true,
    };
  }
  const minutes = wakeMinutes([local.getUTCMinutes()], zone, host);
  return { lines: datesAround(local.getTime()).map((date) => `${minutes} * ${date} *`), wakesMore: true };
}

/** The day before, the day, and the day after, since another zone may have another date; by month. */
function datesAround(local: number): string[] {
  const months = new Map<number, number[]>();
  for (const day of [local - DAY_MS, local, local + DAY_MS].map((each) => new Date(each))) {
    const month = day.getUTCMonth() + 1;
    months.set(month, [...(months.get(month) ?? []), day.getUTCDate()]);
  }
  return [...months].map(([month, dates]) => `${listText(dates, "-", String)} ${month}`);
}
