import type { CommandContext } from "../context.ts";
import type { Job, Manifest } from "../job.ts";
import { resolveJob } from "../manifest/resolve-job.ts";
import { type JobSlots, jobSlots } from "../schedule/job-slots.ts";

const MINUTE = 60_000;

/** What tells the slot in this minute of a job that the given one needs. */
export function slotsThisMinute({ needs }: Job, manifest: Manifest, context: CommandContext): (job: string) => number | undefined {
  const slots = new Map(needs.flatMap(({ job }) => slotsOf(resolveJob(manifest, job, context).job)));
  return (job) => {
    const minute = Math.floor(context.now() / MINUTE) * MINUTE;
    const slot = slots.get(job)?.next(minute - 1);
    return slot !== undefined && slot < minute + MINUTE ? slot : undefined;
  };
}

const slotsOf = (job: Job): [string, JobSlots][] => (job.enabled && job.schedule ? [[job.name, jobSlots(job)]] : []);
