import { errnoCode, JobctlError } from "../errors.ts";
import type { PastAttempt, Run, RunKey, RunStatus, SlotState } from "../run.ts";
import { readAttempts } from "./attempts.ts";
import { closeQuietly, historyFile, historyPath, schemaVersion } from "./database.ts";
import { FAILED, SCHEMA_VERSION } from "./migrations.ts";
import { runOf, type RunRow } from "./row.ts";
import { readSlotState } from "./slots.ts";
import { isDamage, openSqlite, sqliteCode, type Sqlite } from "./sqlite.ts";

/** Statuses that need a look: what `--failed` means. The partial indexes hold exactly these. */
export const FAILED_STATUSES = ["failed", "timed-out", "crashed", "not-started"] as const satisfies readonly RunStatus[];

/** Which runs; instants in milliseconds since the epoch, `since` <= start < `until`. Parts of a run only where an organization is named. */
export interface RunFilter {
  job?: string | undefined;
  organization?: string | undefined;
  statuses?: readonly RunStatus[] | undefined;
  since?: number | undefined;
  until?: number | undefined;
  limit: number;
}

/** Reads a history, and nothing but reads. */
export interface HistoryReader {
  /** Newest first. */
  runs(filter: RunFilter): Run[];
  /** Those that history holds as running, newest first. */
  openRuns(): Run[];
  run(id: number): Run | undefined;
  byKey(key: RunKey): Run | undefined;
  /** The job's latest run, or its latest one that was not skipped. */
  latest(job: string, which: "any" | "begun"): Run | undefined;
  jobs(): string[];
  /** The slots, from <= slot < to, that a run of the job has succeeded for. Looks at all its successes since then. */
  succeededSlots(job: string, from: number, to: number): number[];
  /** The runs that are parts of this one, oldest first. */
  parts(key: RunKey): Run[];
  /** The attempts of a run that has more than one, else none. */
  attempts(runId: number): PastAttempt[];
  /** Undefined for a job that no trigger has met yet. */
  slots(job: string): SlotState | undefined;
  close(): void;
}

/**
 * Undefined when nothing was ever recorded.
 * @throws JobctlError("unavailable") for a history that can't be read
 */
export function openHistoryReader(stateDir: string): HistoryReader | undefined {
  const path = historyPath(stateDir);
  return explained(path, () => {
    if (!historyFile(stateDir)) return undefined;
    const db = openSqlite(path, { readonly: true, fileMustExist: true, timeout: 5000 });
    const version = schemaVersion(db, path);
    if (version === SCHEMA_VERSION) return readerOf(db, path);
    closeQuietly(db);
    if (version === 0) return undefined;
    throw new JobctlError(
      "unavailable",
      `${path} was written by an older jobctl (schema ${version}, this one reads ${SCHEMA_VERSION}); the next jobctl run brings it up to date`,
    );
  });
}

/** The query of a filter, with its bound values. The index is named: which one serves is known here, and guesses cost seconds. */
export function runsQuery(filter: RunFilter): { sql: string; values: Record<string, string | number> } {
  const { job, organization, statuses, since, until, limit } = filter;
  const failed = statuses !== undefined && statuses.every((status) => FAILED_STATUSES.some((each) => each === status));
  const some = failed && FAILED_STATUSES.every((status) => statuses.includes(status)) ? undefined : statuses;
  const conditions = [
    organization === undefined ? "organization IS NULL" : "organization = @organization",
    job !== undefined && "job_id = (SELECT id FROM jobs WHERE name = @job)",
    failed && FAILED,
    some && "status IN (SELECT value FROM json_each(@statuses))",
    since !== undefined && "started_at >= @since",
    until !== undefined && "started_at < @until",
  ].filter((condition) => condition !== false && condition !== undefined);
  return {
    sql: `SELECT ${COLUMNS} FROM runs INDEXED BY ${indexOf(filter, failed)} WHERE ${conditions.join(" AND ")} ORDER BY started_at DESC LIMIT @limit`,
    values: {
      limit,
      ...(job !== undefined && { job }),
      ...(organization !== undefined && { organization }),
      ...(some && { statuses: JSON.stringify(some) }),
      ...(since !== undefined && { since }),
      ...(until !== undefined && { until }),
    },
  };
}

