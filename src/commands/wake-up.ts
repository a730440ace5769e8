import type { CommandContext, RunOptions } from "../context.ts";
import type { Job, Manifest } from "../job.ts";
import { resolveJob } from "../manifest/resolve-job.ts";
import { readSlotNote } from "../running/slot-note.ts";
import type { JobSlots } from "../schedule/job-slots.ts";
import { runStateDir } from "./run-state-dir.ts";

/** Does a timer call between two slots, so that there is nothing to do? Most such calls do: they are answered before the rest of `run` is loaded. */
export async function comesBetweenSlots(manifest: Manifest, options: RunOptions, context: CommandContext): Promise<boolean> {
  if (options.trigger === "manual") return false;
  const { job } = resolveJob(manifest, options.job, context);
  if (!isForSlots(options, job, context.env)) return false;
  const { jobSlots } = await import("../schedule/job-slots.ts");
  return isSettled({ job, stateDir: runStateDir(manifest, options, context), now: context.now() }, jobSlots(job));
}

/**
 * A timer's `run` is for slots; a start by hand is not: cron's line and `systemctl start` look alike but for the mark
 * that systemd gives what its timers start (TRIGGER_UNIT, systemd.exec(5)).
 */
export function isForSlots({ trigger, scheduledFor, dryRun }: RunOptions, job: Job, env: CommandContext["env"]): boolean {
  if (!job.schedule || scheduledFor !== undefined || dryRun) return false;
  return trigger === "cron" || trigger === "boot" || (trigger === "timer" && env.TRIGGER_UNIT !== undefined);
}

/** A redo must not be overlooked, so jobs with `onCrash: rerun` always ask the history. */
export function isSettled({ job, stateDir, now }: { job: Job; stateDir: string; now: number }, slots: JobSlots): boolean {
  const note = job.onCrash === "rerun" ? undefined : readSlotNote(stateDir, job.name);
  const newest = slots.newest(now);
  return newest === undefined || (note?.definition === slots.definition && newest <= note.settled);
}
