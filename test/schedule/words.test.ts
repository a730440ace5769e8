import { describe, expect, it } from "vitest";
import { clockChanges, clockWarnings, hasFixedTimes } from "../../src/schedule/clock-changes.ts";
import { parseSchedule } from "../../src/schedule/parse-schedule.ts";
import { scheduleWords } from "../../src/schedule/words.ts";
import { schedule } from "./arbitraries.ts";

describe("a schedule in words", () => {
  it.each([
    ["0 3 * * *", "at 03:00 every day (UTC)"],
    ["0 3 * * 0", "at 03:00 on Sunday (UTC)"],
    ["30 0 3 * * 0", "at 03:00:30 on Sunday (UTC)"],
    ["0 6,18 * 3-5,12 *", "at 06:00 and 18:00 in March to May and December (UTC)"],
    ["*/15 9-17 * * MON-FRI", "every 15 minutes of hours 9 to 17 on Monday to Friday (UTC)"],
    ["* * * * *", "every minute (UTC)"],
    ["*/5 * * * *", "every 5 minutes (UTC)"],
    ["5,10 * * * *", "at minutes 5 and 10 of every hour (UTC)"],
    ["@hourly", "at minute 0 of every hour (UTC)"],
    ["0 */2 * * *", "at minute 0 of every 2 hours (UTC)"],
    ["*/7 8 * * *", "at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of hour 8 (UTC)"],
    ["*/10 * * * * *", "every 10 seconds (UTC)"],
    ["*/10 * 9 * * *", "every 10 seconds of hour 9 (UTC)"],
    ["30 * * * * *", "at second 30 of every minute (UTC)"],
    ["30 * 9 * * *", "at second 30 of every minute of hour 9 (UTC)"],
    ["*/10 5 * * * *", "every 10 seconds of minute 5 of every hour (UTC)"],
    ["0 0 13 * 5", "at 00:00 on the 13th, and on Friday (UTC)"],
    ["0 0 1-10/3 * *", "at 00:00 on the 1st, 4th, 7th and 10th (UTC)"],
    ["0 0 1-7 * */2", "at 00:00 on Tuesday, Thursday, Saturday and Sunday, but only where that is the 1st to 7th (UTC)"],
    ["0 0 */2 * 1", "at 00:00 on Monday, but only where that is the 1st and every 2nd day after it (UTC)"],
    ["0 0 L * *", "at 00:00 on the last day of the month (UTC)"],
    [
      "0 0 LW,2W,21,22,23 * *",
      "at 00:00 on the 21st to 23rd, the weekday (Monday to Friday) nearest to the 2nd and the last weekday (Monday to Friday) of the month (UTC)",
    ],
    ["0 0 * * 5#3,1L", "at 00:00 on the third Friday of the month and the last Monday of the month (UTC)"],
    ["0 0 * * FRI-MON", "at 00:00 on Monday and Friday to Sunday (UTC)"],
    ["0 0 11,12 * *", "at 00:00 on the 11th and 12th (UTC)"],
    ["every 15m", "every 15 minutes, counted from midnight UTC of 1970-01-01"],
    ["every 1h", "every hour, counted from midnight UTC of 1970-01-01"],
    ["at 2026-12-01T03:00", "once, at 2026-12-01 03:00 (UTC)"],
  ])("%s is %j", (text, words) => {
    expect(scheduleWords(schedule(text, "UTC"))).toBe(words);
  });

  it("tells from when an interval counts", () => {
    const parsed = parseSchedule({ type: "interval", expression: "40m", timezone: "UTC", startDate: "2026-01-01T00:10:00Z" });
    expect(parsed.ok && scheduleWords(parsed.schedule)).toBe("every 40 minutes, counted from 2026-01-01T00:10:00Z");
  });
});

describe("clock changes", () => {
  const year = [Date.UTC(2026, 6, 1), Date.UTC(2027, 6, 1)] as const;
  const messages = (text: string, zone: string): string[] => clockChanges(schedule(text, zone), year).map(({ message }) => message);

  it.each([
    [
      "30 2 * * *",
      [
        "02:30 comes twice on 2026-10-25 in Europe/Berlin: the job runs the first time only",
        "02:30 does not exist on 2027-03-28 in Europe/Berlin: no run that day; use 03:30 or UTC",
      ],
    ],
    [
      "0,30 2,14 * * *",
      [
        "02:00 and 02:30 come twice on 2026-10-25 in Europe/Berlin: the job runs the first time only",
        "02:00 and 02:30 do not exist on 2027-03-28 in Europe/Berlin: the job does not run then",
      ],
    ],
    [
      "*/5 2 * * 0",
      [
        "02:00 to 02:55 (12 times) come twice on 2026-10-25 in Europe/Berlin: the job runs the first time only",
        "02:00 to 02:55 (12 times) do not exist on 2027-03-28 in Europe/Berlin: no run that day; use 03:00 or UTC",
      ],
    ],
    ["30 3 * * *", []],
    ["30 2 * * 1", []],
    ["every 15m", []],
  ])("that touch %j are told", (text, expected) => {
    expect(messages(text, "Europe/Berlin")).toEqual(expected);
  });

  it("at midnight and of half an hour are told", () => {
    expect(messages("15 2 * * *", "Australia/Lord_Howe")).toEqual([
      "02:15 does not exist on 2026-10-04 in Australia/Lord_Howe: no run that day; use 02:45 or UTC",
    ]);
    expect(messages("0 0 * * *", "America/Havana")).toEqual([
      "00:00 comes twice on 2026-11-01 in America/Havana: the job runs the first time only",
      "00:00 does not exist on 2027-03-14 in America/Havana: no run that day; use 01:00 or UTC",
    ]);
  });

  it("don't touch UTC, nor a job that has ended before", () => {
    expect(messages("* * * * *", "UTC")).toEqual([]);
    const parsed = parseSchedule({ type: "cron", expression: "30 2 * * *", timezone: "Europe/Berlin", endDate: "2026-10-01T00:00:00Z" });
    expect(parsed.ok && clockChanges(parsed.schedule, year)).toEqual([]);
  });

  it("are warnings for fixed times of day only", () => {
    const [from] = year;
    expect(clockWarnings(schedule("30 2 * * *", "Europe/Berlin"), from)).toHaveLength(2);
    expect(clockWarnings(schedule("*/30 2 * * *", "Europe/Berlin"), from)).toEqual([]);
  });

  it("matter to fixed times of day only", () => {
    expect(["0 2 * * *", "*/5 2 * * *", "0 * * * *", "every 5m"].map((text) => hasFixedTimes(schedule(text, "UTC")))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
