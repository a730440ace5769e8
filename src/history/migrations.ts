/** Edits the schema's text, where the rows and the indexes' entries are right for the new text as they are (https://sqlite.org/lang_altertable.html, "Other Kinds Of Table Schema Changes"). */
const editSchema = (...edits: string[]): string => `
  PRAGMA writable_schema = ON;
  ${edits.map((edit) => `UPDATE sqlite_schema SET ${edit};`).join("\n  ")}
  PRAGMA writable_schema = RESET;`;

/** A row without them has NULL there. (ALTER TABLE would read all rows of a STRICT table, for each column.) */
const addToRuns = (columns: string): string =>
  editSchema(`sql = substr(sql, 1, length(sql) - length(') STRICT')) || ', ${columns}) STRICT' WHERE name = 'runs'`);

/** Indexes, ON empty, in which none of the rows that are there belongs. (CREATE INDEX would read all rows to find none.) */
const addEmptyIndexes = (indexes: string): string => `
  CREATE TABLE empty AS SELECT * FROM runs WHERE FALSE;
  ${indexes}
  ${editSchema("tbl_name = 'runs', sql = replace(sql, ' ON empty ', ' ON runs ') WHERE type = 'index' AND tbl_name = 'empty'")}
  DROP TABLE empty;`;

const FAILED_LIST = "status IN ('failed', 'timed-out', 'crashed', 'not-started')";

/** As the partial indexes have it, so that SQLite finds them for it. */
export const FAILED = "(status = 'failed' OR status = 'timed-out' OR status = 'crashed' OR status = 'not-started')";

const quoted = (sql: string): string => `'${sql.replaceAll("'", "''")}'`;

/**
 * The steps from nothing to today's schema; `user_version` is how many a file has had. What a step that was released makes never changes.
 * The first run after an upgrade takes them before its job starts, while others wait: none may take longer for ten million rows than for ten.
 * Instants and durations are milliseconds. Jobs are integers in `runs`: names would make it three times as big. Long texts
 * come last, so that reading the front of a row never touches their overflow pages.
 *
 * 1. `job_state` is what is known of a job beside its runs, which retention removes.
 * 2. Of a job: by which schedule its slots count, from when on, and up to which they are served. Of a run: the slot that it claims; when
 *    its next attempt begins, while it waits for that; what it used. Only runs with more than one attempt have rows in `attempts`.
 * 3. A run for one organization is part of a parent, which is named by its key: its own row may still wait in the spool. What people
 *    ask first is about parents, as all rows so far are; their parts, which may be thousands, are in indexes of their own.
 * 4. For a list of more than two SQLite made a table of its own whenever it looked whether a row belongs in an index: six for each run,
 *    with 90 KB for each.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE jobs (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
  ) STRICT;

  CREATE TABLE job_state (
    job_id INTEGER PRIMARY KEY REFERENCES jobs (id),
    executions INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    status TEXT NOT NULL,
    warn INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    exit_code INTEGER,
    signal TEXT,
    trigger TEXT NOT NULL,
    scheduled_for INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    duration_ms INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    count INTEGER NOT NULL DEFAULT 1,
    last_seen_at INTEGER,
    manifest_digest TEXT NOT NULL,
    program_version TEXT NOT NULL,
    host TEXT NOT NULL,
    user TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    supervisor_pid INTEGER NOT NULL,
    supervisor_start INTEGER NOT NULL,
    invocation_id TEXT,
    log_path TEXT,
    detail TEXT,
    parameters TEXT,
    result TEXT,
    error TEXT,
    output_tail TEXT
  ) STRICT;

  CREATE INDEX runs_by_job ON runs (job_id, started_at, status, duration_ms);
  CREATE INDEX runs_by_time ON runs (started_at, status);
  CREATE INDEX runs_failed_by_job ON runs (job_id, started_at, status) WHERE ${FAILED_LIST};
  CREATE INDEX runs_failed ON runs (started_at, status) WHERE ${FAILED_LIST};
  CREATE INDEX runs_open ON runs (started_at) WHERE status = 'running';
  `,
  `
  ALTER TABLE job_state ADD COLUMN slot_definition TEXT;
  ALTER TABLE job_state ADD COLUMN slots_since INTEGER;
  ALTER TABLE job_state ADD COLUMN slot_served INTEGER;

  ${addToRuns("claimed_slot INTEGER, retry_at INTEGER, cpu_ms INTEGER, peak_memory INTEGER")}
  ${addEmptyIndexes("CREATE UNIQUE INDEX runs_claimed ON empty (job_id, claimed_slot) WHERE claimed_slot IS NOT NULL;")}

  CREATE TABLE attempts (
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    exit_code INTEGER,
    signal TEXT,
    error TEXT,
    PRIMARY KEY (run_id, number)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ${addToRuns("parent_key TEXT, organization TEXT, only_organizations TEXT")}
  ${editSchema(
    "sql = sql || ' WHERE organization IS NULL' WHERE name IN ('runs_by_job', 'runs_by_time')",
    "sql = replace(sql, ' WHERE ', ' WHERE organization IS NULL AND ') WHERE name IN ('runs_failed_by_job', 'runs_failed')",
  )}
  ${addEmptyIndexes(`
  CREATE INDEX runs_of_parent ON empty (parent_key) WHERE parent_key IS NOT NULL;
  CREATE INDEX runs_by_organization ON empty (organization, started_at, status) WHERE organization IS NOT NULL;
  CREATE INDEX runs_of_slot ON empty (job_id, scheduled_for, organization) WHERE organization IS NOT NULL AND status = 'succeeded';`)}
  `,
  editSchema(`sql = replace(sql, ${quoted(FAILED_LIST)}, ${quoted(FAILED)}) WHERE name IN ('runs_failed_by_job', 'runs_failed')`),
];

export const SCHEMA_VERSION = MIGRATIONS.length;
