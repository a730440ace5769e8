import type { Job } from "../job.ts";
import { isRunning, signalProcess } from "../system/processes.ts";
import { sleep } from "../system/wait.ts";
import { removeCancelRequest, writeCancelRequest } from "./cancel-request.ts";
import { acquireLock, type Holder, type JobLock } from "./job-lock.ts";
import { endOrphan, mayBeEnded, refusal } from "./orphans.ts";
import type { RunPorts, RunRequest } from "./run-request.ts";
import { queueLength, queueUp, queueUpWithin, type Ticket } from "./tickets.ts";

const POLL_MS = 50;
/** `overlap: allow` without a limit. */
const MOST_AT_ONCE = 1000;
/** A supervisor that was asked to end needs so long beyond its job's killAfter. */
const SUPERVISOR_GRACE_MS = 15_000;

export interface HeldPermits {
  held: true;
  lock: JobLock;
  places: JobLock[];
  release(): void;
}

/** What a run holds while it works: its job's lock, then its group's and its host's place, taken in this order, so that no two runs wait for each other. */
export type Permits = HeldPermits | { held: false; detail: string } | { held: false; cancelled: NodeJS.Signals };

/**
 * Takes everything that limits this run, waiting where its policy says so. What it holds already tells of it meanwhile: others
 * are refused by its name, or replace it.
 */
export async function takePermits(request: RunRequest, ports: RunPorts, holder: Holder): Promise<Permits> {
  const taken: JobLock[] = [];
  const release = (): void => {
    for (const lock of taken.toReversed()) lock.release();
  };
  for (const limit of limitsOf(request)) {
    taken[0]?.record({ ...holder, waitsFor: `its turn (${limit.name})` });
    const got = await acquire(limit, request, ports);
    if (got.held) taken.push(got.lock);
    else {
      release();
      return got;
    }
  }
  const [lock, ...places] = taken as [JobLock, ...JobLock[]];
  return { held: true, lock, places, release };
}

/** One thing that limits: at most `limit` runs hold a lock of this name. */
interface Limit {
  name: string;
  limit: number;
  overlap: Job["overlap"];
  byPriority: boolean;
}

function limitsOf({ job, group, hostLimit }: RunRequest): Limit[] {
  const own = { name: job.name, limit: job.overlap === "allow" ? (job.resources.concurrencyLimit ?? MOST_AT_ONCE) : 1 };
  return [
    { ...own, overlap: job.overlap, byPriority: false },
    ...(group ? [{ name: `@group-${group.name}`, limit: group.limit, overlap: "wait" as const, byPriority: true }] : []),
    ...(hostLimit === undefined ? [] : [{ name: "@host", limit: hostLimit, overlap: "wait" as const, byPriority: true }]),
  ];
}

type Acquired = { held: true; lock: JobLock } | Exclude<Permits, { held: true }>;

async function acquire(limit: Limit, request: RunRequest, ports: RunPorts): Promise<Acquired> {
  if (limit.overlap === "wait") return waitInLine(limit, request, ports);
  const first = await tryPlaces(limit, request, ports);
  if (first.held) return first;
  if (limit.overlap === "replace" && first.holder) return replaceHolder(limit, first.holder, request, ports);
  return { held: false, detail: refusal(first.holder, ports.now()) };
}

/** The first free of the places; an orphan whose time is long over is ended first: it can't block a job for ever. */
async function tryPlaces(
  { name, limit }: Limit,
  request: RunRequest,
  ports: RunPorts,
): Promise<{ held: true; lock: JobLock } | { held: false; holder: Holder | undefined }> {
  let holder: Holder | undefined;
  for (let place = 0; place < limit; place++) {
    const lockName = place === 0 ? name : `${name}.${place}`;
    let taken = acquireLock(request.stateDir, lockName);
    if (!taken.held && taken.holder && mayBeEnded(taken.holder, ports.now())) {
      await endOverdue(taken.holder, request, ports);
      taken = acquireLock(request.stateDir, lockName);
    }
    if (taken.held) return taken;
    holder ??= taken.holder;
  }
  return { held: false, holder };
}

