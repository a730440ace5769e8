import type { AttemptsEnd, BegunRun, Place } from "./attempts.ts";
import { toldBy } from "./cancel-request.ts";
import { holderOf } from "./holder.ts";
import { exitCodeOf } from "./outcome.ts";
import { createOutputSink, type OutputView } from "./output.ts";
import type { HeldPermits } from "./permits.ts";
import { markCrashedRuns } from "./reconcile.ts";
import { createRunLog, type RunLog } from "./run-log.ts";
import type { RunPorts, RunReport, RunRequest } from "./run-request.ts";
import { skip, skipReport } from "./skip.ts";
import { passStateGates } from "./wait-for-needs.ts";

/** The part of a run's life in which it holds its locks, up to their release. */
export async function runHeld(request: RunRequest, ports: RunPorts, permits: HeldPermits): Promise<RunReport> {
  const { stateDir, start } = request;
  const release = sharedRelease(request, permits);
  markCrashedRuns(ports.book, stateDir, start.provenance.bootId, ports.now());
  const ready = await passStateGates(request, ports, (waitsFor) => permits.lock.record({ ...holderOf(request), waitsFor }));
  if (!ready.pass) {
    release();
    return skip(request, ports, ready);
  }

  const run = begin(request, ports, placeOf(permits));
  if (run === "slot-done") {
    release();
    return skipReport("slot-done", "another run was started for this slot", ports.now());
  }
  const report = finish(request, ports, run, toldBy(request, await runBetweenHooks(request, ports, run)));
  if (report.outcome.status === "cancelled" && request.shared) request.shared.keep = false;
  release();
  if (hasHooks(request)) await (await import("./hooks.ts")).runEndHooks(request, ports, { run, report });
  run.log?.close();
  return report;
}

/** Frees the permits, unless another run of this call goes on with them. */
function sharedRelease({ shared }: RunRequest, permits: HeldPermits): () => void {
  if (shared) shared.permits = permits;
  return () => {
    if (shared?.keep) return;
    delete shared?.permits;
    permits.release();
  };
}

/** A module's dry run does nothing that anybody should be told of. */
const hasHooks = ({ job, dryRun }: RunRequest): boolean => job.hooks !== undefined && !dryRun;

async function runBetweenHooks(request: RunRequest, ports: RunPorts, run: BegunRun): Promise<AttemptsEnd> {
  const { refusal } = request;
  if (refusal !== undefined) return { outcome: { status: "not-started", reason: "config", error: refusal }, attempts: [], usage: null };
  if (hasHooks(request)) await (await import("./hooks.ts")).runStartHook(request, ports, run);
  const signal = ports.asked.received;
  if (signal === undefined)
    return request.organizations ? runForEach(request, ports, run) : (await loadAttempts()).runAttempts(request, ports, run);
  return { outcome: { status: "cancelled", signal, error: "before its child was started" }, attempts: [], usage: null };
}

/** A skip need not load it, and a host skips often. */
const loadAttempts = (): Promise<typeof import("./attempts.ts")> => import("./attempts.ts");

/** Most jobs have no organizations: what runs these is loaded when it is needed. */
async function runForEach(request: RunRequest, ports: RunPorts, run: BegunRun): Promise<AttemptsEnd> {
  const { runAttempts } = await loadAttempts();
  const { runOrganizations } = await import("./organizations/run-organizations.ts");
  const runOne = async (part: RunRequest, partPorts: RunPorts, place: Place): Promise<RunReport> => {
    const begun = begin(part, partPorts, place) as BegunRun;
    const report = finish(part, partPorts, begun, toldBy(request, await runAttempts(part, partPorts, begun)));
    begun.log?.close();
    return report;
  };
  return runOrganizations({ request, ports, run, runOne, runAttempts });
}

function placeOf({ lock, places }: HeldPermits): Place {
  return {
    fds: [lock, ...places].map(({ fd }) => fd),
    record(holder) {
      for (const each of [lock, ...places]) each.record(holder);
    },
  };
}

/** The log is locked before the row can be seen, and the row on disk before the child starts. */
function begin(request: RunRequest, { book, view, warn }: RunPorts, { fds, record }: Place): BegunRun | "slot-done" {
  const { start, secrets } = request;
  const holder = holderOf(request);
  record(holder);
  const log = createLog(request, warn);
  const id = book.begin(start);
  if (id === "slot-done") {
    log?.discard();
    return id;
  }
  holder.runId = id;
  if (id === null && start.slot !== undefined) start.unclaimed = true;
  const lines = { watch: (_text: string): void => {} };
  const watched: OutputView = {
    ...view,
    line(stream, text) {
      view.line?.(stream, text);
      lines.watch(text);
    },
  };
  return {
    id,
    fds,
    record,
    holder,
    log,
    lines,
    sink: createOutputSink(log, watched, Object.values(secrets)),
  };
}

function createLog({ job, start }: RunRequest, warn: (text: string) => void): RunLog | undefined {
  try {
    return createRunLog(start.logPath, { jobctl: 1, ...start }, job.maxOutput);
  } catch (error) {
    warn(
      `${start.logPath}: no log can be written (${error instanceof Error ? error.message : String(error)}); the run goes on without one`,
    );
    return undefined;
  }
}

/** Pipes are drained and leftovers ended; the end is on disk before the lock is free. */
function finish(request: RunRequest, { book, now, warn }: RunPorts, run: BegunRun, { outcome, attempts, usage }: AttemptsEnd): RunReport {
  const { start } = request;
  const finishedAt = now();
  const report: RunReport = {
    id: run.id,
    outcome,
    exitCode: exitCodeOf(outcome, request.module !== undefined),
    finishedAt,
    durationMs: Math.round(performance.now() - request.began),
    attempts,
    outputTail: run.sink.tail(),
    usage,
  };
  run.sink.note(`${outcome.status}, exit code ${report.exitCode}, after ${report.durationMs} ms`);
  run.sink.end();
  run.log?.sync();
  if (run.log?.problem) warn(`${start.logPath}: the log is not whole (${run.log.problem})`);
  book.end(start, { key: start.key, ...report });
  return report;
}
