import { expect, test } from "vitest";
import { formatAge, formatDuration, formatTime } from "../../src/output/times.ts";

const NOW = Date.parse("2026-11-22T03:00:00Z");
const [S, M, H, D] = [1000, 60_000, 3_600_000, 86_400_000];

test.each([
  [0, "0ms"],
  [340, "340ms"],
  [5200, "5.2s"],
  [59_949, "59.9s"],
  [59_960, "1m 00s"],
  [65 * S, "1m 05s"],
  [H - 1, "1h 00m"],
  [2 * H + 5 * M, "2h 05m"],
  [3 * D + 4 * H, "3d 04h"],
])("tells a duration of %i ms as %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

test.each([
  [0, "0s ago"],
  [12 * S, "12s ago"],
  [59 * M, "59m ago"],
  [3 * H, "3h ago"],
  [47 * H, "47h ago"],
  [5 * D, "5d ago"],
  [-3 * H, "in 3h"],
])("tells what was %i ms ago as %s", (ms, text) => expect(formatAge(NOW - ms, NOW)).toBe(text));

test.each([
  ["UTC", "2026-11-22T03:00:12Z", "2026-11-22 03:00:12 UTC", "11-22 03:00 UTC"],
  ["Europe/Berlin", "2026-11-22T23:30:00Z", "2026-11-23 00:30:00 CET", "11-23 00:30 CET"],
  ["Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25 02:30:00 CEST", "10-25 02:30 CEST"],
  ["Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25 02:30:00 CET", "10-25 02:30 CET"],
  ["Asia/Kolkata", "2026-11-22T03:00:00Z", "2026-11-22 08:30:00 GMT+5:30", "11-22 08:30 GMT+5:30"],
])("tells time in %s with the zone's name of that instant: %s", (zone, instant, long, short) => {
  expect(formatTime(Date.parse(instant), { zone })).toBe(long);
  expect(formatTime(Date.parse(instant), { zone, short: true })).toBe(short);
});
