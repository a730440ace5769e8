import { describe, expect, it } from "vitest";
import type { RetryPolicy } from "../../src/job.ts";
import type { RunOutcome } from "../../src/run.ts";
import { isRetryable, retryDelay } from "../../src/running/retry.ts";

const policy = (fields: Partial<RetryPolicy> = {}): RetryPolicy => ({
  maxRetries: 3,
  backoff: "exponential",
  initialDelay: 300_000,
  multiplier: 2,
  jitter: 0,
  never: [64, 77, 78],
  ...fields,
});

describe("the delay before a retry", () => {
  it.each([
    ["exponential", { backoff: "exponential" }, [300_000, 600_000, 1_200_000, 2_400_000]],
    ["exponential up to a cap", { backoff: "exponential", maxDelay: 1_800_000 }, [300_000, 600_000, 1_200_000, 1_800_000]],
    ["exponential by three", { backoff: "exponential", initialDelay: 1000, multiplier: 3 }, [1000, 3000, 9000, 27_000]],
    ["linear", { backoff: "linear", initialDelay: 1000 }, [1000, 2000, 3000, 4000]],
    ["fixed", { backoff: "fixed", initialDelay: 1000 }, [1000, 1000, 1000, 1000]],
  ] as const)("is %s", (_, fields, delays) => {
    expect([1, 2, 3, 4].map((n) => retryDelay(policy(fields), n, 0.5))).toEqual(delays);
  });

  it("varies by the share that jitter says, and never beyond maxDelay", () => {
    const jittery = policy({ backoff: "fixed", initialDelay: 1000, jitter: 0.2, maxDelay: 1100 });
    expect([0, 0.5, 0.999999].map((random) => retryDelay(jittery, 1, random))).toEqual([800, 1000, 1100]);
  });
});

describe("a run is tried again", () => {
  const failed = (exitCode: number): RunOutcome => ({ status: "failed", reason: "exit-code", exitCode });
  it.each<[string, RunOutcome, Record<string, string>, boolean]>([
    ["after an ordinary failure", failed(1), {}, true],
    ["after a time-out", { status: "timed-out", reason: "timeout", error: "" }, {}, true],
    ["not after the time for all attempts is over", { status: "timed-out", reason: "total-timeout", error: "" }, {}, false],
    ["after a resource limit", { status: "failed", reason: "resource", signal: "SIGTERM" }, {}, true],
    ["not after a code of retry.never", failed(78), {}, false],
    ["after such a code when exitCodes says retry", failed(78), { 78: "retry" }, true],
    ["not after a code that exitCodes calls final", failed(2), { 2: "fail" }, false],
    ["not when it was cancelled", { status: "cancelled", signal: "SIGTERM" }, {}, false],
    ["not when it could not be started", { status: "not-started", reason: "not-found", error: "" }, {}, false],
    ["not when it succeeded", { status: "succeeded", exitCode: 0 }, {}, false],
  ])("%s", (_, outcome, exitCodes, expected) => {
    expect(isRetryable(outcome, policy(), exitCodes)).toBe(expected);
  });
});
