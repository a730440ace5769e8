import { openRunBook } from "../history/run-book.ts";
import type { Job } from "../job.ts";
import { slotDefinition } from "../schedule/job-slots.ts";
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
  const { slots } = openRunBook({ stateDir, locks: { tryLock, lockWaiting, unlock }, now, warn });
  const known = slots.definitions();
  if (known === undefined) return;
  const unknown = jobs.flatMap((job) => {
    if (job.schedule === undefined) return [];
    const [before, definition] = [known.get(job.name), slotDefinition(job, job.schedule)];
    return before !== definition && (job.enabled || before !== undefined) ? [{ job: job.name, definition }] : [];
  });
  if (unknown.length === 0) return;
  slots.begin(...unknown.map((each) => ({ ...each, since: now() })));
}
