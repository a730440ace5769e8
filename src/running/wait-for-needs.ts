import { sleep } from "../system/wait.ts";
import { cancelDetail } from "./cancel-request.ts";
import { stateGates, type Verdict } from "./gates.ts";
import { markCrashedRuns } from "./reconcile.ts";
import type { RunPorts, RunRequest } from "./run-request.ts";

/** A look at the history costs a fraction of a millisecond. */
const POLL_MS = 500;

/**
 * The gates after the locks. While a job that this one needs runs, or is due in this minute, they are all asked again, up
 * to the need's `wait`; a signal ends that at once. `note` is told what is waited for. A run that has waited begins when
 * the wait is over: its start says so.
 */
export async function passStateGates(request: RunRequest, ports: RunPorts, note: (waitsFor: string) => void): Promise<Verdict> {
  const { job, start, stateDir } = request;
  const facts = request.stateFacts(ports.book);
  const slotThisMinute = job.needs.some(({ wait }) => wait > 0) ? await request.slotsThisMinute() : () => undefined;
  const begun = performance.now();
  for (let noted = "", waited = 0; ; waited = performance.now() - begun) {
    const verdict = stateGates(job, { ...facts, slotThisMinute, waited });
    if (verdict.pass && waited > 0) beginNow(request, ports.now());
    if (verdict.pass || verdict.waitsFor === undefined) return verdict;
    const signal = ports.asked.received;
    if (signal) return { ...verdict, detail: `waited for ${verdict.waitsFor} and was ended ${endedBy(request, signal)}` };
    if (noted !== verdict.waitsFor) note((noted = verdict.waitsFor));
    await sleep(POLL_MS, ports.asked.first);
    markCrashedRuns(ports.book, stateDir, start.provenance.bootId, ports.now());
  }
}

/** A start by hand is for the moment when it starts. */
function beginNow(request: RunRequest, now: number): void {
  const { start } = request;
  const byHand = start.scheduledFor === start.startedAt;
  request.began = performance.now();
  Object.assign(start, { startedAt: now, ...(byHand ? { scheduledFor: now } : {}) });
}

const endedBy = ({ stateDir, start }: RunRequest, signal: NodeJS.Signals): string => cancelDetail(stateDir, start.key) ?? `by ${signal}`;
