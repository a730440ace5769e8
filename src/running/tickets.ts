import { closeSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { errnoCode, JobctlError } from "../errors.ts";
import { lockWaiting, tryLock } from "../system/file-lock.ts";
import { openPrivate } from "../system/private-files.ts";
import { monotonicNs, type ProcessId } from "../system/processes.ts";

/** Who waits, for those who look. */
export interface Waiter {
  key: string;
  job: string;
  /** Milliseconds since the epoch. */
  since: number;
  /** 1 (low) to 10 (critical); the higher goes first. */
  priority: number;
  supervisor: ProcessId;
}

/** A place in the line before a lock. */
export interface Ticket {
  /** How many live waiters are before this one. Tickets of those who died are removed on the way. */
  position(): number;
  leave(): void;
}

/** Whoever counts the line and joins it does both in a moment: a longer wait says that something is wrong. */
const DOOR_WAIT_MS = 5000;

/**
 * Joins a line of at most `most`; gives how many wait where it is full. One at a time passes this door, or all who come at
 * once would see the last place free.
 */
export function queueUpWithin(stateDir: string, name: string, waiter: Waiter, most: number): Ticket | { full: number } {
  const door = openTicket(join(queueFolder(stateDir, name), ".door"), "existing-or-new");
  try {
    lockWaiting(door, DOOR_WAIT_MS);
    const full = queueLength(stateDir, name);
    return full < most ? queueUp(stateDir, name, waiter, false) : { full };
  } finally {
    closeSync(door);
  }
}

/**
 * The line is a folder with one file per waiter, named so that their order is the line's: by priority, then first come. Each waiter
 * holds a kernel lock on its file, so that one who was killed leaves the line by that. Nobody serves the line: the first in it
 * tries the lock.
 */
export function queueUp(stateDir: string, name: string, waiter: Waiter, byPriority: boolean): Ticket {
  const folder = queueFolder(stateDir, name);
  const rank = byPriority ? String(99 - waiter.priority).padStart(2, "0") : "00";
  const own = `${rank}-${String(monotonicNs()).padStart(20, "0")}-${waiter.key}`;
  // Locked before it can be seen, or it would be taken for a dead one.
  const draft = join(folder, `.${waiter.key}`);
  const fd = openTicket(draft, "new");
  tryLock(fd);
  try {
    writeSync(fd, JSON.stringify(waiter));
  } catch {
    // A full disk loses the note for those who look, not the place in the line.
  }
  renameSync(draft, join(folder, own));
  return {
    position: () => ticketsIn(folder).filter((ticket) => ticket < own && isAlive(join(folder, ticket))).length,
    leave() {
      rmSync(join(folder, own), { force: true });
      closeSync(fd);
    },
  };
}

/** How many wait. */
export function queueLength(stateDir: string, name: string): number {
  const folder = queueFolder(stateDir, name);
  return ticketsIn(folder).filter((ticket) => isAlive(join(folder, ticket))).length;
}

/** Who waits, first in line first; only looks. `isLocked` says of a path whether somebody holds its lock. */
export function readQueue(stateDir: string, name: string, isLocked: (path: string) => boolean): Waiter[] {
  const folder = queueFolder(stateDir, name);
  return ticketsIn(folder)
    .map((ticket) => join(folder, ticket))
    .filter(isLocked)
    .flatMap(readWaiter);
}

/** Nobody where the note was lost. */
function readWaiter(path: string): Waiter[] {
  try {
    return [JSON.parse(readFileSync(path, "utf8")) as Waiter];
  } catch {
    return [];
  }
}

function openTicket(path: string, how: "new" | "existing-or-new"): number {
  try {
    return openPrivate(path, how);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new JobctlError(
      "cannot-lock",
      `${path}: no place in the line can be made (${why}); nothing was run. Make the state directory writable.`,
      error,
    );
  }
}

const queueFolder = (stateDir: string, name: string): string => join(stateDir, "locks", `${name}.queue`);

function ticketsIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith("."))
      .toSorted();
  } catch (error) {
    if (errnoCode(error) === "ENOENT") return [];
    throw error;
  }
}

function isAlive(path: string): boolean {
  let fd: number;
  try {
    fd = openSync(path, "r+");
  } catch {
    return false;
  }
  const dead = tryLock(fd);
  if (dead) rmSync(path, { force: true });
  closeSync(fd);
  return !dead;
}
