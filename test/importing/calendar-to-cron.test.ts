import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { calendarToCron } from "../../src/importing/calendar-to-cron.ts";
import { readTimeSpan } from "../../src/importing/time-span.ts";
import { crontabLines } from "../../src/schedule/crontab-lines.ts";
import { nextOccurrences } from "../../src/schedule/occurrences.ts";
import { onCalendarLines } from "../../src/schedule/on-calendar.ts";
import { scheduleFromText } from "../../src/schedule/parse-schedule.ts";
import { isProblem, type Schedule } from "../../src/schedule/schedule.ts";
import { USER_LINES } from "./crontab-lines.ts";

/** OnCalendar lines of timers, and the one expression that fires at the same times. */
const EXACT: [lines: string[], expression: string, timezone?: string][] = [
  [["daily"], "0 0 * * *"],
  [["weekly"], "0 0 * * 1"],
  [["Monthly"], "0 0 1 * *"],
  [["quarterly"], "0 0 1 1,4,7,10 *"],
  [["hourly"], "0 * * * *"],
  [["minutely"], "* * * * *"],
  [["semiannually"], "0 0 1 1,7 *"],
  [["yearly"], "0 0 1 1 *"],
  [["*-*-* 6,18:00"], "0 6,18 * * *"],
  [["*-*-* 03:10:00 Europe/Berlin"], "10 3 * * *", "Europe/Berlin"],
  [["*:0/15"], "*/15 * * * *"],
  [["*:5/20"], "5,25,45 * * * *"],
  [["*-*-* 00/2:30"], "30 */2 * * *"],
  [["*-*-* *:*:00/30"], "0,30 * * * * *"],
  [["9..17:00"], "0 9-17 * * *"],
  [["Mon..Fri 9:00"], "0 9 * * 1-5"],
  [["Mon-Fri 22:30"], "30 22 * * 1-5"],
  [["Sat,Sun 8:00"], "0 8 * * 0,6"],
  [["Sun"], "0 0 * * 0"],
  [["12-25 8:00"], "0 8 25 12 *"],
  [["*-*-1,15 4:30"], "30 4 1,15 * *"],
  [["*-*~01 23:00"], "0 23 L * *"],
  [["Fri *-*~07/1 5:00"], "0 5 * * 5L"],
  [["Fri *-*~01..07 5:00"], "0 5 * * 5L"],
  [["Tue *-*-8..14 5:00"], "0 5 * * 2#2"],
  [["Sun *-*-1..7 3:30"], "30 3 * * 0#1"],
  [["Sat,Sun *-*-10..20 5:00"], "0 5 10-20 * */6"],
  [["Mon *-*-1/2 0:00"], "0 0 */2 * 1"],
  [["*-*-* 06:00", "*-*-* 18:00"], "0 6,18 * * *"],
  [["*-*-13 00:00:00", "Fri *-*-* 00:00:00"], "0 0 13 * 5"],
  [["Mon 9:00", "Wed 9:00", "Fri 9:00"], "0 9 * * 1,3,5"],
  [["2031-05-06 07:08:09 UTC"], "at 2031-05-06T07:08:09", "UTC"],
  [["*-1,6,11-1 6:00 Europe/Lisbon"], "0 6 1 1,6,11 *", "Europe/Lisbon"],
];

const REFUSED: [lines: string[], problem: string][] = [
  [["Mon *-*-10..20 5:00"], "a cron expression can't ask for these dates and these weekdays at once"],
  [["*-*~03 5:00"], "days counted from the month's end are only the last day, and the last of some weekdays, in a cron expression"],
  [["2030..2032-1-1"], "a schedule names no years, but for one single time: use startDate and endDate"],
  [["Mon 9:00", "Tue 10:00"], 'its OnCalendar lines are no one schedule: Mon 9:00 is "0 9 * * 1", Tue 10:00 is "0 10 * * 2"'],
  [
    ["5:00 UTC", "6:00 Asia/Tokyo"],
    'its OnCalendar lines are of several time zones, and a job has one schedule: 5:00 UTC is "0 5 * * *", 6:00 Asia/Tokyo is "0 6 * * *"',
  ],
  [["sometimes"], "OnCalendar=sometimes is not understood"],
  [["25:00"], "OnCalendar=25:00 is not understood"],
  [["*/5:00"], "OnCalendar=*/5:00 is not understood"],
  [["*-*-* 00:00:00.5"], "OnCalendar=*-*-* 00:00:00.5 is not understood"],
];

const BASE = Date.parse("2026-11-22T03:00:00Z");
const YEAR = 366 * 86_400_000;
const COUNT = 400;
/** So many occurrences are a year of all but the frequent ones; of those some days, also where clocks change. */
const BASES = [BASE, Date.parse("2027-03-27T12:00:00Z"), Date.parse("2027-10-30T12:00:00Z")];

function elapses(lines: readonly string[], base: number): number[] {
  const args = [
    "calendar",
    `--iterations=${COUNT}`,
    `--base-time=${new Date(base).toISOString().slice(0, 19).replace("T", " ")} UTC`,
    "--",
  ];
  const env = { ...process.env, TZ: "UTC", LC_ALL: "C" };
  const times = lines.flatMap((line) => {
    const text = execFileSync("systemd-analyze", [...args, line], { encoding: "utf8", env, maxBuffer: 1e8 });
    const found = [...text.matchAll(/(?:Next elapse|Iter\. #\d+|\(in UTC\)): \w+ (\S+) (\S+) UTC/g)];
    return found.map(([, date, time]) => Date.parse(`${date}T${time}Z`));
  });
  return [...new Set(times)]
    .toSorted((a, b) => a - b)
    .filter((at) => at <= base + YEAR)
    .slice(0, COUNT);
}

function parse(text: string, zone = "UTC"): Schedule {
  const parsed = scheduleFromText(text, zone);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.schedule;
}

const within = (schedule: Schedule, base: number): number[] => nextOccurrences(schedule, base, COUNT).filter((at) => at <= base + YEAR);

describe("OnCalendar lines", () => {
  it.each(EXACT)("%j is %s, and fires at the same times for a year", (lines, expression, timezone) => {
    expect(calendarToCron(lines)).toEqual({ expression, timezone });
    const schedule = parse(expression, timezone);
    for (const base of BASES) {
      const theirs = elapses(lines, base);
      expect(within(schedule, base)).toEqual(theirs);
      expect(elapses(onCalendarLines(schedule).lines, base)).toEqual(theirs);
    }
  });

  it.each(REFUSED)("%j is refused", (lines, problem) => {
    expect(calendarToCron(lines)).toEqual({ problem });
  });
});

it("a crontab's table and the one made of its import fire at the same times for a year", () => {
  for (const [, , expression] of USER_LINES) {
    const original = parse(expression);
    const lines = crontabLines(original, original.zone);
    if (isProblem(lines)) throw new Error(lines.problem);
    expect(lines.wakesMore).toBe(false);
    for (const base of BASES) {
      const again = lines.lines.flatMap((line) => within(parse(line), base)).toSorted((a, b) => a - b);
      expect(again.slice(0, COUNT)).toEqual(within(original, base));
    }
  }
});

it.each([
  ["5min 20s", 320_000],
  ["1h30m", 5_400_000],
  ["90", 90_000],
  ["1.5h", 5_400_000],
  ["2 weeks", 1_209_600_000],
  ["500ms", 500],
  ["infinity", Number.POSITIVE_INFINITY],
  ["soon", undefined],
  ["5 parsecs", undefined],
])("the time span %j is %s ms", (text, ms) => {
  expect(readTimeSpan(text)).toBe(ms);
});
