import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextOccurrences } from "../../src/schedule/occurrences.ts";
import { onCalendarLines } from "../../src/schedule/on-calendar.ts";
import { ZONES, expressions, nightly, schedule } from "./arbitraries.ts";

const iso = (instant: number): string => new Date(instant).toISOString();
const ITERATIONS = 6;

/** The next times of each line as systemd computes them, in one call for all. */
function elapses(lines: string[], base: number): number[][] {
  const args = ["calendar", `--iterations=${ITERATIONS}`, `--base-time=${iso(base).slice(0, 19).replace("T", " ")} UTC`, "--", ...lines];
  const text = execFileSync("systemd-analyze", args, { encoding: "utf8", env: { ...process.env, TZ: "UTC", LC_ALL: "C" }, maxBuffer: 1e8 });
  return text
    .trim()
    .split("\n\n")
    .map((block) =>
      [...block.matchAll(/(?:Next elapse|Iter\. #\d+|\(in UTC\)): \w+ (\S+) (\S+) UTC/g)].map(([, date, time]) =>
        Date.parse(`${date}T${time}Z`),
      ),
    );
}

const BASES = [
  ...Array.from({ length: 14 }, (_, index) => Date.UTC(2026, index * 7, 1 + index, index)),
  // Shortly before clocks change in Europe, North America, Australia and Antarctica.
  ...["2026-10-24T12:00", "2027-03-27T12:00", "2026-10-31T12:00", "2027-03-13T12:00", "2026-10-03T00:00", "2027-04-03T00:00"].map((text) =>
    Date.parse(`${text}Z`),
  ),
];

function disagreements(texts: string[], base: number): string[] {
  const cases = texts.map((text, index) => {
    const zone = ZONES[index % ZONES.length] ?? "UTC";
    const parsed = schedule(text, zone);
    return { text, zone, lines: onCalendarLines(parsed).lines, ours: nextOccurrences(parsed, base, ITERATIONS) };
  });
  const times = elapses(
    cases.flatMap(({ lines }) => lines),
    base,
  );
  return cases.flatMap(({ text, zone, lines, ours }) => {
    const theirs = [...new Set(times.splice(0, lines.length).flat())].toSorted((a, b) => a - b).slice(0, ITERATIONS);
    const same = ours.map(iso).join(" ") === theirs.map(iso).join(" ");
    return same
      ? []
      : [`${text} (${zone}) after ${iso(base)}: ${lines.join(" | ")}: ours ${ours.map(iso).join()} systemd ${theirs.map(iso).join()}`];
  });
}

describe("OnCalendar lines", () => {
  it("elapse at our occurrences: random expressions in many zones, asked of systemd-analyze", () => {
    const found = BASES.flatMap((base, index) => disagreements(fc.sample(expressions, { numRuns: 40, seed: index }), base));
    expect(found).toEqual([]);
  });

  it("elapse at our occurrences around clock changes", () => {
    const found = BASES.flatMap((base, index) => disagreements(fc.sample(nightly, { numRuns: 40, seed: 1000 + index }), base));
    expect(found).toEqual([]);
  });
});
