import type { PastAttempt, Run } from "../run.ts";

/** The same with these instants, milliseconds since the epoch, told in ISO 8601 UTC. */
type InUtc<Of, Instants extends keyof Of> = {
  [Field in keyof Of]: Field extends Instants ? Exclude<Of[Field], number> | string : Of[Field];
};

/** A run as `history --json` and `show --json` print it: durations in milliseconds, null for what is not known. */
type RunJson = InUtc<Run, "scheduledFor" | "startedAt" | "finishedAt" | "retryAt" | "lastSeenAt">;

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
