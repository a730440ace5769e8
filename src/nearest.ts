import { closest, distance } from "fastest-levenshtein";

/** The name most like what was typed, or undefined when none is near (more than a third of its letters, rounded up, differ). */
function nearest(typed: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const best = closest(typed, names as string[]);
  return distance(typed, best) <= Math.ceil(Math.max(typed.length, best.length) / 3) ? best : undefined;
}

/** `; did you mean "x"?`, or nothing. */
export function didYouMean(typed: string, names: readonly string[]): string {
  const name = nearest(typed, names);
  return name === undefined ? "" : `; did you mean "${name}"?`;
}
