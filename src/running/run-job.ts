import type { Job } from "../job.ts";
import type { RunOutcome, SkipReason } from "../run.ts";
import { type AttemptsEnd, type BegunRun, runAttempts } from "./attempts.ts";
import { staticGates, type Verdict } from "./gates.ts";
import { toldBy } from "./cancel-request.ts";
import { acquireLock, type Holder, type JobLock } from "./job-lock.ts";
import { endOrphan, mayBeEnded, refusal } from "./orphans.ts";
import { exitCodeOf } from "./outcome.ts";
import { createOutputSink, type OutputView } from "./output.ts";
import { markCrashedRuns } from "./reconcile.ts";
import { createRunLog, type RunLog } from "./run-log.ts";
import type { RunPorts, RunReport, RunRequest } from "./run-request.ts";
import { passStateGates } from "./wait-for-needs.ts";

/** The life of one run; each step is told in run.md. */
export async function runJob(request: RunRequest, ports: RunPorts): Promise<RunReport> {
  const { job, stateDir, start } = request;
  const allowed = staticGates(job, request.staticFacts);
  if (!allowed.pass) return skip(request, ports, allowed);

  const taken = await takeLock(request, ports);
  if (!taken.held) return skip(request, ports, { pass: false, reason: "locked", detail: refusal(taken.holder, ports.now()) });

  const { lock } = taken;
  markCrashedRuns(ports.book, stateDir, start.provenance.bootId, ports.now());
  const ready = await passStateGates(request, ports, (waitsFor) => lock.record({ ...holderOf(request), waitsFor }));
  if (!ready.pass) {
    lock.release();
    return skip(request, ports, ready);
  }

  const run = begin(request, ports, lock);
  if (run === "slot-done") {
    lock.release();
    return skipReport("slot-done", "another run was started for this slot", ports.now());
  }
  const report = finish(request, ports, run, toldBy(request, await runAttempts(request, ports, run)));
  lock.release();
  run.log?.close();
  return report;
}

function skip(request: RunRequest, { book, now }: RunPorts, { reason, detail }: Verdict & { pass: false }): RunReport {
  const report = skipReport(reason, detail, now());
  if (!request.dryRun) book.end(request.start, { key: request.start.key, ...report });
  return report;
}

function skipReport(reason: SkipReason, detail: string, finishedAt: number): RunReport {
  const outcome: RunOutcome = { status: "skipped", reason, detail };
  return { id: null, outcome, exitCode: exitCodeOf(outcome, false), finishedAt, durationMs: 0, attempts: [], outputTail: "", usage: null };
}

/** Takes the job's lock. An orphan whose time is long over is ended first: it can't block the job for ever. */
async function takeLock(request: RunRequest, { book, now, warn }: RunPorts): Promise<ReturnType<typeof acquireLock>> {
  const { job, stateDir, start } = request;
  const taken = acquireLock(stateDir, job.name);
  if (taken.held || !taken.holder || !mayBeEnded(taken.holder, now())) return taken;
  const { holder } = taken;
  warn(`ending run ${holder.runId ?? holder.key}, which a killed supervisor left behind and whose time is over`);
  await endOrphan(holder);
  book.markCrashed(holder.key, `its supervisor was killed; run ${start.key} ended what it had left behind, long past its timeout`, now());
  return acquireLock(stateDir, job.name);
}

/** The log is locked before the row can be seen, and the row on disk before the child starts. */
function begin(request: RunRequest, { book, view, warn }: RunPorts, lock: JobLock): BegunRun | "slot-done" {
  const { start, secrets } = request;
  const holder = holderOf(request);
  lock.record(holder);
  const log = createLog(request, warn);
  const id = book.begin(start);
  if (id === "slot-done") {
    log?.discard();
    return id;
  }
  holder.runId = id;
  const lines = { watch: (_text: string): void => {} };
  const watched: OutputView = {
    ...view,
    line(stream, text) {
      view.line?.(stream, text);
      lines.watch(text);
    },
  };
  return { id, lock, holder, log, lines, sink: createOutputSink(log, watched, Object.values(secrets)) };
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

function holderOf({ job, start }: RunRequest): Holder {
  const { supervisorPid, supervisorStart } = start.provenance;
  return {
    key: start.key,
    runId: null,
    job: job.name,
    startedAt: start.startedAt,
    supervisor: { pid: supervisorPid, start: supervisorStart },
    command: describeWork(job),
    logPath: start.logPath,
    killAfter: job.killAfter,
    ...(job.timeout === undefined ? {} : { deadline: start.startedAt + job.timeout + job.killAfter }),
  };
}

export function describeWork({ work }: Job): string {
  switch (work.kind) {
    case "command":
      return work.argv.join(" ");
    case "shell":
      return `sh -c ${JSON.stringify(work.script)}`;
    case "module":
      return work.uses;
    default:
      return work satisfies never;
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
    durationMs: Math.max(0, finishedAt - start.startedAt),
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
