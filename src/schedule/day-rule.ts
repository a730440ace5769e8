import { DAY_OF_MONTH, DAY_OF_WEEK } from "./field-names.ts";
import type { Problem, DayOfMonthField, DayOfWeekField, DayTerm } from "./schedule.ts";

const ALL_DAYS = DAY_OF_MONTH.all;
const ALL_WEEKDAYS = DAY_OF_WEEK.all;
const WORKING_DAYS = [1, 2, 3, 4, 5];
const MONDAY = [1];
const FRIDAY = [5];

/**
 * The day rule of cron (crontab(5), and cron's find_jobs): where either day field begins with `*`, a date must match both;
 * else it must match one of them. The answer is a list of terms of which one must match.
 */
export function dayTerms(dayOfMonth: DayOfMonthField, dayOfWeek: DayOfWeekField): DayTerm[] | Problem {
  const dates = dateTerms(dayOfMonth);
  const weekdays = weekdayTerms(dayOfWeek);
  if (dayOfMonth.star === undefined && dayOfWeek.star === undefined) {
    return [...dates, ...weekdays].find(isEveryDay) ? [everyDay()] : [...dates, ...weekdays];
  }
  const both: DayTerm[] = [];
  for (const date of dates) {
    for (const weekday of weekdays) {
      const shared = intersection(date, weekday);
      if (shared === undefined) {
        return {
          problem: "day of month and day of week must both match here, and days counted from both ends of a month can't be: use one",
        };
      }
      if (shared.days.length > 0 && shared.weekdays.length > 0) both.push(shared);
    }
  }
  return both;
}

function dateTerms({ values, last, nearest, lastWeekday }: DayOfMonthField): DayTerm[] {
  return [
    ...(values.length > 0 ? [term(ALL_WEEKDAYS, values)] : []),
    ...nearest.flatMap(nearestTerms),
    ...(last ? [term(ALL_WEEKDAYS, [1], true)] : []),
    ...(lastWeekday ? [term(WORKING_DAYS, [1], true), term(FRIDAY, [2, 3], true)] : []),
  ];
}

/** A Saturday moves to the Friday before, a Sunday to the Monday after, but never out of the month. */
function nearestTerms(day: number): DayTerm[] {
  if (day === 1) return [term(WORKING_DAYS, [1]), term(MONDAY, [2, 3])];
  return [term(WORKING_DAYS, [day]), term(FRIDAY, [day - 1]), term(MONDAY, [day + 1])];
}

function weekdayTerms({ values, last, nth }: DayOfWeekField): DayTerm[] {
  return [
    ...(values.length > 0 ? [term(values, ALL_DAYS)] : []),
    ...last.map((weekday) => term([weekday], [1, 2, 3, 4, 5, 6, 7], true)),
    ...nth.map(({ weekday, n }) => term([weekday], ALL_DAYS.slice(7 * (n - 1), 7 * n))),
  ];
}

function term(weekdays: readonly number[], days: readonly number[], fromEnd = false): DayTerm {
  return { weekdays, days, fromEnd };
}

/** Undefined where one counts from the month's start and the other from its end. */
function intersection(a: DayTerm, b: DayTerm): DayTerm | undefined {
  const weekdays = a.weekdays.filter((day) => b.weekdays.includes(day));
  if (hasEveryDate(a)) return { ...b, weekdays };
  if (hasEveryDate(b)) return { ...a, weekdays };
  if (a.fromEnd !== b.fromEnd) return undefined;
  return { weekdays, days: a.days.filter((day) => b.days.includes(day)), fromEnd: a.fromEnd };
}

function hasEveryDate({ days, fromEnd }: DayTerm): boolean {
  return !fromEnd && days.length === 31;
}

function isEveryDay(each: DayTerm): boolean {
  return hasEveryDate(each) && each.weekdays.length === 7;
}

function everyDay(): DayTerm {
  return term(ALL_WEEKDAYS, ALL_DAYS);
}

const LONGEST_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** Whether any of these days is in one of these months (1-12). Every weekday falls on every date in some year. */
export function everRuns(terms: readonly DayTerm[], months: readonly number[]): boolean {
  const longest = Math.max(...months.map((month) => LONGEST_MONTH[month - 1] ?? 0));
  return terms.some(({ days, weekdays }) => weekdays.length > 0 && days.some((day) => day <= longest));
}
