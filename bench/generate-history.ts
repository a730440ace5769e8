import Database from "better-sqlite3";

const JOBS = 100;

/** Adds rows as 100 jobs leave them that run each minute; one in fifty failed. In the order of time, as real rows come. */
export function generateHistory(path: string, rows: number): void {
  const db = new Database(path);
  db.pragma("synchronous = OFF");
  const begin = Date.now() - (rows / JOBS) * 60_000;
  db.exec(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${JOBS}) INSERT INTO jobs (name) SELECT 'job-' || i FROM n`,
  );
  db.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < @rows)
     INSERT INTO runs (key, job_id, status, reason, exit_code, trigger, scheduled_for, started_at, finished_at, duration_ms, attempts,
                       manifest_digest, program_version, host, user, boot_id, supervisor_pid, supervisor_start, output_tail)
     SELECT 'generated-' || i, 1 + i % ${JOBS}, iif(i % 50 = 7, 'failed', 'succeeded'), iif(i % 50 = 7, 'exit-code', NULL), iif(i % 50 = 7, 3, 0),
            'timer', @begin + i * 600, @begin + i * 600, @begin + i * 600 + 40 + i % 9000, 40 + i % 9000, 1,
            'd41d8cd98f00b204', '1.0.0', 'host', 'root', 'generated', 1000 + i % 30000, i, 'deleted ' || i || ' rows'
     FROM n`,
  ).run({ rows, begin });
  db.close();
}
