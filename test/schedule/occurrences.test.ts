import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSchedule } from "../../src/schedule/parse-schedule.ts";
import { nextAfter, nextOccurrences, previousAtOrBefore } from "../../src/schedule/occurrences.ts";
import { ZONES, nightly, noons, schedule } from "./arbitraries.ts";
import { type Wall, matchesWall, wallKey, wallOf } from "./brute-force.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const iso = (instant: number | undefined): string | undefined => (instant === undefined ? undefined : new Date(instant).toISOString());

/** The minutes of a window in which a zone's clock shows a time for the first time, with what it shows. */
function firstPasses(zone: string, from: number, to: number): { at: number; wall: Wall }[] {
  const seen = new Set<string>();
  const found: { at: number; wall: Wall }[] = [];
  for (let at = from - 4 * HOUR; at <= to; at += MINUTE) {
    const wall = wallOf(zone, at);
    const key = wallKey(wall);
    if (at >= from && !seen.has(key)) found.push({ at, wall });
    seen.add(key);
  }
  return found;
}

/** Days around every change of the clock from 2026 to 2027, the day that Samoa skipped, and a quiet day. */
const WINDOWS = ZONES.flatMap((zone) => changesOf(zone).map((change) => windowAround(zone, change)));

function windowAround(zone: string, change: number) {
  const [from, to] = [change - 6 * HOUR, change + 6 * HOUR];
  return { zone, from, to, minutes: firstPasses(zone, from, to) };
}

function changesOf(zone: string): number[] {
  const offset = (at: number): number => {
    const { year, month, day, hour, minute } = wallOf(zone, at);
    return Date.UTC(year, month - 1, day, hour, minute) - at;
  };
  const changes = [Date.UTC(2026, 6, 1, 12)];
  if (zone === "Pacific/Apia") changes.push(Date.UTC(2011, 11, 30, 10));
  for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2028, 0, 1); at += HOUR) {
    if (offset(at) !== offset(at + HOUR)) changes.push(at + HOUR);
  }
  return changes;
}

describe("occurrences", () => {
  it("are those of a brute-force reading, minute by minute, around the clock changes of many zones", () => {
    fc.assert(
      fc.property(nightly, fc.constantFrom(...WINDOWS), (text, { zone, from, to, minutes }) => {
        const expected = minutes.filter(({ wall }) => matchesWall(text, wall)).map(({ at }) => at);
        const parsed = schedule(text, zone);
        const found: number[] = [];
        for (let at = nextAfter(parsed, from - 1); at !== undefined && at <= to; at = nextAfter(parsed, at)) found.push(at);
        expect(found.map(iso)).toEqual(expected.map(iso));
      }),
      { numRuns: 1500 },
    );
  });

  it("are found backwards as they are found forwards", () => {
    fc.assert(
      fc.property(
        nightly,
        fc.constantFrom(...WINDOWS),
        fc.integer({ min: 0, max: 12 * 3600 }),
        (text, { zone, from, minutes }, seconds) => {
          const instant = from + seconds * 1000;
          const expected = minutes.findLast(({ at, wall }) => at <= instant && matchesWall(text, wall));
          const parsed = schedule(text, zone);
          const found = previousAtOrBefore(parsed, instant);
          if (expected !== undefined) expect(iso(found)).toBe(iso(expected.at));
          else if (found !== undefined) expect(found).toBeLessThan(from);
          if (found !== undefined) expect(nextAfter(parsed, found - 1)).toBe(found);
        },
      ),
      { numRuns: 1500 },
    );
  });

  it("are the dates of a brute-force reading, day by day, over three years", () => {
    const days = Array.from({ length: 3 * 365 }, (_, index) => Date.UTC(2027, 0, 1, 12) + index * DAY);
    const walls = days.map((at) => ({ at, wall: wallOf("UTC", at) }));
    fc.assert(
      fc.property(noons, (text) => {
        const expected = walls.filter(({ wall }) => matchesWall(text, wall)).map(({ at }) => at);
        const found = nextOccurrences(schedule(text, "UTC"), (days[0] ?? 0) - 1, expected.length + 1).filter(
          (at) => at <= (days.at(-1) ?? 0),
        );
        expect(found.map(iso)).toEqual(expected.map(iso));
      }),
      { numRuns: 700 },
    );
  });

  it.each([
    ["0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00.000Z"],
    ["0 0 1 1 *", "2199-01-02T00:00:00Z", undefined],
    ["0 0 29 2 */7", "2026-01-01T00:00:00Z", "2032-02-29T00:00:00.000Z"],
    ["* * * * * *", "2026-01-01T00:00:00.500Z", "2026-01-01T00:00:01.000Z"],
    ["0 12 * * *", "2026-01-01T12:00:00Z", "2026-01-02T12:00:00.000Z"],
    ["every 15m", "2026-01-01T12:00:00Z", "2026-01-01T12:15:00.000Z"],
    ["every 7m", "1970-01-01T00:00:00Z", "1970-01-01T00:07:00.000Z"],
    ["at 2026-12-01T03:00", "2026-11-01T00:00:00Z", "2026-12-01T03:00:00.000Z"],
    ["at 2026-12-01T03:00", "2026-12-01T03:00:00Z", undefined],
  ])("%s after %s is %s", (text, from, expected) => {
    expect(iso(nextAfter(schedule(text, "UTC"), Date.parse(from)))).toBe(expected);
  });

  it("finds a day that is forty years away at once", () => {
    const started = performance.now();
    expect(iso(nextAfter(schedule("0 0 29 2 */7", "Europe/Berlin"), Date.UTC(2088, 2, 1)))).toBe("2128-02-28T23:00:00.000Z");
    expect(performance.now() - started).toBeLessThan(100);
  });

  it.each([
    ["2026-12-24T00:00:00Z", ["2026-12-24T00:00:00.000Z", "2026-12-25T00:00:00.000Z"]],
    ["2026-12-24T00:00:01Z", ["2026-12-25T00:00:00.000Z"]],
  ])("begin with startDate %s and end with endDate, both included", (startDate, expected) => {
    const parsed = parseSchedule({ type: "cron", expression: "0 0 * * *", timezone: "UTC", startDate, endDate: "2026-12-25T00:00:00Z" });
    if (!parsed.ok) throw new Error(parsed.problem);
    expect(nextOccurrences(parsed.schedule, 0, 5).map(iso)).toEqual(expected);
    expect(iso(previousAtOrBefore(parsed.schedule, Date.UTC(2030, 0, 1)))).toBe("2026-12-25T00:00:00.000Z");
    expect(previousAtOrBefore(parsed.schedule, Date.parse(startDate) - 1)).toBeUndefined();
  });

  it("of an interval count from startDate", () => {
    const parsed = parseSchedule({ type: "interval", expression: "every 40m", timezone: "UTC", startDate: "2026-01-01T00:10:00Z" });
    if (!parsed.ok) throw new Error(parsed.problem);
    expect(nextOccurrences(parsed.schedule, Date.UTC(2025, 0, 1), 3).map(iso)).toEqual([
      "2026-01-01T00:10:00.000Z",
      "2026-01-01T00:50:00.000Z",
      "2026-01-01T01:30:00.000Z",
    ]);
  });
});
