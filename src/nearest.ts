/** The package makes a table of 256 KB as soon as it is loaded: no start that has nothing to complain of needs it. */
const load = (): typeof import("fastest-levenshtein") =>
  process.getBuiltinModule("node:module").createRequire(import.meta.filename)("fastest-levenshtein");

/** The name most like what was typed, or undefined when none is near (more than a third of its letters, rounded up, differ). */
function nearest(typed: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const { closest, distance } = load();
  const best = closest(typed, names as string[]);
  return distance(typed, best) <= Math.ceil(Math.max(typed.length, best.length) / 3) ? best : undefined;
}

/** `; did you mean "x"?`, or nothing. */
export function didYouMean(typed: string, names: readonly string[]): string {
  const name = nearest(typed, names);
  return name === undefined ? "" : `; did you mean "${name}"?`;
}
