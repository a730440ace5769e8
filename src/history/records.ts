import type { LatestRun, RunEnd, RunKey, RunStart } from "../run.ts";
import { writeAttempts } from "./attempts.ts";
import { END_COLUMNS, endValues, START_COLUMNS, startValues } from "./row.ts";
import { claimSlot, freeSlot } from "./slots.ts";
import type { Sqlite } from "./sqlite.ts";

/** Inserts the row of a run that begins and claims its slot; returns its id. Call all of these within a transaction. */
export function beginRun(db: Sqlite, start: RunStart): number | "slot-done" {
  insertJob(db, start.job);
  if (start.slot === undefined) return insertRunning(db, start);
  if (!freeSlot(db, start, start.slot)) return "slot-done";
  const id = insertRunning(db, start);
  claimSlot(db, start, start.slot);
  return id;
}

function insertRunning(db: Sqlite, start: RunStart): number {
  const { lastInsertRowid } = db
    .prepare(
      `INSERT INTO runs (job_id, ${START_COLUMNS.join(", ")})
       VALUES ((SELECT id FROM jobs WHERE name = @job), ${START_COLUMNS.map((column) => `@${column}`).join(", ")})`,
    )
    .run({ job: start.job, ...startValues(start) });
  countExecution(db, start, 1);
  return Number(lastInsertRowid);
}

/**
 * Writes how a run ended, over its row, or as a new row where its beginning was not written. A row that already tells
 * an end, but for a crash that was only guessed, stays as it is. Returns the log that no row names any more, if there is one.
 */
export function writeEnd(db: Sqlite, start: RunStart, end: RunEnd): string | null {
  const { outcome } = end;
  const repeated = outcome.status === "skipped" && start.organization === undefined ? sameSkipBefore(db, start, outcome.reason) : undefined;
  const begun = isBegun(db, start.key);
  if (repeated && !begun) {
    countRepeat(db, repeated.id, end);
    return null;
  }
  if (!begun) insertAnew(db, end.attempts.length === 0 ? withoutSlot(start) : start);
  const { changes } = db
    .prepare(
      `UPDATE runs SET ${END_COLUMNS.map((column) => `${column} = @${column}`).join(", ")}
       WHERE key = @key AND status IN ('running', 'crashed')`,
    )
    .run({ key: start.key, ...endValues(end) });
  if (changes === 0) return null;
  if (end.attempts.length > 1) writeAttempts(db, start.key, end.attempts);
  if (outcome.status === "succeeded" && isOutOfOrder(start)) claimSlot(db, start, start.scheduledFor);
  if (start.unclaimed) db.prepare("UPDATE runs SET detail = coalesce(detail, ?) WHERE key = ?").run(UNCLAIMED, start.key);
  if (outcome.status === "skipped" || outcome.status === "not-started" || end.attempts.length === 0) countExecution(db, start, -1);
  return repeated ? absorb(db, start.key, repeated, end) : null;
}

const UNCLAIMED = "the history could not be written when it began, so another run may have been started for the same slot";

/** A run whose beginning was not written: its slot is claimed now, if nobody else has claimed it meanwhile. */
function insertAnew(db: Sqlite, start: RunStart): void {
  insertJob(db, start.job);
  insertRunning(db, start);
  if (start.slot !== undefined) claimSlot(db, start, start.slot);
}

/** A run that a gate or a lock refused, or that was ended while it waited for one, has not been started for its slot: that stays due. */
function withoutSlot({ slot: _slot, ...start }: RunStart): RunStart {
  return start;
}

function insertJob(db: Sqlite, job: string): void {
  db.prepare("INSERT INTO jobs (name) VALUES (?) ON CONFLICT DO NOTHING").run(job);
}

/** A run for a slot that it did not claim at its start: its success serves it, but not that of one organization. */
const isOutOfOrder = ({ slot, trigger, scheduledFor, startedAt, organization }: RunStart): boolean =>
  slot === undefined && organization === undefined && trigger !== "dry-run" && scheduledFor !== startedAt;

/** Takes a run that spooled before its end; what history already knows of it is newer. */
export function insertIfUnknown(db: Sqlite, start: RunStart): void {
  if (!isBegun(db, start.key)) insertAnew(db, start);
}

