import { rmSync } from "node:fs";
import { sleepSync } from "../sleep-sync.ts";
import { FAILED } from "./migrations.ts";
import { transaction, type Sqlite } from "./sqlite.ts";

const DAY_MS = 86_400_000;

/** Rows of one transaction, and of one run's housekeeping: others wait 3 ms for a batch of 500. */
const BATCH = 500;
const MOST = 5000;
/** Milliseconds that other writers are waited for. */
const WAIT = 1000;

export interface Retention {
  /** Whose run asks: its job's turn comes first, the other jobs' only when there was something to remove. */
  job: string;
  retentionDays(job: string): number;
  now: number;
}

/**
 * Removes runs that are older than their job's retention, with their logs and parts; never the last success and the last failure of
 * a job, and none that is still running. Returns how many.
 */
export function prune(db: Sqlite, { job, retentionDays, now }: Retention): number {
  const ofJob = (name: string, most: number): number => pruneJob(db, name, { before: now - retentionDays(name) * DAY_MS, most });
  let removed = ofJob(job, MOST);
  if (removed === 0) return 0;
  for (const other of otherJobs(db, job)) {
    if (removed >= MOST) break;
    removed += ofJob(other, MOST - removed);
  }
  return removed;
}

interface OldRun {
  id: number;
  key: string;
  log_path: string | null;
}

/** Ends on no rows: a batch may be short only because of what is kept. */
function pruneJob(db: Sqlite, job: string, { before, most }: { before: number; most: number }): number {
  for (let removed = 0; ;) {
    const started = performance.now();
    const limit = Math.min(BATCH, most - removed);
    const whole = limit > 0 ? oldRuns(db, job, { before, limit }) : [];
    if (whole.length === 0) return removed;
    // What is left of a run after its parts went is found again.
    const parts = partsOf(db, whole, limit);
    const old = parts.length > 0 ? parts : whole;
    removeRuns(db, old);
    removed += old.length;
    // A pause as long as the batch: without it other writers starve and the write-ahead log grows without end.
    sleepSync(performance.now() - started);
  }
}

function oldRuns(db: Sqlite, job: string, { before, limit }: { before: number; limit: number }): OldRun[] {
  const jobId = db
    .prepare(
      "SELECT job_id FROM runs WHERE job_id = (SELECT id FROM jobs WHERE name = ?) AND organization IS NULL AND started_at < ? LIMIT 1",
    )
    .pluck()
    .get(job, before) as number | undefined;
  if (jobId === undefined) return [];
  return db
    .prepare(
      `SELECT id, key, log_path FROM runs
       WHERE job_id = @jobId AND organization IS NULL AND started_at < @before AND status <> 'running'
         AND id IS NOT (SELECT id FROM runs WHERE job_id = @jobId AND organization IS NULL AND status = 'succeeded' ORDER BY started_at DESC LIMIT 1)
         AND id IS NOT (SELECT id FROM runs WHERE job_id = @jobId AND organization IS NULL AND ${FAILED}
                        ORDER BY started_at DESC LIMIT 1)
       ORDER BY started_at LIMIT @limit`,
    )
    .all({ jobId, before, limit }) as OldRun[];
}

function partsOf(db: Sqlite, runs: readonly OldRun[], limit: number): OldRun[] {
  const find = db.prepare("SELECT id, key, log_path FROM runs INDEXED BY runs_of_parent WHERE parent_key = ? LIMIT ?");
  const parts: OldRun[] = [];
  for (const { key } of runs) {
    if (parts.length >= limit) break;
    parts.push(...(find.all(key, limit - parts.length) as OldRun[]));
  }
  return parts;
}

function removeRuns(db: Sqlite, runs: readonly OldRun[]): void {
  const removeAttempts = db.prepare("DELETE FROM attempts WHERE run_id = ?");
  const remove = db.prepare("DELETE FROM runs WHERE id = ?");
  transaction(db, performance.now() + WAIT, () => {
    for (const { id } of runs) {
      removeAttempts.run(id);
      remove.run(id);
    }
  });
  for (const { log_path: log } of runs) if (log !== null) rmSync(log, { force: true });
}

const otherJobs = (db: Sqlite, job: string): string[] =>
  (db.prepare("SELECT name FROM jobs WHERE name <> ?").all(job) as { name: string }[]).map(({ name }) => name);
