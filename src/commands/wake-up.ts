import type { CommandContext, RunOptions } from "../context.ts";
import type { Job } from "../job.ts";
import { readSlotNote } from "../running/slot-note.ts";
import type { RunCall } from "./run-call.ts";

/** Does a timer call between two slots, so that there is nothing to do? Most such calls do: they are answered before the rest of `run` is loaded. */
export async function comesBetweenSlots({ resolved: { job }, stateDir, options, context }: RunCall): Promise<boolean> {
  if (!isForSlots(options, job, context.env)) return false;
  const { jobSlots } = await import("../schedule/job-slots.ts");
  const slots = jobSlots(job);
  // A redo must not be overlooked, so jobs with `onCrash: rerun` always ask the history.
  const note = job.onCrash === "rerun" ? undefined : readSlotNote(stateDir, job.name);
  const newest = slots.newest(context.now());
  return newest === undefined || (note?.definition === slots.definition && newest <= note.settled);
}

/**
 * A timer's `run` is for slots; a start by hand is not: cron's line and `systemctl start` look alike but for the mark
 * that systemd gives what its timers start (TRIGGER_UNIT, systemd.exec(5)).
 */
export function isForSlots({ trigger, scheduledFor, dryRun }: RunOptions, job: Job, env: CommandContext["env"]): boolean {
  if (!job.schedule || scheduledFor !== undefined || dryRun) return false;
  return trigger === "cron" || trigger === "boot" || (trigger === "timer" && env.TRIGGER_UNIT !== undefined);
}
