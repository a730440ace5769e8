const MONTH_NAMES = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"] as const;
const WEEKDAY_NAMES = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] as const;

/** What a field may hold. Names stand for `min`, `min + 1`, ... */
export interface FieldKind {
  name: "second" | "minute" | "hour" | "day of month" | "month" | "day of week";
  min: number;
  /** The greatest number that may be written. */
  max: number;
  /** How many different values there are: weekdays may be written 0-7, but 7 is 0. */
  count: number;
  names: readonly string[];
  /** All values, in order. */
  all: readonly number[];
}

export const SECOND = kind({ name: "second", min: 0, max: 59, count: 60, names: [] });
export const MINUTE = kind({ name: "minute", min: 0, max: 59, count: 60, names: [] });
export const HOUR = kind({ name: "hour", min: 0, max: 23, count: 24, names: [] });
export const DAY_OF_MONTH = kind({ name: "day of month", min: 1, max: 31, count: 31, names: [] });
export const MONTH = kind({ name: "month", min: 1, max: 12, count: 12, names: MONTH_NAMES });
export const DAY_OF_WEEK = kind({ name: "day of week", min: 0, max: 7, count: 7, names: WEEKDAY_NAMES });

/** The week as people and systemd tell it. */
export const MONDAY_FIRST = [1, 2, 3, 4, 5, 6, 0] as const;

function kind(given: Omit<FieldKind, "all">): FieldKind {
  return { ...given, all: Array.from({ length: given.count }, (_, index) => given.min + index) };
}
