import type { Zone } from "./zone.ts";

/** One field of a cron expression as the set of values it stands for. */
export interface Field {
  /** Sorted, without repeats; weekdays are 0 (Sunday) to 6. */
  values: readonly number[];
  /** The step of a leading `*` (1 for a plain one); undefined where the field does not begin with `*`, which decides the day rule. */
  star?: number;
}

export interface DayOfMonthField extends Field {
  /** `L`, the last day of the month. */
  last: boolean;
  /** `15W`: the weekday (Monday to Friday) nearest to these days, within the month. */
  nearest: readonly number[];
  /** `LW`, the last weekday (Monday to Friday) of the month. */
  lastWeekday: boolean;
}

export interface DayOfWeekField extends Field {
  /** `5L`: the last of these weekdays in the month. */
  last: readonly number[];
  /** `5#3`: the third Friday. */
  nth: readonly { weekday: number; n: number }[];
}

export interface CronFields {
  second: Field;
  minute: Field;
  hour: Field;
  dayOfMonth: DayOfMonthField;
  month: Field;
  dayOfWeek: DayOfWeekField;
}

/**
 * Dates that match: the weekday AND the day of the month must be in the lists. `fromEnd` counts the days from the month's
 * end (1 = last). This is exactly what one OnCalendar line can say (systemd.time(7)).
 */
export interface DayTerm {
  weekdays: readonly number[];
  days: readonly number[];
  fromEnd: boolean;
}

/** Instants in milliseconds since the epoch; a time that equals a bound is inside. */
export interface Bounds {
  startDate?: number;
  endDate?: number;
}

export interface CronSchedule extends Bounds {
  kind: "cron";
  zone: Zone;
  fields: CronFields;
  /** A date matches when any of these does. */
  days: readonly DayTerm[];
  /** True where the expression has a seconds field. */
  withSeconds: boolean;
}

export interface IntervalSchedule extends Bounds {
  kind: "interval";
  zone: Zone;
  /** Milliseconds, whole seconds. */
  every: number;
}

export interface OnceSchedule extends Bounds {
  kind: "once";
  zone: Zone;
  /** Milliseconds since the epoch. */
  at: number;
}

/** When a job runs. Occurrences are wall clock times of the zone, each at most once. */
export type Schedule = CronSchedule | IntervalSchedule | OnceSchedule;

/** What is wrong with a text: a sentence without the place, which the caller knows. */
export interface Problem {
  problem: string;
}

export function isProblem(value: object): value is Problem {
  return "problem" in value;
}
