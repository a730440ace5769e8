/** Who holds a lock, as its file says. Instants in milliseconds since the epoch. */
export interface LockNote {
  key: string;
  runId: number | null;
  job: string;
  startedAt: number;
  supervisor: { pid: number };
  child?: { pid: number };
  command: string;
  logPath: string;
  deadline?: number;
  waitsFor?: string;
}

/** What was seen of one lock file, without touching the lock. */
export interface LockFacts {
  /** The file's name without `.lock`. */
  name: string;
  isLocked: boolean;
  /** Who waits for it, first in line first. */
  waiting: { job: string; since: number; pid: number }[];
  /** Processes that have the file open, and so hold the lock together. */
  holders: { pid: number; command: string }[];
  note: LockNote | undefined;
  supervisorRuns: boolean;
  childRuns: boolean;
}

/**
 * `held`: by a run that is supervised; `left-behind`: by work whose supervisor was killed; `free-after-crash`: nobody
 * holds it any more, but its last run did not end by itself.
 */
export type LockState = "held" | "left-behind" | "free-after-crash";

/** A lock as `status --locks --json` tells it; instants in ISO 8601 UTC. */
export interface LockStatus {
  lock: string;
  state: LockState;
  job: string | null;
  runId: number | null;
  runKey: string | null;
  since: string | null;
  supervisorPid: number | null;
  childPid: number | null;
  holders: { pid: number; command: string }[];
  /** First in line first. */
  waiting: { job: string; since: string; pid: number }[];
  command: string | null;
  /** What the holder itself still waits for before it begins. */
  waitsFor: string | null;
  logPath: string | null;
  /** When the next run may end what was left behind; null without a timeout. */
  mayBeEndedAfter: string | null;
}

/**
 * The locks that there is something to say of: free ones whose runs ended by themselves are left out. `runIds`: the numbers
 * of open runs by their keys.
 */
export function lockStatuses(found: readonly LockFacts[], runIds: ReadonlyMap<string, number>): LockStatus[] {
  return found.flatMap((facts) => {
    const state = stateOf(facts);
    return state === undefined ? [] : [lockStatus(facts, state, runIds)];
  });
}

function stateOf({ isLocked, note, supervisorRuns, childRuns }: LockFacts): LockState | undefined {
  if (isLocked) return note === undefined || supervisorRuns ? "held" : "left-behind";
  if (note === undefined || supervisorRuns) return undefined;
  return childRuns ? "left-behind" : "free-after-crash";
}

function lockStatus({ name, note, holders, waiting }: LockFacts, state: LockState, runIds: ReadonlyMap<string, number>): LockStatus {
  return {
    lock: name,
    state,
    job: note?.job ?? null,
    runId: note?.runId ?? runIds.get(note?.key ?? "") ?? null,
    runKey: note?.key ?? null,
    since: note ? new Date(note.startedAt).toISOString() : null,
    supervisorPid: note?.supervisor.pid ?? null,
    childPid: note?.child?.pid ?? null,
    holders,
    waiting: waiting.map(({ job, since, pid }) => ({ job, since: new Date(since).toISOString(), pid })),
    command: note?.command ?? null,
    waitsFor: note?.waitsFor ?? null,
    logPath: note?.logPath ?? null,
    mayBeEndedAfter: note?.deadline === undefined ? null : new Date(note.deadline).toISOString(),
  };
}
