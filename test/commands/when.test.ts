import { expect, test } from "vitest";
import { parseWhen } from "../../src/commands/when.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const parse = (text: string, zone: string) => new Date(parseWhen(text, { option: "--since", now: NOW, zone })).toISOString();

test.each([
  ["90s", "UTC", "2026-11-22T11:58:30.000Z"],
  ["2h", "UTC", "2026-11-22T10:00:00.000Z"],
  ["7d", "Europe/Berlin", "2026-11-15T12:00:00.000Z"],
  ["1w", "UTC", "2026-11-15T12:00:00.000Z"],
  ["2026-11-22", "UTC", "2026-11-22T00:00:00.000Z"],
  ["2026-11-22", "Europe/Berlin", "2026-11-21T23:00:00.000Z"],
  ["2026-07-01", "America/New_York", "2026-07-01T04:00:00.000Z"],
  ["2026-03-29T01:30", "Europe/Berlin", "2026-03-29T00:30:00.000Z"],
  ["2026-03-29T03:30", "Europe/Berlin", "2026-03-29T01:30:00.000Z"],
  ["2026-11-22T03:00:00Z", "Europe/Berlin", "2026-11-22T03:00:00.000Z"],
  ["2026-11-22T03:00+05:30", "UTC", "2026-11-21T21:30:00.000Z"],
])("takes %s in %s for %s", (text, zone, instant) => expect(parse(text, zone)).toBe(instant));

test.each(["yesterday", "2x", "", "2026-13-01", "2026-11-22T25:00", "-2h", "7 d"])("refuses %j", (text) => {
  expect(() => parse(text, "UTC")).toThrow(
    `--since: "${text}" is no time; use an age (90s, 15m, 2h, 7d, 4w), a date (2026-11-22), or an instant (2026-11-22T03:00:00Z; without Z in UTC)`,
  );
});
