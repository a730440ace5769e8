import type { Json } from "./job.ts";

/** Names a run before anything is touched: start in ms (base 36) and 64 random bits; names its log and spool file. */
export type RunKey = string;

export const SKIP_REASONS = [
  "disabled",
  "environment",
  "permission",
  "not-started",
  "expired",
  "window",
  "locked",
  "paused",
  "slot-done",
  "exhausted",
  "dependency",
  "load",
  "disk",
  "job-check",
  "nothing-to-do",
] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/** What a pause does with the slots that come meanwhile: none is run, or the newest once it ends. */
export const ON_RESUMES = ["skip", "once"] as const;

export const TRIGGERS = ["manual", "timer", "cron", "boot", "rerun", "backfill", "dry-run"] as const;
export type Trigger = (typeof TRIGGERS)[number];

export const RUN_STATUSES = ["running", "succeeded", "failed", "timed-out", "cancelled", "crashed", "not-started", "skipped"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** How a run ended; each member has only its own fields. */
export type RunOutcome =
  | { status: "succeeded"; warn?: true; exitCode: number; result?: Json }
  | {
      status: "failed";
      /** What failed: the exit code, a signal, an `expect`, a resource limit, a thrown error, or the runs of organizations. */
      reason: "exit-code" | "signal" | "expect" | "resource" | "error" | "organizations";
      exitCode?: number;
      signal?: string;
      error?: string;
      result?: Json;
    }
  | { status: "timed-out"; reason: "timeout" | "idle-timeout" | "total-timeout"; error: string; result?: Json }
  | {
      status: "cancelled";
      signal: string;
      /** Who asked for it and why, where `jobctl cancel` did. */
      detail?: string;
      error?: string;
      result?: Json;
    }
  | { status: "crashed"; reason: string }
  | { status: "not-started"; reason: "not-executable" | "not-found" | "config"; error: string }
  | { status: "skipped"; reason: SkipReason; detail: string };

/** Who and what a run was: kept in its row so that a record explains itself years later. */
export interface Provenance {
  manifestDigest: string;
  programVersion: string;
  host: string;
  user: string;
  bootId: string;
  supervisorPid: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat: tells a reused pid apart (proc(5)). */
  supervisorStart: number;
  invocationId?: string;
}

/** What is known when a run begins; instants in milliseconds since the epoch. */
export interface RunStart {
  key: RunKey;
  job: string;
  trigger: Trigger;
  startedAt: number;
  scheduledFor: number;
  /** The slot that this run claims: no other run may be started for it. */
  slot?: number;
  /** The history could not be written when it began: that no other run was started for its slot is not known. */
  unclaimed?: true;
  /** The run of the slot crashed or was cancelled, and this one takes its place (`onCrash: rerun`). */
  redo?: true;
  parameters?: Json;
  provenance: Provenance;
  logPath?: string;
  /** Whom a run of `scope: organization` is for; it is part of the run whose key is `parent`. */
  organization?: string;
  parent?: RunKey;
  /** Of a parent: only these organizations were asked for. */
  onlyOrganizations?: string[];
}

/** One attempt of a run; instants in milliseconds since the epoch. */
export interface AttemptRecord {
  /** 1 for the first. */
  number: number;
  startedAt: number;
  finishedAt: number;
  outcome: RunOutcome;
}

/** What is known when it ends. */
export interface RunEnd {
  key: RunKey;
  outcome: RunOutcome;
  finishedAt: number;
  durationMs: number;
  attempts: AttemptRecord[];
  /** The last 4 KiB of output. */
  outputTail: string;
  exitCode: number;
  /** CPU time of all attempts in milliseconds, and the most memory in bytes that was seen of the child; null where nothing ran. */
  usage: { cpuMs: number; peakBytes: number | null } | null;
}

/** A run as history tells it: the shape of `history --json` and `show --json` (instants as ISO 8601 UTC there). */
export interface Run {
  id: number;
  key: RunKey;
  job: string;
  status: RunStatus;
  warn: boolean;
  reason: string | null;
  detail: string | null;
  exitCode: number | null;
  signal: string | null;
  trigger: Trigger;
  scheduledFor: number;
  startedAt: number;
  finishedAt: number | null;
  durationMs: number | null;
  attempts: number;
  result: Json | null;
  error: string | null;
  outputTail: string | null;
  parameters: Json | null;
  logPath: string | null;
  /** When the next attempt of a running run begins. */
  retryAt: number | null;
  cpuMs: number | null;
  /** Bytes. */
  peakMemory: number | null;
  /** Whom it was for, and the run that it is part of; null for a run that is no part of another. */
  organization: string | null;
  parentId: number | null;
  /** Of a parent: only these organizations were asked for. */
  onlyOrganizations: string[] | null;
  /** For a skip that repeats: how often, and when last. */
  count: number;
  lastSeenAt: number | null;
  provenance: Provenance;
}

/** An attempt as history tells it; instants in milliseconds since the epoch. */
export interface PastAttempt {
  number: number;
  startedAt: number;
  finishedAt: number;
  status: RunStatus;
  reason: string | null;
  exitCode: number | null;
  signal: string | null;
  error: string | null;
}

/** A run that history still holds as running. */
export interface OpenRun {
  id: number;
  key: RunKey;
  job: string;
  logPath: string | null;
  startedAt: number;
  provenance: Provenance;
}

/** Kernel locks on open descriptors: they are free when the last holder has ended, however it ended. Made by `system/file-lock.ts`. */
export interface FileLocks {
  tryLock(fd: number): boolean;
  /** Returns false when the lock is still held after `ms` milliseconds. */
  lockWaiting(fd: number, ms: number): boolean;
  unlock(fd: number): void;
}

/**
 * Where `run` writes what happens: the history, or the spool while the history can't be written. Declared here, made by `history/`.
 * No method throws for a history that can't be written: the job's run matters more than its record.
 */
export interface RunBook {
  /**
   * Puts the row (`running`) on disk before the child starts. The run's log must be locked by then, so that no reader
   * takes a live run for a crashed one. Returns the row's id, null where the record could only be spooled, or
   * "slot-done", having written nothing, where another run has claimed the slot.
   */
  begin(start: RunStart): number | null | "slot-done";
  /** An attempt failed and another will follow at `retryAt`. */
  attemptEnded(start: RunStart, attempt: AttemptRecord, retryAt: number): void;
  /**
   * Commits the end and sees it on the disk, waits up to 30 s for the database, then spools. A skip replaces a begun row, or merges with the same skip
   * before it; one that has not needed the history so far is spooled at once.
   */
  end(start: RunStart, end: RunEnd): void;
  /**
   * Rows of all jobs that are still `running`, but for this process's own, and for those of this boot whose supervisor is at work (a process, and when it
   * started the run): of runs that begin together each looks at all others. Empty where the history can't be read.
   */
  openRuns(bootId: string, isAtWork: (supervisor: { pid: number; start: number; startedAt: number }) => boolean): OpenRun[];
  /** Marks a run crashed if it is still `running`. */
  markCrashed(key: RunKey, reason: string, at: number): void;
  /** How many runs of the job counted so far, for maxExecutions. */
  executions(job: string): number;
  /** The job's latest run that was neither skipped nor a dry run. */
  latest(job: string): LatestRun | undefined;
  /** The organizations for which a run of the job has succeeded for this slot. */
  doneOrganizations(job: string, slot: number): string[];
}

/** What a job that needs another looks at: the other's latest run that was not skipped. Instants in milliseconds since the epoch. */
export interface LatestRun {
  id: number;
  status: RunStatus;
  scheduledFor: number;
  startedAt: number;
  finishedAt: number | null;
}

/** What is known of a job's slots. Instants in milliseconds since the epoch. */
export interface SlotState {
  /** The schedule that the state is about, as text: another one begins anew. */
  definition: string;
  /** Slots up to here do not count. */
  since: number;
  /** The latest slot that a run was started for. */
  served: number | null;
  /** How the run of that slot ended. */
  servedStatus: RunStatus | null;
}

/** Which slots were served. Declared here, made by `history/`. Where the history can't be read nothing is known, and nothing is promised. */
export interface SlotBook {
  read(job: string): SlotState | undefined;
  /** The schedule by which the slots of each job count, by job; undefined where the history can't be read now. */
  definitions(): Map<string, string> | undefined;
  /** These jobs have a new schedule, whose slots count from `since`; all in one transaction. */
  begin(...jobs: readonly { job: string; definition: string; since: number }[]): void;
  /** Was a run started for this slot, in whatever order? */
  isClaimed(job: string, slot: number): boolean;
}
