import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { HistoryPlace } from "../../src/history/database.ts";
import { openRunBook, type History } from "../../src/history/run-book.ts";
import type { RunOutcome, RunStart } from "../../src/run.ts";
import { openSqlite, transaction } from "../../src/history/sqlite.ts";
import * as locks from "../../src/system/file-lock.ts";
import { NOW, runEnd, runStart, SUCCESS } from "./run-records.ts";

/** A state directory of its own, with what was warned about. */
export interface HistoryWorld extends HistoryPlace {
  warnings: string[];
  /** Another `jobctl run`: its own connection. */
  book(): History;
}

export function historyWorld(stateDir = temporaryFolder("jobctl-history-")): HistoryWorld {
  const warnings: string[] = [];
  const place = { stateDir, locks, now: () => NOW, warn: (text: string) => void warnings.push(text) };
  return { ...place, warnings, book: () => openRunBook(place) };
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder that goes when the tests of a file have ended. */
export function temporaryFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  folders.push(folder);
  return folder;
}

/** A whole run in the book. */
export function record(book: History, outcome: RunOutcome = SUCCESS, some: Partial<RunStart> = {}): RunStart {
  const start = runStart(some);
  book.begin(start);
  book.end(start, runEnd(start, outcome));
  return start;
}

/** Fills a history fast, evenly over the time: each tenth run failed, each thousandth was cancelled. */
export function manyRuns(stateDir: string, { rows, jobs, from, to }: { rows: number; jobs: string[]; from: number; to: number }): void {
  const db = openSqlite(join(stateDir, "history.db"), {});
  transaction(db, Infinity, () => {
    for (const name of jobs) db.prepare("INSERT INTO jobs (name) VALUES (?) ON CONFLICT DO NOTHING").run(name);
    db.prepare(
      `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < @rows)
       INSERT INTO runs (key, job_id, status, trigger, scheduled_for, started_at, finished_at, duration_ms, manifest_digest,
                         program_version, host, user, boot_id, supervisor_pid, supervisor_start, output_tail)
       SELECT 'many' || i, (SELECT id FROM jobs WHERE name = json_extract(@jobs, '$[' || (i % json_array_length(@jobs)) || ']')),
              CASE WHEN i % 1000 = 7 THEN 'cancelled' WHEN i % 10 = 3 THEN 'failed' ELSE 'succeeded' END, 'timer',
              CAST(@from + (@to - @from) / @rows * i AS INTEGER), CAST(@from + (@to - @from) / @rows * i AS INTEGER), 0, i % 5000, '0123456789abcdef',
              '0.1.0', 'web1', 'deploy', '11111111-2222-3333-4444-555555555555', 1, 1, 'some output of the job'
       FROM n`,
    ).run({ rows, from, to, jobs: JSON.stringify(jobs) });
  });
  db.close();
}
