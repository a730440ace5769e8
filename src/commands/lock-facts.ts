import { readdirSync } from "node:fs";
import { join } from "node:path";
import { lastHolder } from "../running/job-lock.ts";
import { readQueue } from "../running/tickets.ts";
import { lockedFiles, lockHolders } from "../system/proc-locks.ts";
import { isRunning } from "../system/processes.ts";
import type { LockFacts } from "../views/locks.ts";

/** What can be seen of the locks in a state directory. No lock is taken: a probe would make a real run skip. */
export function lockFacts(stateDir: string): LockFacts[] {
  const folder = join(stateDir, "locks");
  const names = lockNames(folder);
  const isLocked = lockedFiles();
  const paths = names.map((name) => join(folder, `${name}.lock`));
  const holders = lockHolders(paths.filter(isLocked));
  return names.map((name, index) => {
    const path = paths[index] ?? "";
    const note = lastHolder(stateDir, name);
    return {
      name,
      isLocked: isLocked(path),
      waiting: readQueue(stateDir, name, isLocked).map(({ job, since, supervisor: { pid } }) => ({ job, since, pid })),
      holders: holders.get(path) ?? [],
      note,
      supervisorRuns: note !== undefined && isRunning(note.supervisor),
      childRuns: note?.child !== undefined && isRunning(note.child),
    };
  });
}

function lockNames(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith(".lock"))
      .map((file) => file.slice(0, -".lock".length))
      .toSorted();
  } catch {
    return []; // nothing has run yet
  }
}