/** The moment of its end is not known, so neither is its duration. */
export function markCrashed(db: Sqlite, key: RunKey, reason: string, at: number): void {
  db.prepare("UPDATE runs SET status = 'crashed', reason = ?, finished_at = ? WHERE key = ? AND status = 'running'").run(reason, at, key);
}

export function readExecutions(db: Sqlite, job: string): number {
  const row = db.prepare("SELECT executions FROM job_state WHERE job_id = (SELECT id FROM jobs WHERE name = ?)").get(job);
  return row === undefined ? 0 : (row as { executions: number }).executions;
}

export function readLatest(db: Sqlite, job: string): LatestRun | undefined {
  const row = db
    .prepare(
      `SELECT id, status, scheduled_for AS scheduledFor, started_at AS startedAt, finished_at AS finishedAt FROM runs INDEXED BY runs_by_job
       WHERE job_id = (SELECT id FROM jobs WHERE name = ?) AND organization IS NULL AND status <> 'skipped' AND trigger <> 'dry-run'
       ORDER BY started_at DESC LIMIT 1`,
    )
    .get(job);
  return row as LatestRun | undefined;
}

const isBegun = (db: Sqlite, key: RunKey): boolean => db.prepare("SELECT 1 FROM runs WHERE key = ?").pluck().get(key) !== undefined;

/** Each organization once, whichever runs did it. */
export function readDoneOrganizations(db: Sqlite, job: string, slot: number): string[] {
  return db
    .prepare(
      `SELECT DISTINCT organization FROM runs INDEXED BY runs_of_slot
       WHERE job_id = (SELECT id FROM jobs WHERE name = @job) AND scheduled_for = @slot AND organization IS NOT NULL
         AND status = 'succeeded' AND trigger <> 'dry-run'`,
    )
    .pluck()
    .all({ job, slot }) as string[];
}

/** An execution is a run whose child was to start, whatever came of it; taken back where it was not started after all. A dry run is none, nor is a part of a run. */
function countExecution(db: Sqlite, { job, trigger, organization }: RunStart, by: 1 | -1): void {
  if (trigger === "dry-run" || organization !== undefined) return;
  db.prepare(
    `INSERT INTO job_state (job_id, executions) SELECT id, @by FROM jobs WHERE name = @job
     ON CONFLICT DO UPDATE SET executions = executions + @by`,
  ).run({ job, by });
}

interface Repeated {
  id: number;
  count: number;
  startedAt: number;
  logPath: string | null;
}

/** The job's latest other run before this one, if that is a skip for the same reason: a skip may be taken in when later runs are over. Read as an array: for an object the driver makes a function first. */
function sameSkipBefore(db: Sqlite, { key, job, startedAt: before }: RunStart, reason: string): Repeated | undefined {
  const latest = db
    .prepare(
      `SELECT status = 'skipped' AND reason = ?, id, count, started_at, log_path FROM runs
       WHERE job_id = (SELECT id FROM jobs WHERE name = ?) AND organization IS NULL AND key <> ? AND started_at <= ?
       ORDER BY started_at DESC LIMIT 1`,
    )
    .raw()
    .get(reason, job, key, before) as [number, number, number, number, string | null] | undefined;
  if (!latest?.[0]) return undefined;
  const [, id, count, startedAt, logPath] = latest;
  return { id, count, startedAt, logPath };
}

function countRepeat(db: Sqlite, id: number, { outcome, finishedAt }: RunEnd): void {
  const detail = outcome.status === "skipped" ? outcome.detail : null;
  db.prepare("UPDATE runs SET count = count + 1, last_seen_at = ?, detail = ? WHERE id = ?").run(finishedAt, detail, id);
}

/** A skipped run that had begun (its own check said no) has an id and a log that people may know: it takes the place of the skip before it. */
function absorb(db: Sqlite, key: RunKey, before: Repeated, { finishedAt }: RunEnd): string | null {
  db.prepare("DELETE FROM runs WHERE id = ?").run(before.id);
  db.prepare("UPDATE runs SET count = ?, started_at = ?, last_seen_at = ? WHERE key = ?").run(
    before.count + 1,
    before.startedAt,
    finishedAt,
    key,
  );
  return before.logPath;
}
