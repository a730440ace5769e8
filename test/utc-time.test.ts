import { expect, test } from "vitest";
import { utcTime } from "../src/utc-time.ts";

const DAY_MS = 86_400_000;
const byDate = (ms: number): string => new Date(ms).toISOString();

test("each day of 400 years and their ends is written as Date writes it", () => {
  for (let day = 0; day < 146_098; day++) {
    for (const ms of [day * DAY_MS, (day + 1) * DAY_MS - 1]) if (utcTime(ms) !== byDate(ms)) expect(utcTime(ms)).toBe(byDate(ms));
  }
});

test("random instants up to the year 9999 are written as Date writes them", () => {
  for (let count = 0; count < 20_000; count++) {
    const ms = Math.floor(Math.random() * 253_402_300_800_000);
    expect(utcTime(ms)).toBe(byDate(ms));
  }
});

test.each([253_402_300_799_999, 253_402_300_800_000, -1, 8.64e15, 1.5])("so is %d", (ms) => {
  expect(utcTime(ms)).toBe(byDate(ms));
});

test("what is no time is refused as Date refuses it", () => {
  expect(() => utcTime(Number.NaN)).toThrow(RangeError);
  expect(() => utcTime(8.64e15 + 1)).toThrow(RangeError);
});
