import { JobctlError } from "../errors.ts";
import type { Job, ScheduleSpec } from "../job.ts";
import type { SlotState } from "../run.ts";
import { dueSlots, EARLY_MS, missedSlots, onTimeMs, type SlotsSoFar } from "./due.ts";
import { nextAfter, previousAtOrBefore } from "./occurrences.ts";
import { parseSchedule } from "./parse-schedule.ts";

/** The slots of one job's schedule. Instants in milliseconds since the epoch. */
export interface JobSlots {
  /** The schedule as text: when it changes, the slots count anew. */
  definition: string;
  /** From when on slots count that were first seen at `now`: what is on time then still runs. */
  firstSince(now: number): number;
  /** The latest slot that a trigger at `now` could be for. */
  newest(now: number): number | undefined;
  /** The slots to run now, oldest first. `redo`: also the last served one, whose run crashed or was cancelled. */
  due(state: SlotState, now: number, isClaimed: (slot: number) => boolean): { slot: number; redo: boolean }[];
  /** How many slots nothing was started for, up to `most`, and the latest of them. */
  missed(state: SlotState, now: number, most: number): number[];
  next(now: number): number | undefined;
  previous(slot: number): number | null;
}

/** The job must have a schedule. Throws JobctlError("config") for one that can't be read. */
export function jobSlots(job: Job): JobSlots {
  const spec = job.schedule as ScheduleSpec;
  const read = parseSchedule(spec, job.name);
  if (!read.ok) throw new JobctlError("config", `${job.place}: jobs.${job.name}.schedule: ${read.problem}`);
  const { schedule } = read;
  const policy = { catchUp: spec.catchUp, catchUpWithin: spec.catchUpWithin, jitter: spec.jitter ?? 0 };
  return {
    definition: slotDefinition(job, spec),
    firstSince: (now) => now - onTimeMs(policy),
    newest: (now) => previousAtOrBefore(schedule, now + EARLY_MS),
    due(state, now, isClaimed) {
      const slots: SlotsSoFar = { ...state, isClaimed };
      const fresh = dueSlots(schedule, slots, { ...policy, now }).map((slot) => ({ slot, redo: false }));
      const again = redoOf(job, state, now);
      return again === undefined || (fresh.length > 0 && policy.catchUp !== "all") ? fresh : [{ slot: again, redo: true }, ...fresh];
    },
    missed: (state, now, most) => missedSlots(schedule, { ...state, isClaimed: () => false }, { now, jitter: policy.jitter, most }),
    next: (now) => nextAfter(schedule, now),
    previous: (slot) => previousAtOrBefore(schedule, slot - 1) ?? null,
  };
}

/** A job that was disabled has no slots of that time: being enabled belongs to the definition. */
export function slotDefinition({ enabled }: Job, { type, expression, timezone, startDate, endDate }: NonNullable<Job["schedule"]>): string {
  return JSON.stringify([enabled, type, expression, timezone, startDate ?? null, endDate ?? null]);
}

/** `onCrash: rerun`: the slot of a run that crashed or was cancelled, as long as it may be caught up. */
function redoOf({ onCrash, schedule }: Job, { served, servedStatus }: SlotState, now: number): number | undefined {
  if (onCrash !== "rerun" || served === null || now - served > (schedule?.catchUpWithin ?? 0)) return undefined;
  return servedStatus === "crashed" || servedStatus === "cancelled" ? served : undefined;
}
