import { describe, expect, it } from "vitest";
import { sinceAfterPauses } from "../../src/commands/pause-slots.ts";
import type { Pause } from "../../src/running/pauses.ts";
import { jobSlots } from "../../src/schedule/job-slots.ts";
import { job } from "../helpers/job.ts";

const at = (time: string): number => Date.parse(`2026-11-22T${time}Z`);
const hourly = jobSlots(
  job({ schedule: { type: "cron", expression: "0 * * * *", timezone: "UTC", catchUp: "all", catchUpWithin: 86_400_000 } }),
);
const pause = (some: Partial<Pause>): Pause => ({
  target: { kind: "job", job: "nightly" },
  by: "amy",
  at: at("01:30:00"),
  until: null,
  reason: null,
  onResume: "skip",
  ...some,
});

describe("after a pause, slots count", () => {
  it.each<[string, Partial<Pause>[], string, number]>([
    ["as before without one", [], "05:00:00", Number.NEGATIVE_INFINITY],
    ["from its end, where it ended by itself", [{ until: at("04:00:00") }], "06:00:00", at("04:00:00")],
    ["from now while it is on", [{ until: at("09:00:00") }], "06:00:00", at("06:00:00")],
    ["from the newest of its time with once", [{ until: at("04:10:00"), onResume: "once" }], "06:00:00", at("04:00:00") - 1],
    ["as before with once, where none came meanwhile", [{ until: at("01:40:00"), onResume: "once" }], "06:00:00", Number.NEGATIVE_INFINITY],
    ["from the last end of several", [{ until: at("04:00:00") }, { until: at("03:00:00") }], "06:00:00", at("04:00:00")],
    [
      "as before after a drain, which leaves them to catchUp",
      [{ target: { kind: "drain" }, until: at("04:00:00") }],
      "06:00:00",
      -Infinity,
    ],
  ])("%s", (_, pauses, now, since) => {
    expect(sinceAfterPauses(pauses.map(pause), hourly, at(now))).toBe(since);
  });
});
