import { describe, expect, it } from "vitest";
import { parseSchedule, scheduleFromText } from "../../src/schedule/parse-schedule.ts";
import { schedule } from "./arbitraries.ts";

const FIELDS = "a schedule has five (minute, hour, day of month, month, day of week) or six (seconds first)";
const MINUTES = "allowed are *, 0-59, ranges a-b, steps */n and a-b/n, and lists with commas";
const WEEKDAYS = "allowed are *, 0-7, SUN to SAT, ranges a-b, steps */n and a-b/n, and lists with commas";
const NICKNAMES = "allowed are @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually";

/** Everything that is refused, with the whole message. */
const INVALID: [string, string][] = [
  ["", 'the schedule is empty: write five cron fields ("0 3 * * *"), "@daily", "every 15m" or "at 2026-12-01T03:00"'],
  ["   ", 'the schedule is empty: write five cron fields ("0 3 * * *"), "@daily", "every 15m" or "at 2026-12-01T03:00"'],
  ["* * *", `"* * *" has 3 fields: ${FIELDS}`],
  ["* * * *", `"* * * *" has 4 fields: ${FIELDS}`],
  ["0 0 1 1 * 2027 *", `"0 0 1 1 * 2027 *" has 7 fields: ${FIELDS}; there is no year: use startDate and endDate`],
  ["0 0 * * * root /bin/true x", `"0 0 * * * root /bin/true x" has 8 fields: ${FIELDS}; the command is not part of it`],
  ["daily", `"daily" has 1 field: ${FIELDS}; did you mean "@daily"?`],
  ["0 3 * * *\n* * * * *", '"0 3 * * *\\n* * * * *" has a line break or control character in it'],
  ["0 3 * * *\0", '"0 3 * * *\\u0000" has a line break or control character in it'],
  ["0 3\r* * *", '"0 3\\r* * *" has a line break or control character in it'],
  ["TZ=UTC 0 3 * * *", '"TZ=UTC 0 3 * * *" sets a time zone: write it in timezone'],
  ["CRON_TZ=UTC 0 3 * * *", '"CRON_TZ=UTC 0 3 * * *" sets a time zone: write it in timezone'],
  ["60 * * * *", 'minute "60" is out of 0-59'],
  ["61 24 * * *", 'minute "61" is out of 0-59; hour "24" is out of 0-23'],
  ["0 0 0 * *", 'day of month "0" is out of 1-31'],
  ["0 0 32 * *", 'day of month "32" is out of 1-31'],
  ["0 0 * 0 *", 'month "0" is out of 1-12'],
  ["0 0 * 13 *", 'month "13" is out of 1-12'],
  ["0 0 * * 8", 'day of week "8" is out of 0-7'],
  ["60 0 0 * * *", 'second "60" is out of 0-59'],
  ["10-70 * * * *", 'minute "70" in "10-70" is out of 0-59'],
  ["4294967297 * * * *", 'minute "4294967297" is out of 0-59'],
  ["-5 * * * *", `minute "-5" is negative: ${MINUTES}`],
  ["5/15 * * * *", 'minute "5/15" steps from a single value: write "5-59/15"'],
  ["0 2/6 * * *", 'hour "2/6" steps from a single value: write "2-23/6"'],
  ["*/0 * * * *", 'minute "*/0" has a step that is no whole number from 1: write */n or a-b/n'],
  ["0-30/0 * * * *", 'minute "0-30/0" has a step that is no whole number from 1: write */n or a-b/n'],
  ["*/1.5 * * * *", 'minute "*/1.5" has a step that is no whole number from 1: write */n or a-b/n'],
  ["*/2/3 * * * *", 'minute "*/2/3" has a step that is no whole number from 1: write */n or a-b/n'],
  ["*/ * * * *", 'minute "*/" has a step that is no whole number from 1: write */n or a-b/n'],
  ["*/-2 * * * *", 'minute "*/-2" has a step that is no whole number from 1: write */n or a-b/n'],
  ["1.5 * * * *", 'minute "1.5" has a point: ranges are written a-b, lists a,b'],
  ["0..5 * * * *", 'minute "0..5" has a point: ranges are written a-b, lists a,b'],
  ["1;2 * * * *", 'minute "1;2" has a semicolon: lists are written with commas'],
  [
    "0~59 * * * *",
    'minute "0~59" is a random value, which cron and systemd read differently: write H, a fixed value made from the job\'s name',
  ],
  ["5* * * * *", 'minute "5*" mixes * with other signs: write * for every minute'],
  ["*5 * * * *", 'minute "*5" mixes * with other signs: write * for every minute'],
  ["** * * * *", 'minute "**" mixes * with other signs: write * for every minute'],
  ["*-5 * * * *", 'minute "*-5" is no range: a range is a-b'],
  ["1-5-7 * * * *", 'minute "1-5-7" is no range: a range is a-b'],
  ["1- * * * *", 'minute "1-" is no range: a range is a-b'],
  ["1,,2 * * * *", 'minute "" is an empty item: take one comma away'],
  [",1 * * * *", 'minute "" is an empty item: take one comma away'],
  ["1, * * * *", 'minute "" is an empty item: take one comma away'],
  ["x * * * *", 'minute "x" is a name, but minute takes numbers only'],
  ["! * * * *", `minute "!" is not understood: ${MINUTES}`],
  ["0x1F * * * *", `minute "0x1F" is not understood: ${MINUTES}`],
  ["MON * * * *", 'minute "MON" is a name, but minute takes numbers only'],
  ["? * * * *", 'minute "?" stands only in day of month and day of week: write *'],
  ["0 0 ?,5 * *", 'day of month "?" stands alone: write *'],
  ["0 0 * * ?,5", 'day of week "?" stands alone: write *'],
  ["L * * * *", 'minute "L" says "last" of what? L is the last day in day of month; in day of week write 5L for the last Friday'],
  ["0 0 * * L", 'day of week "L" says "last" of what? L is the last day in day of month; in day of week write 5L for the last Friday'],
  ["0 0 5L * *", 'day of month "5L" has an L, which stands alone in day of month (last day) or after a weekday (5L, the last Friday)'],
  ["0 0 L-3 * *", 'day of month "L-3" counts back from the last day, which is not kept here: write the days'],
  ["0 0 LX * *", 'day of month "LX" is not understood: L is the last day, LW the last weekday of the month'],
  ["0 0 * * 15W", 'day of week "15W" has a W, which stands only in day of month: 15W is the weekday nearest to the 15th'],
  ["0 0 * * LW", 'day of week "LW" has a W, which stands only in day of month: 15W is the weekday nearest to the 15th'],
  ["0 0 31W * *", 'day of month "31W" is out of 1W-27W: LW is the last weekday of the month'],
  ["0 0 40W * *", 'day of month "40" in "40W" is out of 1-31'],
  ["0 0 5#3 * *", 'day of month "5#3" has a #, which only follows a weekday: 5#3 or FRI#3 is the third Friday'],
  ["0 0 * * 5#6", 'day of week "5#6" asks for a weekday that no month has: # takes 1 to 5'],
  ["0 0 * * 5#0", 'day of week "5#0" asks for a weekday that no month has: # takes 1 to 5'],
  ["0 0 * * 9#1", 'day of week "9" in "9#1" is out of 0-7'],
  ["0 0 * * MONDAY", 'day of week "MONDAY" is written in full: write MON'],
  ["0 0 * * MOM", 'day of week "MOM" is no name of a weekday: allowed are SUN to SAT; did you mean "MON"?'],
  ["0 0 * * MOM-FRI", 'day of week "MOM" is no name of a weekday: allowed are SUN to SAT; did you mean "MON"?'],
  ["0 0 * January *", 'month "January" is written in full: write JAN'],
  ["0 0 * OKT *", 'month "OKT" is no name of a month: allowed are JAN to DEC; did you mean "OCT"?'],
  ["0 0 * * $(id)", `day of week "$(id)" is not understood: ${WEEKDAYS}`],
  ["H * * * *", 'minute "H" is made from a job\'s name, and there is none here: write a number'],
  ["0 0 31 2 *", 'day of month "31", month "2" and day of week "*" name no date that exists: it would never run'],
  ["0 0 31 4,6,9,11 *", 'day of month "31", month "4,6,9,11" and day of week "*" name no date that exists: it would never run'],
  ["0 0 30 2 */2", 'day of month "30", month "2" and day of week "*/2" name no date that exists: it would never run'],
  ["0 0 */40 * 1#2", 'day of month "*/40", month "*" and day of week "1#2" have no day in common: it would never run'],
  ["0 0 */2 * 5L", "day of month and day of week must both match here, and days counted from both ends of a month can't be: use one"],
  ["@Daily", '"@Daily" is written in lower case: "@daily"'],
  ["@minutely", '"@minutely" is unknown to cron: write "* * * * *"'],
  ["@secondly", '"@secondly" is unknown to cron: write "* * * * * *" (six fields)'],
  ["@weekdays", '"@weekdays" is unknown to cron: write "0 0 * * 1-5"'],
  ["@weekends", '"@weekends" is unknown to cron: write "0 0 * * 0,6"'],
  ["@every 5m", '"@every 5m" is written without @: "every 5m"'],
  ["@dayly", `"@dayly" is no nickname: ${NICKNAMES}; did you mean "@daily"?`],
  ["@reboot", '"@reboot" names no time of a clock, so it has no occurrences: let the system\'s start-up call jobctl run'],
  ["every", 'interval "" is missing: write every 15m'],
  ["every 15", 'interval "15" has no unit: write 15s, 15m or 15h'],
  ["every 0m", 'interval "0m" is too short: the shortest is 1s'],
  ["every 500ms", 'interval "500ms" is not in whole seconds: the shortest is 1s'],
  ["every 1.5h", 'interval "1.5h" is no whole number: write it in the next smaller unit (90m for 1.5h)'],
  ["every 1h30m", 'interval "1h30m" has two units: write it in the smaller one (90m for 1h30m)'],
  ["every -5m", 'interval "-5m" is negative: write every 15m'],
  ["every 2 months", 'interval "2 months" has no fixed length: write cron fields ("0 0 1 * *" is every month)'],
  ["every 5 minutes", 'interval "5 minutes" spells its unit: write 5m'],
  ["every now and then", 'interval "now and then" is not understood: write a number and s, m, h, d or w (every 15m)'],
  ["every 900d", 'interval "900d" is too long: the longest is 366d'],
  ["every 7s", 'interval "7s" does not divide a day, which below a minute no timer can say: 8s does'],
  ["at", 'time "" is missing: write at 2026-12-01T03:00'],
  ["at 03:00", 'time "03:00" has no date: write at 2026-12-01T03:00, or "M H * * *" for every day'],
  ["at 2026-12-01", 'time "2026-12-01" has a date only: write at 2026-12-01T03:00'],
  ["at 2026-02-30T03:00", 'time "2026-02-30T03:00" does not exist in the calendar'],
  ["at 2026-12-01T24:00", 'time "2026-12-01T24:00" does not exist in the calendar'],
  ["at 2300-01-01T00:00", 'time "2300-01-01T00:00" does not exist in the calendar'],
  ["at 2027-03-28T02:30", 'time "2027-03-28T02:30" does not exist in Europe/Berlin, where the clock skips it: write 03:30 or UTC'],
  ["at noon", 'time "noon" is not understood: write at 2026-12-01T03:00, with Z or +02:00 behind it when it is not local'],
];

