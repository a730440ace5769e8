import type { Child } from "../system/child.ts";
import { groupMembers, markedProcesses, signalProcess, type ProcessId, type ProcessStat } from "../system/processes.ts";
import { sleep } from "../system/wait.ts";

export interface LeftoverSearch {
  /** The child whose group is looked at, also when it has ended. */
  main: ProcessId;
  /** `JOBCTL_RUN_KEY=...`, found in the environment of what left the group. */
  mark: string;
  /** Milliseconds between TERM and KILL. */
  graceMs: number;
  /** How long the child has run: a short run can search less. */
  runtimeMs: number;
  /** Where it was a child of this very process. */
  child?: Pick<Child, "leftNothing" | "orphans">;
}

/**
 * Ends what a run left behind: TERM, grace, KILL, to its process group, to whoever carries its mark, and to whatever we have become the parent
 * of since. Where nobody adopts orphans for us (no `node:ffi`), one that cleared its environment and left the group is only found by a control
 * group.
 * Returns how many processes were there at first.
 */
export async function endLeftovers(search: LeftoverSearch): Promise<number> {
  const first = findLeftovers(search);
  for (const each of first) signalProcess(each, "SIGTERM");
  const deadline = performance.now() + search.graceMs;
  for (let left = first; left.length > 0; left = findLeftovers(search)) {
    if (performance.now() >= deadline) for (const each of left) signalProcess(each, "SIGKILL");
    await sleep(20);
    if (performance.now() > deadline + 5000) break; // in uninterruptible sleep: not even KILL ends it now
  }
  return first.length;
}

function findLeftovers({ main, mark, runtimeMs, child }: LeftoverSearch): ProcessStat[] {
  if (child?.leftNothing()) return [];
  const orphans = child?.orphans().filter(({ start }) => start >= main.start) ?? [];
  const byPid = new Map<number, ProcessStat>();
  for (const each of [...orphans, ...ownGroup(main), ...markedProcesses(mark, main, runtimeMs)]) byPid.set(each.pid, each);
  return [...byPid.values()];
}

/** The child's group, unless its number was given away again: a group of another one is no work of this run. */
function ownGroup({ pid, start }: ProcessId): ProcessStat[] {
  const members = groupMembers(pid);
  const isOthers = members.some((member) => member.pid === pid && member.start !== start);
  return isOthers ? [] : members;
}
