import { DAY_OF_MONTH, type FieldKind, HOUR, MINUTE, MONTH, SECOND, allValues } from "./field-names.ts";
import { listText } from "./field-text.ts";
import { gridLines } from "./interval-grid.ts";
import type { CronSchedule, DayTerm, IntervalSchedule, OnceSchedule, Schedule } from "./schedule.ts";
import type { TimerLines } from "./timer-lines.ts";

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const MONDAY_FIRST = [1, 2, 3, 4, 5, 6, 0] as const;

/**
 * The OnCalendar values (systemd.time(7)) that elapse at the schedule's times: explicit lists only, since steps without an
 * end can stop a timer for ever in some zones. A date that two of them name elapses once.
 */
export function onCalendarLines(schedule: Schedule): TimerLines {
  if (schedule.kind === "cron") return { lines: cronLines(schedule), wakesMore: false };
  return schedule.kind === "once" ? { lines: [onceLine(schedule)], wakesMore: false } : intervalLines(schedule);
}

function cronLines({ days, fields, zone }: CronSchedule): string[] {
  const time = timeText(fields.hour.values, fields.minute.values, fields.second.values);
  return days.map((term) => `${dayText(term, fields.month.values)} ${time} ${zone.name}`);
}

function dayText({ weekdays, days, fromEnd }: DayTerm, months: readonly number[]): string {
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
  if (kind !== undefined && values.length === allValues(kind).length) return "*";
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