describe("a schedule's text", () => {
  it.each(INVALID)("%j is refused", (text, problem) => {
    expect(scheduleFromText(text, "Europe/Berlin")).toEqual({ ok: false, problem });
  });

  it("is refused in at least sixty ways", () => {
    expect(new Set(INVALID.map(([, problem]) => problem)).size).toBeGreaterThan(60);
  });

  it.each([
    ["0,7 SUN", "0 0 * * 0,7", "0 0 * * SUN"],
    ["a list with repeats", "1,1,1-5,3-7 * * * *", "1-7 * * * *"],
    ["names in any case", "0 0 * JAN-mar Mon", "0 0 * 1-3 1"],
    ["a wrapped range of hours", "0 22-2 * * *", "0 0,1,2,22,23 * * *"],
    ["a wrapped range of weekdays", "0 0 * * FRI-MON", "0 0 * * 0,1,5,6"],
    ["a wrapped range that ends on Sunday", "0 0 * * SAT-SUN", "0 0 * * 0,6"],
    ["a wrapped range that begins with 7", "0 0 * * 7-1", "0 0 * * 0,1"],
    ["a wrapped range of months", "0 0 1 NOV-FEB *", "0 0 1 1,2,11,12 *"],
    ["a step in a wrapped range", "0 22-4/2 * * *", "0 0,2,4,22 * * *"],
    ["weekdays up to 7", "0 0 * * 5-7", "0 0 * * 0,5,6"],
    ["odd weekdays", "0 0 * * 1-7/2", "0 0 * * 0,1,3,5"],
    ["leading zeros", "05 03 01 02 *", "5 3 1 2 *"],
    ["blanks and tabs around and between", "  0\t3  * * *  ", "0 3 * * *"],
    ["@midnight", "@midnight", "0 0 * * *"],
    ["@weekly, which is Sunday", "@weekly", "0 0 * * 0"],
    ["@annually", "@annually", "0 0 1 1 *"],
    ["a question mark", "0 0 ? * 1", "0 0 * * 1"],
    ["extensions in small letters", "0 0 l,15w * fril", "0 0 L,15W * 5L"],
    ["the fifth weekday by name", "0 0 * * fri#5", "0 0 * * 5#5"],
    ["a step wider than the field", "*/100 */60 * * *", "*/60 */24 * * *"],
  ])("%s: %j is %j", (_, text, same) => {
    const { fields, ...rest } = schedule(text, "UTC") as Extract<ReturnType<typeof schedule>, { kind: "cron" }>;
    const other = schedule(same, "UTC") as Extract<ReturnType<typeof schedule>, { kind: "cron" }>;
    expect(rest.days).toEqual(other.days);
    expect(Object.values(fields).map(({ values }) => values)).toEqual(Object.values(other.fields).map(({ values }) => values));
  });

  it("with H is fixed by the job's name, spread over the field", () => {
    const minutes = Array.from({ length: 200 }, (_, index) => {
      const parsed = scheduleFromText("H H H * *", "UTC", `job-${index}`);
      if (!parsed.ok || parsed.schedule.kind !== "cron") throw new Error("not read");
      return parsed.schedule.fields;
    });
    expect(new Set(minutes.map(({ minute }) => minute.values[0])).size).toBeGreaterThan(45);
    expect(Math.max(...minutes.map(({ dayOfMonth }) => dayOfMonth.values[0] ?? 0))).toBeLessThanOrEqual(28);
    expect(scheduleFromText("H * * * *", "UTC", "a")).toEqual(scheduleFromText("H * * * *", "UTC", "a"));
  });

  it.each([
    ["at 2026-12-01T03:00", "2026-12-01T02:00:00.000Z"],
    ["at 2026-12-01 03:00:07", "2026-12-01T02:00:07.000Z"],
    ["2026-12-01T03:00Z", "2026-12-01T03:00:00.000Z"],
    ["at 2026-12-01T03:00-05:30", "2026-12-01T08:30:00.000Z"],
    ["at 2026-10-25T02:30", "2026-10-25T00:30:00.000Z"],
  ])("%j in Berlin is %s", (text, at) => {
    expect(schedule(text, "Europe/Berlin")).toMatchObject({ kind: "once", at: Date.parse(at) });
  });

  it.each([
    ["every 15m", 900_000],
    ["15m", 900_000],
    ["every 90s", 90_000],
    ["every 2 h", 7_200_000],
    ["every 2w", 1_209_600_000],
  ])("%j is an interval of %d ms", (text, every) => {
    expect(schedule(text, "UTC")).toMatchObject({ kind: "interval", every });
  });

  it.each([
    [{ startDate: "soon" }, 'startDate "soon" is no ISO 8601 time: write 2026-12-01T03:00:00Z'],
    [{ endDate: "2026-13-01" }, 'endDate "2026-13-01" is no ISO 8601 time: write 2026-12-01T03:00:00Z'],
    [
      { startDate: "2026-12-01T00:00:00Z", endDate: "2026-12-01T00:00:00Z" },
      'endDate "2026-12-01T00:00:00Z" is not after startDate "2026-12-01T00:00:00Z": it would never run',
    ],
  ])("with %j is refused", (bounds, problem) => {
    expect(parseSchedule({ type: "cron", expression: "@daily", timezone: "UTC", ...bounds })).toEqual({ ok: false, problem });
  });

  it("with an unknown zone is refused", () => {
    expect(scheduleFromText("@daily", "Europe/Berln")).toEqual({
      ok: false,
      problem: 'timezone "Europe/Berln" is not known: allowed are UTC and names like Europe/Berlin; did you mean "Europe/Berlin"?',
    });
  });
});
