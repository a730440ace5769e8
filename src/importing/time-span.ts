const SECOND = 1000;
const UNITS: Readonly<Record<string, number>> = Object.fromEntries(
  (
    [
      [0.001, "us usec µs μs"],
      [1, "ms msec"],
      [SECOND, "s sec second seconds"],
      [60 * SECOND, "m min minute minutes"],
      [3600 * SECOND, "h hr hour hours"],
      [86_400 * SECOND, "d day days"],
      [7 * 86_400 * SECOND, "w week weeks"],
      [2_629_800 * SECOND, "M month months"],
      [31_557_600 * SECOND, "y year years"],
    ] as const
  ).flatMap(([size, names]) => names.split(" ").map((name) => [name, size])),
);

/** A time span of systemd.time(7) in milliseconds: `5min 20s`, `1h30`, `90`; Infinity for `infinity`, undefined for what is none. */
export function readTimeSpan(text: string): number | undefined {
  const span = text.trim();
  if (span === "infinity") return Number.POSITIVE_INFINITY;
  if (!/^(?:\d+(?:\.\d+)?\s*[A-Za-zµμ]*\s*)+$/.test(span)) return undefined;
  let total = 0;
  for (const [, amount = "", unit = ""] of span.matchAll(/(\d+(?:\.\d+)?)\s*([A-Za-zµμ]*)/g)) {
    const size = UNITS[unit === "" ? "s" : unit];
    if (size === undefined) return undefined;
    total += Number(amount) * size;
  }
  return Math.round(total);
}
