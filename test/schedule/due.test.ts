import { describe, expect, it } from "vitest";
import type { ScheduleSpec } from "../../src/job.ts";
import { jobSlots } from "../../src/schedule/job-slots.ts";
import { nextOccurrences, shortestPeriod } from "../../src/schedule/occurrences.ts";
import { scheduleFromText } from "../../src/schedule/parse-schedule.ts";
import { job } from "../helpers/job.ts";

const at = (time: string): number => Date.parse(`2026-11-22T${time}Z`);
const DAY = 86_400_000;
const daily = (fields: Partial<ScheduleSpec>) =>
  jobSlots(job({ schedule: { type: "cron", expression: "0 3 * * *", timezone: "UTC", catchUp: "none", catchUpWithin: DAY, ...fields } }));
const due = (fields: Partial<ScheduleSpec>, now: number): string[] => {
  const slots = daily(fields);
  const state = { definition: slots.definition, since: 0, served: null, servedStatus: null };
  return slots.due(state, now, () => false).map(({ slot }) => new Date(slot).toISOString().slice(5, 16));
};

describe("a slot is due", () => {
  it.each<[string, Partial<ScheduleSpec>, number, string[]]>([
    ["from two seconds before it on", {}, at("02:59:58.000"), ["11-22T03:00"]],
    ["not earlier", {}, at("02:59:57.999"), []],
    ["as on time up to five minutes after it", {}, at("03:05:00.000"), ["11-22T03:00"]],
    ["not later, where nothing is caught up", {}, at("03:05:00.001"), []],
    ["as on time longer by its jitter", { jitter: 600_000 }, at("03:15:00.000"), ["11-22T03:00"]],
    ["within catchUpWithin of a late trigger", { catchUp: "last", catchUpWithin: 3_600_000 }, at("04:00:00.000"), ["11-22T03:00"]],
    ["not beyond it", { catchUp: "last", catchUpWithin: 3_600_000 }, at("04:00:00.001"), []],
    [
      "with all that are within it, oldest first",
      { catchUp: "all", catchUpWithin: 2 * DAY },
      at("04:00:00"),
      ["11-21T03:00", "11-22T03:00"],
    ],
  ])("%s", (_, fields, now, slots) => {
    expect(due(fields, now)).toEqual(slots);
  });
});

describe("the shortest time between two runs", () => {
  it.each([
    ["*/10 * * * *", "UTC", 600_000],
    ["0,5 3 1 1 *", "UTC", 300_000],
    ["0 3 * * *", "UTC", DAY],
    ["0 3 * * *", "Europe/Berlin", DAY - 3_600_000],
    ["every 90s", "UTC", 90_000],
    ["at 2030-01-01T00:00", "UTC", Number.POSITIVE_INFINITY],
  ])("of %s in %s is %d ms", (text, zone, period) => {
    const parsed = scheduleFromText(text, zone);
    if (!parsed.ok) throw new Error(parsed.problem);
    expect(shortestPeriod(parsed.schedule)).toBe(period);
    const times = nextOccurrences(parsed.schedule, at("00:00"), 50);
    expect(times.slice(1).every((time, index) => time - (times[index] ?? 0) >= period)).toBe(true);
  });
});
