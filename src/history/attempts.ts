import type { AttemptRecord, PastAttempt, RunKey } from "../run.ts";
import { outcomeValues } from "./row.ts";
import type { Sqlite } from "./sqlite.ts";

/** Writes the attempts of a run that has more than one. */
export function writeAttempts(db: Sqlite, key: RunKey, attempts: readonly AttemptRecord[]): void {
  const insert = db.prepare(
    `INSERT OR REPLACE INTO attempts (run_id, number, started_at, finished_at, status, reason, exit_code, signal, error)
     VALUES ((SELECT id FROM runs WHERE key = @key), @number, @startedAt, @finishedAt, @status, @reason, @exit_code, @signal, @error)`,
  );
  for (const { number, startedAt, finishedAt, outcome } of attempts) {
    const { status, reason = null, exit_code = null, signal = null, error = null } = outcomeValues(outcome);
    insert.run({ key, number, startedAt, finishedAt, status, reason, exit_code, signal, error });
  }
}

/** The run waits for its next attempt. */
export function writeRetry(db: Sqlite, key: RunKey, attempt: AttemptRecord, retryAt: number): void {
  writeAttempts(db, key, [attempt]);
  db.prepare("UPDATE runs SET attempts = ?, retry_at = ? WHERE key = ? AND status = 'running'").run(attempt.number, retryAt, key);
}

/** Empty for a run with one attempt. */
export function readAttempts(db: Sqlite, runId: number): PastAttempt[] {
  return db
    .prepare(
      `SELECT number, started_at AS startedAt, finished_at AS finishedAt, status, reason, exit_code AS exitCode, signal, error
       FROM attempts WHERE run_id = ? ORDER BY number`,
    )
    .all(runId) as PastAttempt[];
}
