import { closeSync, openSync } from "node:fs";
import type { OpenRun, RunBook } from "../run.ts";
import { tryLock } from "../system/file-lock.ts";
import { isRunning, processExists, type ProcessId } from "../system/processes.ts";
import { childrenOf, lastHolder } from "./job-lock.ts";

/** So soon the kernel gives no number away again. To look whose it is costs thirty times as much, and of runs that begin together each looks at all others. */
const RECENT_MS = 10_000;

/** Marks every run crashed that history holds as running and that nobody supervises any more. */
export function markCrashedRuns(book: RunBook, stateDir: string, bootId: string, now: number): void {
  const isAtWork = ({ startedAt, ...supervisor }: ProcessId & { startedAt: number }): boolean =>
    Math.abs(now - startedAt) < RECENT_MS ? processExists(supervisor.pid) : isRunning(supervisor);
  for (const run of book.openRuns(bootId, isAtWork)) {
    if (!isLocked(run.logPath)) book.markCrashed(run.key, crashReason(run, stateDir, bootId), now);
  }
}

/** The supervisor alone locks its run's log, before the row can be seen and until after its end is on disk. In another PID namespace only that tells. */
function isLocked(logPath: string | null): boolean {
  try {
    const fd = openSync(logPath ?? "", "r+");
    const free = tryLock(fd);
    closeSync(fd);
    return !free;
  } catch {
    return false;
  }
}

export function crashReason({ key, job, provenance }: OpenRun, stateDir: string, bootId: string): string {
  if (provenance.bootId !== bootId) return "the machine was restarted while it ran";
  const holder = lastHolder(stateDir, job);
  const children =
    holder?.key === key ? childrenOf(holder) : (holder?.parts ?? []).filter((part) => part.key === key).map(({ child }) => child);
  const pids = children.filter(isRunning).map(({ pid }) => pid);
  if (pids.length > 0) return `its supervisor was killed; pid ${pids.join(", ")} ${pids.length === 1 ? "was" : "were"} still running`;
  return "its supervisor was killed";
}
