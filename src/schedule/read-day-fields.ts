import { DAY_OF_MONTH, DAY_OF_WEEK } from "./field-names.ts";
import { itemProblem } from "./field-problem.ts";
import { readItem, readValue, withStar } from "./read-field.ts";
import { type Problem, isProblem, type DayOfMonthField, type DayOfWeekField } from "./schedule.ts";

/** Day of month: what every field takes, and `?`, `L`, `LW` and `15W`. */
export function readDayOfMonth(text: string, seed: string | undefined): DayOfMonthField | Problem {
  if (text === "*") return { values: DAY_OF_MONTH.all, star: 1, last: false, nearest: [], lastWeekday: false };
  const values = new Set<number>();
  const nearest = new Set<number>();
  const items = text.split(",");
  for (const item of items) {
    const extended = /^(L|LW)$/i.test(item);
    const day = /^(\d+)W$/i.exec(item)?.[1];
    const found = extended ? [] : day !== undefined ? nearestDay(day, item) : readPlain(item, text);
    if (isProblem(found)) return found;
    for (const value of found) (day === undefined ? values : nearest).add(value);
  }
  return {
    ...withStar(text, [...values]),
    last: items.some((item) => /^L$/i.test(item)),
    nearest: [...nearest].toSorted((a, b) => a - b),
    lastWeekday: items.some((item) => /^LW$/i.test(item)),
  };

  function readPlain(item: string, whole: string): readonly number[] | Problem {
    if (whole === "?") return DAY_OF_MONTH.all;
    if (/^L-\d+$/i.test(item))
      return { problem: `day of month "${item}" counts back from the last day, which is not kept here: write the days` };
    if (/^L/i.test(item))
      return { problem: `day of month "${item}" is not understood: L is the last day, LW the last weekday of the month` };
    return readItem(item, DAY_OF_MONTH, seed);
  }
}

function nearestDay(day: string, item: string): number[] | Problem {
  const value = readValue(day, item, DAY_OF_MONTH);
  if (typeof value !== "number") return value;
  // The weekday nearest to the 28th and later depends on the month's length, which OnCalendar can't say.
  if (value > 27) return { problem: `day of month "${item}" is out of 1W-27W: LW is the last weekday of the month` };
  return [value];
}

/** Day of week: what every field takes, and `?`, `5L` and `5#3`. */
export function readDayOfWeek(text: string, seed: string | undefined): DayOfWeekField | Problem {
  if (text === "*") return { values: DAY_OF_WEEK.all, star: 1, last: [], nth: [] };
  const values = new Set<number>();
  const last = new Set<number>();
  const nth = new Map<string, { weekday: number; n: number }>();
  for (const item of text.split(",")) {
    const [, day, mark, n] = /^([0-9]+|[a-z]{3})(?:(L)|#(\d+))$/i.exec(item) ?? [];
    const found = day === undefined ? readPlain(item) : readValue(day, item, DAY_OF_WEEK);
    if (typeof found === "object" && isProblem(found)) return found;
    if (typeof found === "object") for (const value of found) values.add(value);
    else if (mark !== undefined) last.add(found % 7);
    else if (Number(n) >= 1 && Number(n) <= 5) nth.set(`${found % 7}#${Number(n)}`, { weekday: found % 7, n: Number(n) });
    else return { problem: `day of week "${item}" asks for a weekday that no month has: # takes 1 to 5` };
  }
  return { ...withStar(text, [...values]), last: [...last].toSorted((a, b) => a - b), nth: [...nth.values()].toSorted(byDay) };

  function readPlain(item: string): readonly number[] | Problem {
    if (text === "?") return DAY_OF_WEEK.all;
    if (item === "?") return { problem: itemProblem(item, DAY_OF_WEEK) };
    return readItem(item, DAY_OF_WEEK, seed);
  }
}

function byDay(a: { weekday: number; n: number }, b: { weekday: number; n: number }): number {
  return a.weekday - b.weekday || a.n - b.n;
}
