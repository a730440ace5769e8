import { describe, expect, it } from "vitest";
import type { Job } from "../../src/job.ts";
import { scheduleFromText } from "../../src/schedule/parse-schedule.ts";
import { startTimeout } from "../../src/timers/start-timeout.ts";
import { at, timed } from "./source.ts";

const MINUTE = 60_000;
const retry = (fields: Partial<Job["retry"]>): Job["retry"] => ({
  maxRetries: 2,
  backoff: "fixed",
  initialDelay: MINUTE,
  multiplier: 2,
  jitter: 0,
  never: [],
  ...fields,
});

describe("how long a start may take", () => {
  it.each([
    ["no timeout", {}, undefined],
    ["a run for each organization", { timeout: 5 * MINUTE, scope: "organization" }, undefined],
    ["one attempt: timeout, killAfter and a minute", { timeout: 5 * MINUTE, killAfter: 10_000 }, 6 * MINUTE + 10_000],
    ["waiting for the lock", { timeout: MINUTE, killAfter: 0, waitTimeout: MINUTE }, 3 * MINUTE],
    ["fixed delays", { timeout: MINUTE, killAfter: 0, retry: retry({}) }, 6 * MINUTE],
    ["linear delays", { timeout: MINUTE, killAfter: 0, retry: retry({ backoff: "linear" }) }, 7 * MINUTE],
    [
      "exponential delays, bounded",
      { timeout: MINUTE, killAfter: 0, retry: retry({ backoff: "exponential", maxRetries: 3, maxDelay: 3 * MINUTE }) },
      11 * MINUTE,
    ],
    ["random delays at their longest", { timeout: MINUTE, killAfter: 0, retry: retry({ jitter: 0.5 }) }, 7 * MINUTE],
    ["a total timeout alone", { totalTimeout: 10 * MINUTE, killAfter: 0 }, 11 * MINUTE],
    ["its hooks, 35 s each", { timeout: MINUTE, killAfter: 0, hooks: { onStart: "x", onFinish: "y" } }, 3 * MINUTE + 10_000],
    ["the lesser of both", { timeout: MINUTE, totalTimeout: 2 * MINUTE, killAfter: 0, retry: retry({}) }, 3 * MINUTE],
  ] as [string, Partial<Job>, number | undefined][])("with %s", (_, fields, expected) => {
    const parsed = scheduleFromText("0 3 * * *", "UTC");
    expect(parsed.ok && startTimeout(timed("a", fields), parsed.schedule)).toBe(expected);
  });

  it.each([
    ["every 6h", 5],
    ["0 3,15 * * *", 4],
    ["at 2030-01-01T00:00", 1],
  ])("counts every slot that a catch-up of all may run: %s, %d", (text, slots) => {
    const parsed = scheduleFromText(text, "UTC");
    const job = timed("a", { schedule: at(text, { catchUp: "all" }), timeout: MINUTE, killAfter: 0 });
    expect(parsed.ok && startTimeout(job, parsed.schedule)).toBe((slots + 1) * MINUTE);
  });
});
