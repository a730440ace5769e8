import { describe, expect, it } from "vitest";
import { formatDuration, formatSize, parseDuration, parseSize } from "../src/units.ts";

describe("durations", () => {
  it.each([
    ["90s", 90_000],
    ["15m", 900_000],
    ["2h", 7_200_000],
    ["30d", 2_592_000_000],
    ["1w", 604_800_000],
    ["250ms", 250],
    ["1h30m", 5_400_000],
    ["1.5h", 5_400_000],
    ["0s", 0],
    ["5000", 5000],
  ])("reads %s as %d milliseconds", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(["", "abc", "5 m", "-5m", "5M", "m", "1e9", "5min", "999999999999d", "${T}"])("refuses %j", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it.each([
    [0, "0s"],
    [90_000, "1m30s"],
    [86_400_000, "1d"],
    [2_592_000_000, "30d"],
    [1500, "1s500ms"],
  ])("writes %d milliseconds as %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  it("keeps the largest that it reads within the safe integers", () => {
    for (const text of ["9".repeat(15), "999999999999ms", "999999999s", "999999w".repeat(6)]) {
      expect(parseDuration(text)).toSatisfy(Number.isSafeInteger);
    }
    for (const text of ["9".repeat(15) + "B", "999999999999KB", "999999999MB", "999999999", "999999GB", "999.999999TB"]) {
      expect(parseSize(text)).toSatisfy(Number.isSafeInteger);
    }
    expect(parseDuration("999999w".repeat(7))).toBeUndefined();
    expect(parseSize("1000TB")).toBeUndefined();
  });

  it("reads back what it writes", () => {
    for (const amount of [1, 999, 1001, 61_001, 86_399_999, 123_456_789]) expect(parseDuration(formatDuration(amount))).toBe(amount);
  });
});

describe("sizes", () => {
  it.each([
    ["512MB", 536_870_912],
    ["1.5GB", 1_610_612_736],
    ["10KB", 10_240],
    ["7B", 7],
    ["512", 536_870_912],
  ])("reads %s as %d bytes", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(["", "MB", "5 MB", "5mb", "5MiB", "-1MB", "999999999999TB"])("refuses %j", (text) => {
    expect(parseSize(text)).toBeUndefined();
  });

  it.each([
    [0, "0B"],
    [1023, "1023B"],
    [1_610_612_736, "1.5GB"],
    [536_870_912, "512MB"],
  ])("writes %d bytes as %s", (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });
});
