import type { Job } from "../job.ts";
import { concerns, type Pause } from "../running/pauses.ts";
import type { JobSlots } from "../schedule/job-slots.ts";

/**
 * Up to which instant the slots of a job do not count because it was paused; one that is still on is taken as if it ended
 * now. With `onResume: once` the newest slot of that time stays due. -Infinity without a pause that says so.
 */
export function sinceAfterPauses(pauses: readonly Pause[], slots: Pick<JobSlots, "previous">, now: number): number {
  return Math.max(Number.NEGATIVE_INFINITY, ...pauses.map((pause) => sinceAfter(pause, slots, now)));
}

function sinceAfter({ target, until, at, onResume }: Pause, slots: Pick<JobSlots, "previous">, now: number): number {
  if (target.kind === "drain") return Number.NEGATIVE_INFINITY;
  const end = Math.min(until ?? now, now);
  if (onResume === "skip") return end;
  const newest = slots.previous(end + 1);
  return newest === null || newest < at ? Number.NEGATIVE_INFINITY : newest - 1;
}

/** The same of all pauses that concern a job. */
export function sinceAfterPausesOf(job: Job, pauses: readonly Pause[], slots: Pick<JobSlots, "previous">, now: number): number {
  return sinceAfterPauses(
    pauses.filter((pause) => concerns(pause, job)),
    slots,
    now,
  );
}
