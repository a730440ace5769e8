import { didYouMean } from "../nearest.ts";
import type { FieldKind } from "./field-names.ts";

/** What was probably meant by an item that is no `*`, number, name, range or step; the first rule that fits tells. */
export function itemProblem(item: string, kind: FieldKind): string {
  const found = `${kind.name} "${item}"`;
  const hint = HINTS.find(([pattern]) => pattern.test(item))?.[1];
  return hint === undefined ? `${found} is not understood: ${allowed(kind)}` : `${found} ${hint(item, kind)}`;
}

type Hint = (item: string, kind: FieldKind) => string;

const HINTS: readonly (readonly [RegExp, Hint])[] = [
  [/^$/, () => `is an empty item: take one comma away`],
  [/^\w+\/\d+$/, (item, { max }) => `steps from a single value: write "${item.replace("/", `-${max}/`)}"`],
  [/~/, () => `is a random value, which cron and systemd read differently: write H, a fixed value made from the job's name`],
  [/^-\d+$/, (_, kind) => `is negative: ${allowed(kind)}`],
  [/\//, () => `has a step that is no whole number from 1: write */n or a-b/n`],
  [/\./, () => `has a point: ranges are written a-b, lists a,b`],
  [/;/, () => `has a semicolon: lists are written with commas`],
  [/-/, () => `is no range: a range is a-b`],
  [/\*/, (_, { name }) => `mixes * with other signs: write * for every ${name}`],
  [/#/, () => `has a #, which only follows a weekday: 5#3 or FRI#3 is the third Friday`],
  [/^\?$/, (_, { name }) => (name.startsWith("day") ? "stands alone: write *" : "stands only in day of month and day of week: write *")],
  [/^L$/i, () => `says "last" of what? L is the last day in day of month; in day of week write 5L for the last Friday`],
  [/^\w+L$/i, () => `has an L, which stands alone in day of month (last day) or after a weekday (5L, the last Friday)`],
  [/^(\d+|L)W$/i, () => `has a W, which stands only in day of month: 15W is the weekday nearest to the 15th`],
  [/^[a-z]+$/i, nameHint],
];

function nameHint(item: string, { name, names }: FieldKind): string {
  if (names.length === 0) return `is a name, but ${name} takes numbers only`;
  const short = names.find((each) => item.toUpperCase().startsWith(each));
  if (short !== undefined) return `is written in full: write ${short}`;
  return `is no name of a ${name === "month" ? "month" : "weekday"}: allowed are ${names[0]} to ${names.at(-1)}${didYouMean(item.toUpperCase(), names)}`;
}

function allowed({ min, max, names }: FieldKind): string {
  const named = names.length === 0 ? "" : `, ${names[0]} to ${names.at(-1)}`;
  return `allowed are *, ${min}-${max}${named}, ranges a-b, steps */n and a-b/n, and lists with commas`;
}
