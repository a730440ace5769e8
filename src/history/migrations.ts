/**
 * The steps from nothing to today's schema; `user_version` is how many a file has had. A step that was released never changes.
 * Instants and durations are milliseconds. Jobs are integers in `runs`: names would make it three times as big. Long texts
 * come last, so that reading the front of a row never touches their overflow pages.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE jobs (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
  ) STRICT;

  -- What is known of a job beside its runs, which retention removes.
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
  CREATE INDEX runs_failed_by_job ON runs (job_id, started_at, status) WHERE status IN ('failed', 'timed-out', 'crashed', 'not-started');
  CREATE INDEX runs_failed ON runs (started_at, status) WHERE status IN ('failed', 'timed-out', 'crashed', 'not-started');
  CREATE INDEX runs_open ON runs (started_at) WHERE status = 'running';
  `,
  `
  -- The slots of the job's schedule: which schedule, from when on they count, and up to which they are served.
  ALTER TABLE job_state ADD COLUMN slot_definition TEXT;
  ALTER TABLE job_state ADD COLUMN slots_since INTEGER;
  ALTER TABLE job_state ADD COLUMN slot_served INTEGER;

  ALTER TABLE runs ADD COLUMN claimed_slot INTEGER;
  CREATE UNIQUE INDEX runs_claimed ON runs (job_id, claimed_slot) WHERE claimed_slot IS NOT NULL;

  -- When a running run that waits begins its next attempt; what the run used.
  ALTER TABLE runs ADD COLUMN retry_at INTEGER;
  ALTER TABLE runs ADD COLUMN cpu_ms INTEGER;
  ALTER TABLE runs ADD COLUMN peak_memory INTEGER;

  -- Only runs with more than one attempt have rows here.
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
  -- A run for one organization is part of a parent. The parent is named by its key: its own row may still wait in the spool.
  ALTER TABLE runs ADD COLUMN parent_key TEXT;
  ALTER TABLE runs ADD COLUMN organization TEXT;
  ALTER TABLE runs ADD COLUMN only_organizations TEXT;

  -- What people ask first is about parents: their parts, which may be thousands, are in indexes of their own.
  DROP INDEX runs_by_job;
  DROP INDEX runs_by_time;
  DROP INDEX runs_failed_by_job;
  DROP INDEX runs_failed;
  CREATE INDEX runs_by_job ON runs (job_id, started_at, status, duration_ms) WHERE organization IS NULL;
  CREATE INDEX runs_by_time ON runs (started_at, status) WHERE organization IS NULL;
  CREATE INDEX runs_failed_by_job ON runs (job_id, started_at, status)
    WHERE organization IS NULL AND status IN ('failed', 'timed-out', 'crashed', 'not-started');
  CREATE INDEX runs_failed ON runs (started_at, status)
    WHERE organization IS NULL AND status IN ('failed', 'timed-out', 'crashed', 'not-started');
  CREATE INDEX runs_of_parent ON runs (parent_key) WHERE parent_key IS NOT NULL;
  CREATE INDEX runs_by_organization ON runs (organization, started_at, status) WHERE organization IS NOT NULL;
  CREATE INDEX runs_of_slot ON runs (job_id, scheduled_for, organization) WHERE organization IS NOT NULL AND status = 'succeeded';
  `,
];

export const SCHEMA_VERSION = MIGRATIONS.length;
