import type { FieldKind } from "./field-names.ts";
import { itemProblem } from "./field-problem.ts";
import { type Problem, isProblem, type Field } from "./schedule.ts";

const ITEM = /^(\*|[0-9]+|[a-z]+)(?:-([0-9]+|[a-z]+))?(?:\/([0-9]+))?$/i;

/**
 * Reads a field without extensions: `*`, numbers, names, ranges (wrapped ones too: FRI-MON), steps, lists, and `H`, a value
 * fixed by a hash of `seed`. Counts as cron does (crontab(5)): a step counts from the first value of its range.
 */
export function readField(text: string, kind: FieldKind, seed: string | undefined): Field | Problem {
  if (text === "*") return { values: kind.all, star: 1 };
  const values = new Set<number>();
  for (const item of text.split(",")) {
    const found = readItem(item, kind, seed);
    if (isProblem(found)) return found;
    for (const value of found) values.add(value);
  }
  return withStar(text, [...values]);
}

/** The field of these values; `text` says whether it is a star field. */
export function withStar(text: string, values: readonly number[]): Field {
  const sorted = values.toSorted((a, b) => a - b);
  return text.startsWith("*") || text.startsWith("?") ? { values: sorted, star: starStep(text) } : { values: sorted };
}

function starStep(text: string): number {
  return Number(/^\*\/(\d+)/.exec(text)?.[1] ?? 1);
}

export function readItem(item: string, kind: FieldKind, seed: string | undefined): readonly number[] | Problem {
  if (item === "*") return kind.all;
  if (item === "H") return hashed(kind, seed);
  const [, first = "", last, step] = ITEM.exec(item) ?? [];
  if (first === "" || (first === "*" && last !== undefined)) return { problem: itemProblem(item, kind) };
  if (step !== undefined && (Number(step) < 1 || (first !== "*" && last === undefined))) return { problem: itemProblem(item, kind) };
  const from = first === "*" ? kind.min : readValue(first, item, kind);
  if (typeof from !== "number") return from;
  const to = first === "*" ? kind.min + kind.count - 1 : readValue(last ?? first, item, kind);
  if (typeof to !== "number") return to;
  return span(from, to, { step: Number(step ?? 1), kind });
}

export function readValue(text: string, item: string, kind: FieldKind): number | Problem {
  if (!/^\d+$/.test(text)) {
    const index = kind.names.indexOf(text.toUpperCase());
    return index < 0 ? { problem: itemProblem(text, kind) } : kind.min + index;
  }
  const value = Number(text);
  if (value < kind.min || value > kind.max) {
    const place = text === item ? "" : ` in "${item}"`;
    return { problem: `${kind.name} "${text}"${place} is out of ${kind.min}-${kind.max}` };
  }
  return value;
}

/** Every `step`th value from one to the other, going round where the first is the greater one. A weekday 7 is a Sunday, 0. */
function span(from: number, to: number, { step, kind: { min, count } }: { step: number; kind: FieldKind }): number[] {
  const last = to >= from ? to : to + count;
  const values: number[] = [];
  for (let value = from; value <= last; value += step) values.push(min + ((value - min) % count));
  return values;
}

function hashed(kind: FieldKind, seed: string | undefined): number[] | Problem {
  if (seed === undefined) return { problem: `${kind.name} "H" is made from a job's name, and there is none here: write a number` };
  // No month lacks a day up to 28, so a job with H runs in each.
  const count = kind.name === "day of month" ? 28 : kind.count;
  return [kind.min + (fnv1a(`${seed} ${kind.name}`) % count)];
}

/** 32-bit FNV-1a: small, the same everywhere, and for ever (http://www.isthe.com/chongo/tech/comp/fnv/). */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