function indexOf({ job, organization }: RunFilter, failed: boolean): string {
  if (organization !== undefined) return "runs_by_organization";
  if (job !== undefined) return failed ? "runs_failed_by_job" : "runs_by_job";
  return failed ? "runs_failed" : "runs_by_time";
}

const COLUMNS = [
  "id, key, (SELECT name FROM jobs WHERE jobs.id = runs.job_id) AS job, status, warn, reason, exit_code, signal, trigger",
  "organization, (SELECT parents.id FROM runs AS parents WHERE parents.key = runs.parent_key) AS parent_id, only_organizations",
  "scheduled_for, started_at, finished_at, duration_ms, attempts, retry_at, cpu_ms, peak_memory, count, last_seen_at",
  "manifest_digest, program_version, host, user, boot_id, supervisor_pid, supervisor_start, invocation_id, log_path",
  "detail, parameters, result, error, output_tail",
].join(", ");

function readerOf(db: Sqlite, path: string): HistoryReader {
  const read = (sql: string, values: Record<string, string | number>): Run[] =>
    explained(path, () => (db.prepare(sql).all(values) as RunRow[]).map(runOf));
  return {
    runs(filter) {
      const { sql, values } = runsQuery(filter);
      return read(sql, values);
    },
    openRuns: () => read(`SELECT ${COLUMNS} FROM runs INDEXED BY runs_open WHERE status = 'running' ORDER BY started_at DESC`, {}),
    run: (id) => read(`SELECT ${COLUMNS} FROM runs WHERE id = @id`, { id })[0],
    byKey: (key) => read(`SELECT ${COLUMNS} FROM runs WHERE key = @key`, { key })[0],
    latest: (job, which) =>
      read(
        `SELECT ${COLUMNS} FROM runs INDEXED BY runs_by_job
         WHERE job_id = (SELECT id FROM jobs WHERE name = @job) AND organization IS NULL ${which === "begun" ? "AND status <> 'skipped'" : ""}
         ORDER BY started_at DESC LIMIT 1`,
        { job },
      )[0],
    jobs: () =>
      explained(path, () => (db.prepare("SELECT name FROM jobs ORDER BY name").all() as { name: string }[]).map(({ name }) => name)),
    succeededSlots: (job, from, to) => explained(path, () => readSucceededSlots(db, job, { from, to })),
    parts: (key) => read(`SELECT ${COLUMNS} FROM runs INDEXED BY runs_of_parent WHERE parent_key = @key ORDER BY id`, { key }),
    attempts: (runId) => explained(path, () => readAttempts(db, runId)),
    slots: (job) => explained(path, () => readSlotState(db, job)),
    close: () => closeQuietly(db),
  };
}

/** A run for a slot starts at it or later, but for the clocks' difference. */
function readSucceededSlots(db: Sqlite, job: string, { from, to }: { from: number; to: number }): number[] {
  return db
    .prepare(
      `SELECT DISTINCT scheduled_for AS slot FROM runs INDEXED BY runs_by_job
       WHERE job_id = (SELECT id FROM jobs WHERE name = @job) AND organization IS NULL AND started_at >= @from - 60000 AND status = 'succeeded'
         AND scheduled_for >= @from AND scheduled_for < @to AND trigger <> 'dry-run'`,
    )
    .all({ job, from, to })
    .map((row) => (row as { slot: number }).slot);
}

/** Looking changes nothing, so a damaged history is only said here; the next run mends it. */
function explained<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (isDamage(error)) {
      throw new JobctlError(
        "unavailable",
        `${path} is damaged (${error.message}); the next jobctl run keeps it under another name and begins a new one`,
        error,
      );
    }
    if (errnoCode(error) === "EACCES") {
      throw new JobctlError("denied", `${path}: permission denied; call as the user who owns the state directory, or as root`, error);
    }
    if (sqliteCode(error).startsWith("SQLITE_")) throw new JobctlError("unavailable", `${path} can't be read: ${error.message}`, error);
    if (error.message.startsWith(path)) throw new JobctlError("unavailable", error.message, error);
    throw error;
  }
}
