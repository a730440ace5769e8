import type { Job } from "../job.ts";
import { slotDefinition } from "../schedule/job-slots.ts";
import { type BookPlace, openBook } from "./open-book.ts";

/**
 * From now on the slots of these jobs count: a first install runs nothing of the past, and a job that was disabled meanwhile
 * has missed nothing. A schedule that the history knows already goes on.
 */
export function registerSlots(jobs: readonly Job[], place: BookPlace): void {
  const { slots } = openBook(place);
  const known = slots.definitions();
  if (known === undefined) return;
  const unknown = jobs.flatMap((job) => {
    if (job.schedule === undefined) return [];
    const [before, definition] = [known.get(job.name), slotDefinition(job, job.schedule)];
    return before !== definition && (job.enabled || before !== undefined) ? [{ job: job.name, definition }] : [];
  });
  if (unknown.length === 0) return;
  slots.begin(...unknown.map((each) => ({ ...each, since: place.now() })));
}
