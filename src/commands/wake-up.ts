import { readSlotNote } from "../running/slot-note.ts";
import type { JobSlots } from "../schedule/job-slots.ts";
import type { RunCall } from "./run-call.ts";

/**
 * The slots that a timer's `run` is for; undefined for a start by hand, which is for none: cron's line and `systemctl start` look
 * alike but for the mark that systemd gives what its timers start (TRIGGER_UNIT, systemd.exec(5)).
 */
export async function slotsToServe({ resolved: { job }, options, context }: RunCall): Promise<JobSlots | undefined> {
  const { trigger, scheduledFor, dryRun } = options;
  if (!job.schedule || scheduledFor !== undefined || dryRun) return undefined;
  if (trigger !== "cron" && trigger !== "boot" && !(trigger === "timer" && context.env.TRIGGER_UNIT !== undefined)) return undefined;
  return (await import("../schedule/job-slots.ts")).jobSlots(job);
}

/** Nothing is due: has somebody started the timer's service by hand, who wants a run all the same? The mark alone does not tell. */
export async function isByHand({ options, context: { env } }: RunCall): Promise<boolean> {
  if (options.trigger !== "timer" || env.TRIGGER_UNIT === undefined) return false;
  return (await import("../system/own-unit.ts")).isStartedByHand(env);
}

/**
 * Does a timer call between two slots, so that there is nothing to do? Most such calls do: they are answered before the rest of `run`
 * is loaded. A redo must not be overlooked, so jobs with `onCrash: rerun` always ask the history.
 */
export function comesBetweenSlots({ resolved: { job }, stateDir, context }: RunCall, slots: JobSlots): boolean {
  const note = job.onCrash === "rerun" ? undefined : readSlotNote(stateDir, job.name);
  const newest = slots.newest(context.now());
  return newest === undefined || (note?.definition === slots.definition && newest <= note.settled);
}
