import type { PastAttempt, Provenance, Run, RunStatus, Trigger } from "../run.ts";
import type { Json } from "../job.ts";

/** A run as `history --json` and `show --json` print it: instants in ISO 8601 UTC, durations in milliseconds, null for what is not known. */
export interface RunJson {
  id: number;
  key: string;
  job: string;
  status: RunStatus;
  warn: boolean;
  reason: string | null;
  detail: string | null;
  exitCode: number | null;
  signal: string | null;
  trigger: Trigger;
  scheduledFor: string;
  startedAt: string;
  finishedAt: string | null;
  durationMs: number | null;
  attempts: number;
  result: Json | null;
  error: string | null;
  outputTail: string | null;
  parameters: Json | null;
  logPath: string | null;
  /** Whom it was for, and the run that it is part of. */
  organization: string | null;
  parentId: number | null;
  onlyOrganizations: string[] | null;
  count: number;
  lastSeenAt: string | null;
  /** When the next attempt of a run that waits begins. */
  retryAt: string | null;
  cpuMs: number | null;
  /** Bytes. */
  peakMemory: number | null;
  provenance: Provenance;
}

export function runJson(run: Run): RunJson {
  return {
    ...run,
    scheduledFor: isoUtc(run.scheduledFor),
    startedAt: isoUtc(run.startedAt),
    finishedAt: run.finishedAt === null ? null : isoUtc(run.finishedAt),
    retryAt: run.retryAt === null ? null : isoUtc(run.retryAt),
    lastSeenAt: run.lastSeenAt === null ? null : isoUtc(run.lastSeenAt),
  };
}

export function attemptJson(attempt: PastAttempt): object {
  return { ...attempt, startedAt: isoUtc(attempt.startedAt), finishedAt: isoUtc(attempt.finishedAt) };
}

/** A part of a run, as `show --json` of that run prints it. */
export function partJson({ id, organization, status, exitCode, startedAt, durationMs, cpuMs, peakMemory, result, error }: Run): object {
  return { id, organization, status, exitCode, startedAt: isoUtc(startedAt), durationMs, cpuMs, peakMemory, result, error };
}

/** A document for machines: indented, with a newline at its end. */
export const jsonDocument = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

/** One object per line. */
export const jsonLines = (values: readonly object[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join("");

export const isoUtc = (instant: number): string => new Date(instant).toISOString();
