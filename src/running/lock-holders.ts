import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { lockedFiles } from "../system/proc-locks.ts";
import { isRunning } from "../system/processes.ts";
import { type Holder, isAtWork, lastHolder } from "./job-lock.ts";
import { readQueue } from "./tickets.ts";

/** A lock that is in use. Nobody is known while a run that has just taken it writes itself down. */
export interface HeldLock {
  name: string;
  holder: Holder | undefined;
  /** Its supervisor was killed: what holds the lock is the work that it left behind. */
  isOrphan: boolean;
}

/**
 * The locks that keep a run from beginning, asked without touching one: those that the kernel holds, and those whose
 * recorded child has closed its descriptors and still runs.
 */
export function heldLocks(stateDir: string): HeldLock[] {
  const folder = join(stateDir, "locks");
  const isLocked = lockedFiles();
  return namesIn(folder, ".lock").flatMap((name) => {
    const holder = lastHolder(stateDir, name);
    const isHeld = isLocked(join(folder, `${name}.lock`)) || isAtWork(holder);
    return isHeld ? [{ name, holder, isOrphan: holder !== undefined && !isRunning(holder.supervisor) }] : [];
  });
}

function namesIn(folder: string, ending: ".lock" | ".queue"): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((file) => (file.endsWith(ending) ? [file.slice(0, -ending.length)] : []));
}

/** Those who wait in line for their turn: they hold a ticket, and may hold their job's lock while they wait for their group's. */
export function runsInLine(stateDir: string): Holder[] {
  const isLocked = lockedFiles();
  return namesIn(join(stateDir, "locks"), ".queue").flatMap((name) =>
    readQueue(stateDir, name, isLocked).map(({ key, job, since, supervisor }) => ({
      key,
      runId: null,
      job,
      startedAt: since,
      supervisor,
      command: "",
      logPath: "",
      killAfter: 0,
      waitsFor: `its turn (${name})`,
    })),
  );
}

/** The runs that hold locks, each once, however many it holds. */
export function runsAtWork(stateDir: string): { holder: Holder; isOrphan: boolean }[] {
  const runs = heldLocks(stateDir).flatMap(({ holder, isOrphan }) => (holder ? [{ holder, isOrphan }] : []));
  return [...new Map(runs.map((run) => [run.holder.key, run])).values()];
}