async function endOverdue(holder: Holder, { start }: RunRequest, { book, now, warn }: RunPorts): Promise<void> {
  warn(`ending run ${holder.runId ?? holder.key}, which a killed supervisor left behind and whose time is over`);
  await endOrphan(holder);
  book.markCrashed(holder.key, `its supervisor was killed; run ${start.key} ended what it had left behind, long past its timeout`, now());
}

/** First come, first served; of a group's or the host's waiters the one of higher priority. */
async function waitInLine(limit: Limit, request: RunRequest, ports: RunPorts): Promise<Acquired> {
  const { job, start, stateDir } = request;
  if (queueLength(stateDir, limit.name) === 0) {
    const free = await tryPlaces(limit, request, ports);
    if (free.held) return free;
  }
  const { supervisorPid: pid, supervisorStart } = start.provenance;
  const waiter = { key: start.key, job: job.name, since: ports.now(), priority: job.priority, supervisor: { pid, start: supervisorStart } };
  const ticket =
    limit.byPriority || job.queueLimit === undefined
      ? queueUp(stateDir, limit.name, waiter, limit.byPriority)
      : queueUpWithin(stateDir, limit.name, waiter, job.queueLimit);
  if ("full" in ticket) return { held: false, detail: `${ticket.full} runs wait already (queueLimit ${job.queueLimit})` };
  try {
    return await untilFirst(ticket, limit, request, ports);
  } finally {
    ticket.leave();
  }
}

async function untilFirst(ticket: Ticket, limit: Limit, request: RunRequest, ports: RunPorts): Promise<Acquired> {
  const { waitTimeout } = request.job;
  const deadline = waitTimeout === undefined ? Number.POSITIVE_INFINITY : performance.now() + waitTimeout;
  for (;;) {
    const tried = ticket.position() === 0 ? await tryPlaces(limit, request, ports) : undefined;
    if (tried?.held) return tried;
    if (ports.asked.received) return { held: false, cancelled: ports.asked.received };
    if (performance.now() >= deadline) {
      return { held: false, detail: `waited for ${limit.name} as long as waitTimeout allows; ${refusal(tried?.holder, ports.now())}` };
    }
    await sleep(POLL_MS, ports.asked.first);
  }
}

/** Takes the place of whoever holds the lock. Where several do so at once, one of them stays: keys sort by start, and the earlier give way. */
async function replaceHolder(limit: Limit, first: Holder, request: RunRequest, ports: RunPorts): Promise<Acquired> {
  for (let holder = first; ;) {
    const got = await endHolder(limit, holder, request, ports);
    if (!("next" in got)) return got;
    holder = got.next;
    if (holder.key > request.start.key) return { held: false, detail: `a later run was faster: ${refusal(holder, ports.now())}` };
  }
}

/** Ends a run by the whole ladder, and takes its place, unless another is faster. */
async function endHolder(limit: Limit, holder: Holder, request: RunRequest, ports: RunPorts): Promise<Acquired | { next: Holder }> {
  ports.warn(`ending run ${holder.runId ?? holder.key} (overlap: replace)`);
  try {
    writeCancelRequest(request.stateDir, holder.key, { by: `run ${request.start.key}`, reason: "overlap: replace" });
  } catch {
    // A full disk loses who asked for it, not the replacement.
  }
  const deadline = performance.now() + holder.killAfter + SUPERVISOR_GRACE_MS;
  if (isRunning(holder.supervisor)) signalProcess(holder.supervisor, "SIGTERM");
  else await endOverdue(holder, request, ports);
  for (;;) {
    const tried = await tryPlaces(limit, request, ports);
    const isOver = tried.held || (tried.holder !== undefined && tried.holder.key !== holder.key);
    if (isOver) removeCancelRequest(request.stateDir, holder.key);
    if (tried.held) return tried;
    if (isOver) return { next: tried.holder as Holder };
    if (ports.asked.received) return { held: false, cancelled: ports.asked.received };
    if (performance.now() >= deadline) return { held: false, detail: `could not be replaced: ${refusal(tried.holder, ports.now())}` };
    await sleep(POLL_MS, ports.asked.first);
  }
}
