import type { Json } from "../job.ts";
import type { OpenRun, Provenance, Run, RunEnd, RunOutcome, RunStart, RunStatus, Trigger } from "../run.ts";

/** A row of `runs` with its job's name, as SQLite gives it. */
export interface RunRow {
  id: number;
  key: string;
  job: string;
  status: string;
  warn: number;
  reason: string | null;
  exit_code: number | null;
  signal: string | null;
  trigger: string;
  scheduled_for: number;
  started_at: number;
  finished_at: number | null;
  duration_ms: number | null;
  attempts: number;
  retry_at: number | null;
  cpu_ms: number | null;
  peak_memory: number | null;
  count: number;
  last_seen_at: number | null;
  organization: string | null;
  parent_key: string | null;
  /** Of the row whose key is `parent_key`. */
  parent_id: number | null;
  only_organizations: string | null;
  manifest_digest: string;
  program_version: string;
  host: string;
  user: string;
  boot_id: string;
  supervisor_pid: number;
  supervisor_start: number;
  invocation_id: string | null;
  log_path: string | null;
  detail: string | null;
  parameters: string | null;
  result: string | null;
  error: string | null;
  output_tail: string | null;
}

/** The columns of `runs` that are known when a run begins, but for its job. */
export const START_COLUMNS = [
  "key",
  "status",
  "trigger",
  "scheduled_for",
  "started_at",
  "manifest_digest",
  "program_version",
  "host",
  "user",
  "boot_id",
  "supervisor_pid",
  "supervisor_start",
  "invocation_id",
  "log_path",
  "parameters",
  "organization",
  "parent_key",
  "only_organizations",
] as const satisfies readonly (keyof RunRow)[];

/** Those that are known when it ends. */
export const END_COLUMNS = [
  "status",
  "warn",
  "reason",
  "exit_code",
  "signal",
  "finished_at",
  "duration_ms",
  "attempts",
  "retry_at",
  "cpu_ms",
  "peak_memory",
  "detail",
  "result",
  "error",
  "output_tail",
] as const satisfies readonly (keyof RunRow)[];

type Values<Column extends keyof RunRow> = Pick<RunRow, Column>;

export function startValues(start: RunStart) {
  const { key, trigger, scheduledFor, startedAt, provenance } = start;
  return {
    key,
    status: "running",
    trigger,
    scheduled_for: scheduledFor,
    started_at: startedAt,
    manifest_digest: provenance.manifestDigest,
    program_version: provenance.programVersion,
    host: provenance.host,
    user: provenance.user,
    boot_id: provenance.bootId,
    supervisor_pid: provenance.supervisorPid,
    supervisor_start: provenance.supervisorStart,
    invocation_id: provenance.invocationId ?? null,
    log_path: start.logPath ?? null,
    parameters: toText(start.parameters),
    organization: start.organization ?? null,
    parent_key: start.parent ?? null,
    only_organizations: toText(start.onlyOrganizations),
  } satisfies Values<(typeof START_COLUMNS)[number]>;
}

export function endValues({ outcome, finishedAt, durationMs, attempts, outputTail, exitCode, usage }: RunEnd) {
  return {
    warn: 0,
    reason: null,
    exit_code: exitCode,
    signal: null,
    finished_at: finishedAt,
    duration_ms: durationMs,
    attempts: attempts.length,
    retry_at: null,
    cpu_ms: usage?.cpuMs ?? null,
    peak_memory: usage?.peakBytes ?? null,
    detail: null,
    result: null,
    error: null,
    output_tail: outputTail,
    ...outcomeValues(outcome),
  } satisfies Values<(typeof END_COLUMNS)[number]>;
}

type OutcomeColumn = "warn" | "reason" | "exit_code" | "signal" | "detail" | "result" | "error";

/** A command's own exit code is kept where there is one; else the row says how `jobctl run` itself ended. */
export function outcomeValues(outcome: RunOutcome): { status: RunStatus } & Partial<Values<OutcomeColumn>> {
  const { status } = outcome;
  switch (status) {
    case "succeeded":
      return { status, warn: outcome.warn ? 1 : 0, exit_code: outcome.exitCode, result: toText(outcome.result) };
    case "failed":
      return {
        status,
        reason: outcome.reason,
        ...(outcome.exitCode !== undefined && { exit_code: outcome.exitCode }),
        signal: outcome.signal ?? null,
        error: outcome.error ?? null,
        result: toText(outcome.result),
      };
    case "timed-out":
      return { status, reason: outcome.reason, error: outcome.error, result: toText(outcome.result) };
    case "cancelled":
      return {
        status,
        signal: outcome.signal,
        detail: outcome.detail ?? null,
        error: outcome.error ?? null,
        result: toText(outcome.result),
      };
    case "crashed":
      return { status, reason: outcome.reason };
    case "not-started":
      return { status, reason: outcome.reason, error: outcome.error };
    case "skipped":
      return { status, reason: outcome.reason, detail: outcome.detail };
    default:
      return outcome satisfies never;
  }
}

/** The one way from a row to a Run. The child is not in history but in the job's lock file, while the run is open. */
export function runOf(row: RunRow): Run {
  return {
    id: row.id,
    key: row.key,
    job: row.job,
    status: row.status as RunStatus,
    warn: row.warn === 1,
    reason: row.reason,
    detail: row.detail,
    exitCode: row.exit_code,
    signal: row.signal,
    trigger: row.trigger as Trigger,
    scheduledFor: row.scheduled_for,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    durationMs: row.duration_ms,
    attempts: row.attempts,
    result: fromText(row.result),
    error: row.error,
    outputTail: row.output_tail,
    parameters: fromText(row.parameters),
    logPath: row.log_path,
    organization: row.organization,
    parentId: row.parent_id,
    onlyOrganizations: fromText(row.only_organizations) as string[] | null,
    count: row.count,
    lastSeenAt: row.last_seen_at,
    retryAt: row.retry_at,
    cpuMs: row.cpu_ms,
    peakMemory: row.peak_memory,
    provenance: provenanceOf(row),
  };
}

export const OPEN_COLUMNS = [
  "id",
  "key",
  "log_path",
  "started_at",
  "manifest_digest",
  "program_version",
  "host",
  "user",
  "boot_id",
  "supervisor_pid",
  "supervisor_start",
  "invocation_id",
] as const satisfies readonly (keyof RunRow)[];

export type OpenRow = Values<(typeof OPEN_COLUMNS)[number] | "job">;

export function openRunOf(row: OpenRow): OpenRun {
  const { id, key, job, log_path: logPath, started_at: startedAt } = row;
  return { id, key, job, logPath, startedAt, provenance: provenanceOf(row) };
}

function provenanceOf(row: OpenRow): Provenance {
  return {
    manifestDigest: row.manifest_digest,
    programVersion: row.program_version,
    host: row.host,
    user: row.user,
    bootId: row.boot_id,
    supervisorPid: row.supervisor_pid,
    supervisorStart: row.supervisor_start,
    ...(row.invocation_id !== null && { invocationId: row.invocation_id }),
  };
}

const toText = (value: Json | undefined): string | null => (value === undefined ? null : JSON.stringify(value));

const fromText = (text: string | null): Json | null => (text === null ? null : (JSON.parse(text) as Json));
