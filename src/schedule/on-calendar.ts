import { DAY_OF_MONTH, type FieldKind, HOUR, MINUTE, MONDAY_FIRST, MONTH, SECOND } from "./field-names.ts";
import { listText } from "./field-text.ts";
import { gridLines } from "./interval-grid.ts";
import type { CronSchedule, DayTerm, IntervalSchedule, OnceSchedule, Schedule } from "./schedule.ts";
import type { TimerLines } from "./timer-lines.ts";
import { monthLength } from "./wall-time.ts";
import type { Zone } from "./zone.ts";
import { changesClock, hoursSkippedByStandardTime } from "./compare-zones.ts";

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;

/**
 * The OnCalendar values (systemd.time(7)) that elapse at the schedule's times: explicit lists only, since steps without an
 * end can stop a timer for ever in some zones. A date that two of them name elapses once.
 */
export function onCalendarLines(schedule: Schedule): TimerLines {
  if (schedule.kind === "cron") return { lines: cronLines(schedule), wakesMore: false };
  return schedule.kind === "once" ? { lines: [onceLine(schedule)], wakesMore: false } : intervalLines(schedule);
}

/** Whether they elapse more often than that; without the lines. */
export function onCalendarWakes(schedule: Schedule): Omit<TimerLines, "lines"> {
  return schedule.kind === "interval" ? intervalLines(schedule) : { wakesMore: false };
}

function cronLines({ days, fields, zone }: CronSchedule): string[] {
  const dates = days.flatMap((term) => dateTexts(term, fields.month.values, zone));
  const times = hourGroups(fields.hour.values, zone).map((hours) => timeText(hours, fields.minute.values, fields.second.values));
  return dates.flatMap((date) => times.map((time) => `${date} ${time} ${zone.name}`));
}

/**
 * systemd 252 loses the rest of the day on which a time of a line is skipped at the end of a winter that the zone calls
 * daylight saving time (Europe/Dublin); so there the hours that can be skipped have a line of their own.
 */
function hourGroups(hours: readonly number[], zone: Zone): (readonly number[])[] {
  const skipped = hoursSkippedByStandardTime(zone);
  if (skipped.length === 0) return [hours];
  const groups = [hours.filter((hour) => skipped.includes(hour)), hours.filter((hour) => !skipped.includes(hour))];
  return groups.filter((group) => group.length > 0);
}

/**
 * systemd 252 takes the second pass of a repeated hour for days that are counted from the month's end; so these are written
 * as dates, by the length of the month. February's length is not known, and no clock is set back at its end.
 */
function dateTexts(term: DayTerm, months: readonly number[], zone: Zone): string[] {
  if (!term.fromEnd || !changesClock(zone)) return [dateText(term, months)];
  const february = months.filter((month) => month === 2);
  const byLength = [31, 30].map((length) => ({
    length,
    months: months.filter((month) => month !== 2 && monthLength(2000, month) === length),
  }));
  return [
    ...byLength
      .filter((group) => group.months.length > 0)
      .map((group) =>
        dateText({ ...term, fromEnd: false, days: term.days.map((day) => group.length + 1 - day).toReversed() }, group.months),
      ),
    ...(february.length > 0 ? [dateText(term, february)] : []),
  ];
}

function dateText({ weekdays, days, fromEnd }: DayTerm, months: readonly number[]): string {
  const names = MONDAY_FIRST.filter((day) => weekdays.includes(day)).map((day) => WEEKDAYS[day]);
  const date = fromEnd
    ? `*-${fieldText(months, MONTH)}~${fieldText(days)}`
    : `*-${fieldText(months, MONTH)}-${fieldText(days, DAY_OF_MONTH)}`;
  return weekdays.length === 7 ? date : `${names.join(",")} ${date}`;
}

function timeText(hours: readonly number[], minutes: readonly number[], seconds: readonly number[]): string {
  return `${fieldText(hours, HOUR)}:${fieldText(minutes, MINUTE)}:${fieldText(seconds, SECOND)}`;
}

/** `*` for all values of a field. */
function fieldText(values: readonly number[], kind?: FieldKind): string {
  if (kind !== undefined && values.length === kind.count) return "*";
  return listText(values, "..", (value) => String(value).padStart(2, "0"));
}

/** One-shots are told in UTC, so that no later change of the zone's rules moves them. */
function onceLine({ at }: OnceSchedule): string {
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

function intervalLines(schedule: IntervalSchedule): TimerLines {
  const { lines, wakesMore, lateBy } = gridLines(schedule);
  return {
    lines: lines.map(([hours, minutes, seconds]) => `*-*-* ${timeText(hours, minutes, seconds)} UTC`),
    wakesMore,
    ...(lateBy === undefined ? {} : { lateBy }),
  };
}
