import type { CommandContext, RunOptions } from "../context.ts";
import type { History } from "../history/run-book.ts";
import type { Job } from "../job.ts";
import { concerns, isActive, type Pause, readPauses } from "../running/pauses.ts";
import { markCrashedRuns } from "../running/reconcile.ts";
import { writeSlotNote } from "../running/slot-note.ts";
import type { RunReport, SharedPermits } from "../running/run-request.ts";
import type { JobSlots } from "../schedule/job-slots.ts";
import { fixedShare } from "../system/host-facts.ts";
import { bootId } from "../system/process-context.ts";
import { sleep } from "../system/wait.ts";
import { EXIT } from "../exit-codes.ts";
import { sinceAfterPauses } from "./pause-slots.ts";

/** One occurrence of the schedule that a run is for. */
export interface ClaimedSlot {
  slot: number;
  previous: number | null;
  redo: boolean;
}

export interface SlotRun {
  job: Job;
  slots: JobSlots;
  stateDir: string;
  options: RunOptions;
  context: CommandContext;
  openBook(): History;
  /** Runs the job for a slot and tells its end. */
  runFor(slot: ClaimedSlot, shared: SharedPermits): Promise<RunReport>;
  /** Tells what is told of all runs together. */
  tell(shared: SharedPermits): Promise<void>;
}

/**
 * Runs what is due, oldest first, under one lock, until the next slot is due, which has a trigger of its own; ends with the last
 * failure's exit code. Undefined, without a record, where nothing is due any more.
 */
export async function runDueSlots(run: SlotRun): Promise<number | undefined> {
  const shared: SharedPermits = { keep: false, documents: [] };
  try {
    const exitCode = await runUnderOneLock(run, shared);
    await run.tell(shared);
    return exitCode;
  } finally {
    shared.permits?.release();
  }
}

async function runUnderOneLock(run: SlotRun, shared: SharedPermits): Promise<number | undefined> {
  const { job, slots, stateDir, options, context } = run;
  const book = run.openBook();
  if (job.onCrash === "rerun") markCrashedRuns(book, stateDir, bootId(), context.now());
  if (options.trigger === "cron" && dueNow(run, book).length > 0) await sleep(jitterOf(job));
  let exitCode: number | undefined;
  const newest = slots.newest(context.now());
  for (let due = dueNow(run, book); due.length > 0; due = dueNow(run, book)) {
    const [first, ...others] = due as [{ slot: number; redo: boolean }];
    shared.keep = others.length > 0;
    const report = await run.runFor({ ...first, previous: slots.previous(first.slot) }, shared);
    if (report.exitCode !== EXIT.ok) exitCode = report.exitCode;
    exitCode ??= EXIT.ok;
    // What was not started (locked, a gate, no history) stays due for the next trigger, not for this one.
    if (!wasServed(report) || book.slots.read(job.name)?.served !== first.slot || report.outcome.status === "cancelled") return exitCode;
    if (slots.newest(context.now()) !== newest) return exitCode;
  }
  if (newest !== undefined) writeSlotNote(stateDir, job.name, { definition: slots.definition, settled: newest });
  return exitCode;
}

const wasServed = ({ outcome }: RunReport): boolean => outcome.status !== "skipped";

/** A schedule that is seen for the first time, or changed, has missed nothing; what is on time still runs. */
function dueNow({ job, slots, stateDir, context }: SlotRun, book: History): { slot: number; redo: boolean }[] {
  const now = context.now();
  let state = book.slots.read(job.name);
  if (state?.definition !== slots.definition) {
    const since = slots.firstSince(now);
    book.slots.begin({ job: job.name, definition: slots.definition, since });
    state = { definition: slots.definition, since, served: state?.served ?? null, servedStatus: null };
  }
  const since = sinceAfterPauses(endedPauses(job, stateDir, now), slots, now);
  if (since > state.since) {
    book.slots.begin({ job: job.name, definition: slots.definition, since });
    state = { ...state, since };
  }
  return slots.due(state, now, (slot) => book.slots.isClaimed(job.name, slot));
}

/** Those whose time is over: while one is on, its gate says so, and the skip is recorded. */
const endedPauses = (job: Job, stateDir: string, now: number): Pause[] =>
  readPauses(stateDir).filter((pause) => concerns(pause, job) && !isActive(pause, now));

/** cron has no jitter of its own. Always the same for a job and a host, as systemd's FixedRandomDelay= (systemd.timer(5)). */
function jitterOf({ name, schedule }: Job): number {
  const jitter = schedule?.jitter ?? 0;
  return jitter === 0 ? 0 : Math.floor(fixedShare(name) * jitter);
}
