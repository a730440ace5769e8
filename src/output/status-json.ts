import type { Run, RunStatus, Trigger } from "../run.ts";
import { isoUtc } from "./json.ts";

/** A job as `status --json` prints it: instants in ISO 8601 UTC, durations in milliseconds, null for what is not known. */
export interface JobStatusJson {
  job: string;
  title: string | null;
  enabled: boolean;
  schedule: string | null;
  words: string | null;
  timezone: string;
  /** What keeps the job from running now, and all of it in words. */
  paused: PausedJson | null;
  next: string | null;
  running: RunningJson[];
  last: EndedJson | null;
  skipped: SkippedJson | null;
  missed: { count: number; more: boolean; latest: string | null };
  timer?: string;
}

export interface PausedJson {
  scope: "job" | "tag" | "all" | "drain";
  name: string | null;
  by: string;
  at: string;
  until: string | null;
  reason: string | null;
  text: string;
}

export interface RunningJson {
  id: number;
  since: string;
  /** The process that supervises the run. */
  pid: number;
  /** The job's own process, where it has begun. */
  childPid: number | null;
  trigger: Trigger;
}

export interface EndedJson {
  id: number;
  status: RunStatus;
  warn: boolean;
  why: string;
  exitCode: number | null;
  trigger: Trigger;
  startedAt: string;
  finishedAt: string | null;
  durationMs: number | null;
}

export interface SkippedJson {
  reason: string | null;
  detail: string | null;
  /** How often the same start was refused, since when, and when last. */
  count: number;
  since: string;
  lastAt: string;
}

interface Status extends Omit<JobStatusJson, "next" | "running" | "last" | "skipped" | "missed"> {
  next: number | null;
  running: Run[];
  last: Run | null;
  skipped: Run | null;
  missed: { count: number; more: boolean; latest: number | null };
}

export interface StatusWords {
  why(run: Run): string;
  childPid(run: Run): number | null;
}

export function statusJson(status: Status, { why, childPid }: StatusWords): JobStatusJson {
  const { next, running, last, skipped, missed, ...rest } = status;
  return {
    ...rest,
    next: isoOrNull(next),
    running: running.map((run) => ({
      id: run.id,
      since: isoUtc(run.startedAt),
      pid: run.provenance.supervisorPid,
      childPid: childPid(run),
      trigger: run.trigger,
    })),
    last: last && endedJson(last, why(last)),
    skipped: skipped && skippedJson(skipped),
    missed: { ...missed, latest: isoOrNull(missed.latest) },
  };
}

function endedJson(run: Run, why: string): EndedJson {
  const { id, status, warn, exitCode, trigger, durationMs } = run;
  return { id, status, warn, why, exitCode, trigger, startedAt: isoUtc(run.startedAt), finishedAt: isoOrNull(run.finishedAt), durationMs };
}

function skippedJson({ reason, detail, count, startedAt, lastSeenAt }: Run): SkippedJson {
  return { reason, detail, count, since: isoUtc(startedAt), lastAt: isoUtc(lastSeenAt ?? startedAt) };
}

const isoOrNull = (instant: number | null): string | null => (instant === null ? null : isoUtc(instant));
