/** Sorted values as runs: `[1, 2, 3, 7]` is `[[1, 3], [7, 7]]`. Two neighbours stay two runs. */
export function runsOf(values: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const value of values) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === value - 1) run[1] = value;
    else runs.push([value, value]);
  }
  return runs.flatMap(([from, to]) =>
    to - from === 1
      ? ([
          [from, from],
          [to, to],
        ] as [number, number][])
      : [[from, to]],
  );
}

/** A list of values in which runs of three and more are ranges. */
export function listText(values: readonly number[], dash: string, write: (value: number) => string): string {
  return runsOf(values)
    .map(([from, to]) => (from === to ? write(from) : `${write(from)}${dash}${write(to)}`))
    .join(",");
}
