import type { CatchUp } from "../job.ts";
import { nextAfter, previousAtOrBefore } from "./occurrences.ts";
import type { Schedule } from "./schedule.ts";

/** A trigger may come this much before its slot: clocks of timers and ours differ by fractions of a second. */
export const EARLY_MS = 2000;
/** A slot is on time for so long: Debian's cron itself starts jobs up to five minutes late after its clock jumped. */
const ON_TIME_MS = 5 * 60_000;
/** `catchUp: all` serves no more than this in one go. */
const MOST = 1000;

/** What decides whether an unserved slot is still run. Milliseconds. */
export interface DuePolicy {
  catchUp: CatchUp;
  catchUpWithin: number;
  jitter: number;
}

export interface SlotsSoFar {
  /** Slots up to this instant do not count: the schedule was not there yet. */
  since: number;
  /** The latest slot that a run was started for. */
  served: number | null;
  /** Was a run for this slot started out of order (`--scheduled-for`, backfill)? */
  isClaimed(slot: number): boolean;
}

/** How old a slot may be, in milliseconds, and still count as on time. */
export const onTimeMs = ({ jitter }: Pick<DuePolicy, "jitter">): number => ON_TIME_MS + jitter;

/** How old a slot may be, in milliseconds, and still be run. */
export function caughtUpFor({ catchUp, catchUpWithin, jitter = 0 }: Omit<DuePolicy, "jitter"> & { jitter?: number | undefined }): number {
  const onTime = onTimeMs({ jitter });
  return catchUp === "none" ? onTime : Math.max(catchUpWithin, onTime);
}

/** The slots that a trigger at `now` has to run, oldest first: none, the newest, or all that are missing. */
export function dueSlots(schedule: Schedule, slots: SlotsSoFar, { now, ...policy }: DuePolicy & { now: number }): number[] {
  const newest = previousAtOrBefore(schedule, now + EARLY_MS);
  const floor = Math.max(slots.since, slots.served ?? Number.NEGATIVE_INFINITY);
  if (newest === undefined || newest <= floor) return [];
  const within = caughtUpFor(policy);
  if (policy.catchUp === "all") {
    return listSlots(schedule, { after: Math.max(floor, now - within - 1), upTo: newest }).filter((slot) => !slots.isClaimed(slot));
  }
  return now - newest <= within && !slots.isClaimed(newest) ? [newest] : [];
}

/** Slots that nothing was started for and that are no longer on time: what `status` shows as missed. Counts at most `most`. */
export function missedSlots(
  schedule: Schedule,
  slots: SlotsSoFar,
  { now, jitter, most }: { now: number; jitter: number; most: number },
): number[] {
  const floor = Math.max(slots.since, slots.served ?? Number.NEGATIVE_INFINITY);
  const newest = previousAtOrBefore(schedule, now - onTimeMs({ jitter }) - 1);
  if (newest === undefined || newest <= floor) return [];
  return listSlots(schedule, { after: floor, upTo: newest, most }).filter((slot) => !slots.isClaimed(slot));
}

function listSlots(schedule: Schedule, { after, upTo, most = MOST }: { after: number; upTo: number; most?: number }): number[] {
  const found: number[] = [];
  for (let slot = nextAfter(schedule, after); slot !== undefined && slot <= upTo && found.length < most; slot = nextAfter(schedule, slot)) {
    found.push(slot);
  }
  return found;
}
