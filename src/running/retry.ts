import type { RetryPolicy } from "../job.ts";
import type { RunOutcome } from "../run.ts";

/** Milliseconds to wait before retry n (1 for the first). `random` is a number from 0 to below 1. */
export function retryDelay(policy: RetryPolicy, n: number, random: number): number {
  const { backoff, initialDelay, multiplier, maxDelay = Number.POSITIVE_INFINITY, jitter } = policy;
  const factor = { fixed: 1, linear: n, exponential: multiplier ** (n - 1) }[backoff];
  const delay = Math.min(initialDelay * factor, maxDelay);
  return Math.round(Math.min(delay * (1 + jitter * (2 * random - 1)), maxDelay));
}

/**
 * Is a run that ended so worth another attempt? Failed, timed-out and resource are; not-started and cancelled are not, nor codes in
 * `retry.never`, nor a wrong set-up. `exitCodes` says `retry` or `fail` of a code, and goes before `never`.
 */
export function isRetryable(outcome: RunOutcome, { never }: RetryPolicy, exitCodes: Record<string, string>): boolean {
  if (outcome.status === "timed-out") return outcome.reason !== "total-timeout";
  if (outcome.status !== "failed") return false;
  const meaning = outcome.exitCode === undefined ? undefined : exitCodes[String(outcome.exitCode)];
  if (outcome.reason === "exit-code" && meaning === "retry") return true;
  if (outcome.reason === "exit-code" && meaning === "fail") return false;
  return outcome.exitCode === undefined || outcome.reason === "expect" || !never.includes(outcome.exitCode);
}
