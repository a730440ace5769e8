import { openHistoryReader } from "../history/queries.ts";
import { openRunBook } from "../history/run-book.ts";
import type { Job } from "../job.ts";
import { jobSlots } from "../schedule/job-slots.ts";
import { lockWaiting, tryLock, unlock } from "../system/file-lock.ts";

export interface SlotRegister {
  stateDir: string;
  now(): number;
  warn(text: string): void;
}

/**
 * From now on the slots of these jobs count: a first install runs nothing of the past, and a job that was disabled meanwhile
 * has missed nothing. A schedule that the history knows already goes on.
 */
export function registerSlots(jobs: readonly Job[], { stateDir, now, warn }: SlotRegister): void {
  const scheduled = jobs.filter((job) => job.schedule !== undefined).map((job) => ({ job, definition: jobSlots(job).definition }));
  const reader = openHistoryReader(stateDir);
  const unknown = scheduled.filter(({ job, definition }) => {
    const known = reader?.slots(job.name);
    return known?.definition !== definition && (job.enabled || known !== undefined);
  });
  reader?.close();
  if (unknown.length === 0) return;
  const { slots } = openRunBook({ stateDir, locks: { tryLock, lockWaiting, unlock }, now, warn });
  slots.begin(...unknown.map(({ job, definition }) => ({ job: job.name, definition, since: now() })));
}
