import { isRunning } from "../system/processes.ts";
import { sleep } from "../system/wait.ts";
import { utcTime } from "../utc-time.ts";
import { childrenOf, type Holder } from "./job-lock.ts";
import { endLeftovers } from "./leftovers.ts";

/** Work that nobody supervises any more and whose timeout and killAfter are past. Without a timeout its time is never over. */
export function mayBeEnded({ supervisor, deadline }: Holder, now: number): boolean {
  return !isRunning(supervisor) && deadline !== undefined && now > deadline;
}

/** TERM, grace, KILL to what a killed supervisor left behind. */
export async function endOrphan({ child, key, killAfter, parts = [] }: Holder): Promise<void> {
  const works = [...(child ? [{ key, child }] : []), ...parts];
  if (works.length === 0) return;
  const limits = { graceMs: killAfter, runtimeMs: Infinity };
  await Promise.all(works.map(async (work) => endLeftovers({ main: work.child, mark: `JOBCTL_RUN_KEY=${work.key}`, ...limits })));
  await sleep(50); // the kernel frees the lock as the last descriptor closes
}

/** Says who holds the lock. */
export function refusal(holder: Holder | undefined, now: number): string {
  if (!holder) return "another run holds the lock";
  const who = holder.runId === null ? `run ${holder.key}` : `run ${holder.runId}`;
  const since = utcTime(holder.startedAt);
  const forSeconds = Math.round((now - holder.startedAt) / 1000);
  if (isRunning(holder.supervisor)) {
    return `${who} holds the lock since ${since} (${forSeconds} s): pid ${pidsOf(holder) || holder.supervisor.pid}, ${holder.command}`;
  }
  const until = holder.deadline === undefined ? "it has no timeout: end it yourself" : `may be ended after ${utcTime(holder.deadline)}`;
  return `left behind by ${who}, whose supervisor was killed: pid ${pidsOf(holder) || "unknown"}, ${holder.command}, since ${since}; ${until}`;
}

const pidsOf = (holder: Holder): string =>
  childrenOf(holder)
    .map(({ pid }) => pid)
    .join(", ");
