import { HOOK_KILL_AFTER, HOOK_TIMEOUT, type Job, type RetryPolicy } from "../job.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { DAY_MS } from "../schedule/wall-time.ts";

/** For jobctl itself: locks, records, leftovers. */
const OWN_MS = 60_000;

/**
 * How long a start of the job's service may take at most, in milliseconds, or undefined where the job has no timeout: waiting
 * for the lock, all attempts, the delays between them and the hooks, for each slot that one start may serve. A run for each organization
 * takes as long as there are organizations.
 */
export function startTimeout(job: Job, schedule: Schedule): number | undefined {
  const oneRun = runTimeout(job);
  if (oneRun === undefined || job.scope === "organization") return undefined;
  return (job.waitTimeout ?? 0) + oneRun * slotsOfOneStart(job, schedule) + OWN_MS;
}

function runTimeout({ timeout, totalTimeout, killAfter, retry, hooks = {} }: Job): number | undefined {
  const attempts = retry.maxRetries + 1;
  const all = timeout === undefined ? undefined : attempts * (timeout + killAfter) + sumOfDelays(retry);
  const total = totalTimeout === undefined ? undefined : totalTimeout + killAfter;
  const work = all === undefined || total === undefined ? (all ?? total) : Math.min(all, total);
  return work === undefined ? undefined : work + Object.keys(hooks).length * (HOOK_TIMEOUT + HOOK_KILL_AFTER);
}

function sumOfDelays(retry: RetryPolicy): number {
  return Array.from({ length: retry.maxRetries }, (_, index) => longestDelay(retry, index + 1)).reduce((sum, delay) => sum + delay, 0);
}

/** run.md, Retry: fixed d; linear d n; exponential d multiplier^(n-1); a random share may be added. */
function longestDelay({ backoff, initialDelay, multiplier, maxDelay = Number.POSITIVE_INFINITY, jitter }: RetryPolicy, n: number): number {
  const factor = { fixed: 1, linear: n, exponential: multiplier ** (n - 1) }[backoff];
  return Math.ceil(Math.min(initialDelay * factor, maxDelay) * (1 + jitter));
}

/** With catchUp: all one start may serve every slot of the time that is caught up. */
function slotsOfOneStart({ schedule: spec }: Job, schedule: Schedule): number {
  if (spec?.catchUp !== "all") return 1;
  if (schedule.kind === "once") return 1;
  if (schedule.kind === "interval") return Math.floor(spec.catchUpWithin / schedule.every) + 1;
  const { second, minute, hour } = schedule.fields;
  const perDay = second.values.length * minute.values.length * hour.values.length;
  return perDay * (Math.ceil(spec.catchUpWithin / DAY_MS) + 1);
}
