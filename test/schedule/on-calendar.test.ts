import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextOccurrences } from "../../src/schedule/occurrences.ts";
import { onCalendarLines } from "../../src/schedule/on-calendar.ts";
import { parseSchedule } from "../../src/schedule/parse-schedule.ts";
import type { Schedule } from "../../src/schedule/schedule.ts";
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

function interval(text: string, startDate?: string): Schedule {
  const bounds = startDate === undefined ? {} : { startDate };
  const parsed = parseSchedule({ type: "interval", expression: text, timezone: "UTC", ...bounds });
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.schedule;
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

  it.each([
    ["every 15m", undefined],
    ["every 90s", undefined],
    ["every 90m", undefined],
    ["every 45m", undefined],
    ["every 2h", "2026-01-01T00:17:09Z"],
    ["every 5s", "2026-01-01T00:00:02Z"],
    ["every 32s", undefined],
    ["every 40m", "2026-01-01T00:10:00Z"],
    ["every 1d", "2026-01-01T05:30:00Z"],
  ])("say %s from %s exactly", (text, startDate) => {
    const parsed = interval(text, startDate);
    const { lines, wakesMore } = onCalendarLines(parsed);
    const base = Date.UTC(2026, 9, 24, 23, 59, 30);
    const theirs = [...new Set(elapses(lines, base).flat())].toSorted((a, b) => a - b).slice(0, ITERATIONS);
    expect(wakesMore).toBe(false);
    expect(theirs.map(iso)).toEqual(nextOccurrences(parsed, base, ITERATIONS).map(iso));
  });

  it.each([
    ["every 7m", ["*-*-* *:*:00 UTC"], undefined],
    ["every 50h", ["*-*-* 00,02,04,06,08,10,12,14,16,18,20,22:00:00 UTC"], undefined],
    ["every 2d", ["*-*-* 00:00:00 UTC"], undefined],
    ["every 130s", ["*-*-* *:*:00 UTC"], 59_000],
  ])("wake for %s at a divisor of it and of a day, or every minute", (text, lines, lateBy) => {
    expect(onCalendarLines(interval(text))).toEqual({ lines, wakesMore: true, ...(lateBy === undefined ? {} : { lateBy }) });
  });

  it.each([
    ["0 0 13 * 5", "UTC", ["*-*-13 00:00:00 UTC", "Fri *-*-* 00:00:00 UTC"]],
    ["0 0 1-5,7,8 * *", "UTC", ["*-*-01..05,07,08 00:00:00 UTC"]],
    ["*/15 9-17 * * MON-FRI", "UTC", ["Mon,Tue,Wed,Thu,Fri *-*-* 09..17:00,15,30,45:00 UTC"]],
    ["*/20 30 4 1,15 * 5", "UTC", ["*-*-01,15 04:30:00,20,40 UTC", "Fri *-*-* 04:30:00,20,40 UTC"]],
    ["0 0 1-31 * 1", "UTC", ["*-*-* 00:00:00 UTC"]],
    ["0 0 L * *", "UTC", ["*-*~01 00:00:00 UTC"]],
    ["0 0 * * 1,5L", "UTC", ["Mon *-*-* 00:00:00 UTC", "Fri *-*~01..07 00:00:00 UTC"]],
    ["0 0 LW * *", "UTC", ["Mon,Tue,Wed,Thu,Fri *-*~01 00:00:00 UTC", "Fri *-*~02,03 00:00:00 UTC"]],
    ["0 0 1W * *", "UTC", ["Mon,Tue,Wed,Thu,Fri *-*-01 00:00:00 UTC", "Mon *-*-02,03 00:00:00 UTC"]],
    [
      "0 0 L * *",
      "Europe/Berlin",
      ["*-01,03,05,07,08,10,12-31 00:00:00 Europe/Berlin", "*-04,06,09,11-30 00:00:00 Europe/Berlin", "*-02~01 00:00:00 Europe/Berlin"],
    ],
    ["0 1-3 * * *", "Europe/Dublin", ["*-*-* 01:00:00 Europe/Dublin", "*-*-* 02,03:00:00 Europe/Dublin"]],
  ])("of %j in %s are %j", (text, zone, lines) => {
    expect(onCalendarLines(schedule(text, zone))).toEqual({ lines, wakesMore: false });
  });
});
