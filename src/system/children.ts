import type { Exit } from "./child.ts";
import { ANY_CHILD, type Libc } from "./libc.ts";
import { descendants, type ProcessStat } from "./processes.ts";

/** The children that this process started and that run: who is told of their end; those of `node:child_process`, which waits for them itself. */
const waiting = new Map<number, (exit: Exit) => void>();
const nodes = new Set<number>();

const orphans: { areOurs?: boolean } = {};

/**
 * Makes this process the parent of what its children leave behind. Not where it has a child of somebody else's (`daemon & exec jobctl run x`),
 * whose processes could not be told from the job's.
 */
export function adoptOrphans(libc: Libc): boolean {
  return (orphans.areOurs ??= waiting.size + nodes.size === 0 && libc.ended(ANY_CHILD) === "no child" && libc.adoptOrphans());
}

export const awaitChild = (pid: number, tell: (exit: Exit) => void): void => void waiting.set(pid, tell);
export const startedByNode = (pid: number): void => void nodes.add(pid);
export const endedByNode = (pid: number): void => void nodes.delete(pid);

/** Waits for all that have ended: also for what we adopted, which else would keep its number for as long as we run. Node must find its own. */
export function reap(libc: Libc): void {
  for (const id of nodes.size === 0 ? [ANY_CHILD] : waiting.keys()) {
    for (let ended = libc.ended(id); typeof ended === "object"; ended = libc.ended(id)) {
      waiting.get(ended.pid)?.(ended.exit);
      waiting.delete(ended.pid);
    }
  }
}

/** Is nobody left, neither a child of ours nor what one of them has left behind? */
export function isAlone(libc: Libc): boolean {
  if (waiting.size + nodes.size > 0) return false;
  reap(libc);
  return libc.ended(ANY_CHILD) === "no child";
}

/** What we adopted and its descendants; none while a child of ours runs, which may be among their ancestors. */
export const adopted = (): ProcessStat[] => (orphans.areOurs && waiting.size + nodes.size === 0 ? descendants(process.pid) : []);
