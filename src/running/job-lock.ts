import { closeSync, ftruncateSync, readFileSync, writeSync } from "node:fs";
import { JobctlError } from "../errors.ts";
import type { RunKey } from "../run.ts";
import { tryLock, unlock } from "../system/file-lock.ts";
import { openPrivate } from "../system/private-files.ts";
import { isRunning, type ProcessId } from "../system/processes.ts";

/** Who holds a lock: written into the lock file by the holder, for those who are refused and for those who find it after a crash. */
export interface Holder {
  key: RunKey;
  runId: number | null;
  job: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  supervisor: ProcessId;
  child?: ProcessId;
  /** Of a run for organizations: those of its parts that are at work. */
  parts?: { key: RunKey; organization: string; child: ProcessId }[];
  /** Of a part: whom it is for. */
  organization?: string;
  command: string;
  logPath: string;
  killAfter: number;
  /** What it waits for before it begins. */
  waitsFor?: string;
  /** When an orphan of this run may be ended: start + timeout + killAfter. Absent without a time-out. */
  deadline?: number;
}

export interface JobLock {
  readonly fd: number;
  /** What the lock file said before: the holder of a run that did not end by itself. */
  readonly previous: Holder | undefined;
  record(holder: Holder): void;
  /** Frees the lock for every holder, children that inherited it included, so that nothing left behind keeps it. */
  release(): void;
}

export type LockAttempt = { held: true; lock: JobLock } | { held: false; holder: Holder | undefined };

/**
 * Takes the lock `<stateDir>/locks/<name>.lock`, without waiting. Lock files are never unlinked. A lock that is free while the
 * child recorded in it still runs is refused too: that child closed its descriptors but is the work of a crashed run.
 * Throws JobctlError("cannot-lock") where no lock can be made.
 */
export function acquireLock(stateDir: string, name: string): LockAttempt {
  const fd = openLockFile(stateDir, name);
  const held = tryLock(fd);
  const holder = readHolder(fd);
  if (held && !isAtWork(holder)) {
    // Else who is refused while this run waits for its group would be told of the one before, and might end what has its number now.
    if (holder) rewrite(fd, "");
    return { held, lock: jobLock(fd, holder) };
  }
  closeSync(fd);
  return { held: false, holder };
}

/** Does the work of a run still go on, whoever supervises it? */
export const isAtWork = (holder: Holder | undefined): boolean => holder !== undefined && childrenOf(holder).some(isRunning);

export const childrenOf = ({ child, parts = [] }: Holder): ProcessId[] => [...(child ? [child] : []), ...parts.map((part) => part.child)];

/** Who held the lock last, without touching it. */
export function lastHolder(stateDir: string, name: string): Holder | undefined {
  try {
    return parseHolder(readFileSync(lockPath(stateDir, name), "utf8"));
  } catch {
    return undefined;
  }
}

const lockPath = (stateDir: string, name: string): string => `${stateDir}/locks/${name}.lock`;

function openLockFile(stateDir: string, name: string): number {
  const path = lockPath(stateDir, name);
  try {
    return openPrivate(path, "existing-or-new");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new JobctlError(
      "cannot-lock",
      `${path}: no lock can be made (${why}); nothing was run. Make the state directory writable.`,
      error,
    );
  }
}

function jobLock(fd: number, previous: Holder | undefined): JobLock {
  return {
    fd,
    previous,
    record: (holder) => rewrite(fd, `${JSON.stringify(holder)}\n`),
    release() {
      rewrite(fd, "");
      unlock(fd);
      closeSync(fd);
    },
  };
}

/** A full disk loses the note, not the lock. */
function rewrite(fd: number, text: string): void {
  try {
    ftruncateSync(fd, 0);
    writeSync(fd, text, 0);
  } catch {
    // see above
  }
}

function readHolder(fd: number): Holder | undefined {
  return parseHolder(readFileSync(fd, "utf8"));
}

function parseHolder(text: string): Holder | undefined {
  try {
    return text === "" ? undefined : (JSON.parse(text) as Holder);
  } catch {
    return undefined;
  }
}
