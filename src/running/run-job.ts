import { dirname } from "node:path";
import type { Job, Json } from "../job.ts";
import type { RunBook, RunOutcome, RunStart, SkipReason } from "../run.ts";
import { redactJson } from "./redact.ts";
import type { AttemptEnd } from "./attempt.ts";
import { runAttempt } from "./attempt.ts";
import { childEnvironment } from "./child-environment.ts";
import { prepareChild } from "./child-command.ts";
import { stateGates, staticGates, type StateFacts, type StaticFacts, type Verdict } from "./gates.ts";
import { acquireLock, type Holder, type JobLock } from "./job-lock.ts";
import { classify, exitCodeOf, type ModuleEnd } from "./outcome.ts";
import { createOutputSink, type OutputSink, type OutputView } from "./output.ts";
import { endOrphan, mayBeEnded, refusal } from "./orphans.ts";
import { markCrashedRuns } from "./reconcile.ts";
import { createRunLog, type RunLog } from "./run-log.ts";

/** Everything that one run needs to know, resolved: nothing below reads the manifest or the process. */
export interface RunRequest {
  job: Job;
  start: RunStart & { logPath: string };
  stateDir: string;
  /** The manifest's folder. */
  folder: string;
  cwd: string;
  environment: string;
  variables: Record<string, string>;
  secrets: Record<string, string>;
  database: string | null;
  mail: string | null;
  /** The job's zone. */
  timezone: string;
  /** The module's parameters: `with` and `--set`, unchecked. */
  parameters: Record<string, Json>;
  /** Absolute path of the module, for module jobs. */
  module?: string;
  dryRun: boolean;
  /** The slot before this run's, so that a report knows its period. */
  previousSlot: number | null;
  /** With --scheduled-for the job's clock shows that instant. */
  asOf?: number;
  user: { name: string; home: string };
  program: { node: string; host: string };
  staticFacts: StaticFacts;
  stateFacts(book: RunBook): StateFacts;
}

export interface RunPorts {
  book: RunBook;
  view: OutputView;
  now(): number;
  /** Resolves with the signal that asks this run to end. */
  cancelled: Promise<NodeJS.Signals>;
  progress(done: number, total: number | undefined, text: string | undefined): void;
  /** For people: what went wrong in jobctl itself without ending the run. */
  warn(text: string): void;
}

export interface RunReport {
  id: number | null;
  outcome: RunOutcome;
  exitCode: number;
  /** Milliseconds since the epoch, and milliseconds. */
  finishedAt: number;
  durationMs: number;
  attempts: number;
  outputTail: string;
}

/** The life of one run; each step is told in run.md. */
export async function runJob(request: RunRequest, ports: RunPorts): Promise<RunReport> {
  const { job, stateDir, start } = request;
  const allowed = staticGates(job, request.staticFacts);
  if (!allowed.pass) return skip(request, ports, allowed);

  const taken = await takeLock(request, ports);
  if (!taken.held) return skip(request, ports, { pass: false, reason: "locked", detail: refusal(taken.holder, ports.now()) });

  const { lock } = taken;
  markCrashedRuns(ports.book, stateDir, start.provenance.bootId, ports.now());
  const ready = stateGates(job, request.stateFacts(ports.book));
  if (!ready.pass) {
    lock.release();
    return skip(request, ports, ready);
  }

  const run = begin(request, ports, lock);
  if (run === "slot-done") {
    lock.release();
    return skipReport("slot-done", "another run was started for this slot", ports.now());
  }
  const ended = await attempt(request, ports, run);
  const report = finish(request, ports, run, ended);
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
  return { id: null, outcome, exitCode: exitCodeOf(outcome, false), finishedAt, durationMs: 0, attempts: 0, outputTail: "" };
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

interface BegunRun {
  id: number | null;
  lock: JobLock;
  holder: Holder;
  log: RunLog | undefined;
  sink: OutputSink;
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
  return { id, lock, holder, log, sink: createOutputSink(log, view, Object.values(secrets)) };
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

interface AttemptResult {
  end: AttemptEnd;
  module: ModuleEnd | undefined;
}

async function attempt(request: RunRequest, ports: RunPorts, run: BegunRun): Promise<AttemptResult> {
  const { job, start } = request;
  const child = prepareChild(request, { attempt: 1, runId: run.id, now: ports.now() });
  const module: ModuleEnd = {};
  const env = environmentOf(request, run.id);
  const end = await runAttempt({
    argv: child.argv,
    cwd: request.cwd,
    env: { ...env, ...child.env },
    lockFd: run.lock.fd,
    control: job.work.kind === "module",
    runKey: start.key,
    killAfter: job.killAfter,
    timeout: job.timeout,
    idleTimeout: job.idleTimeout,
    leftovers: job.leftovers,
    limits: job.resources,
    onOutput: (stream, text) => run.sink.push(stream, text),
    onMessage: (message) => {
      if (message.type === "progress") ports.progress(message.done, message.total, message.text);
      if (message.type === "skip") module.skip = message.detail;
      if (message.type === "result") module.result = message.result;
      if (message.type === "error") Object.assign(module, message);
    },
    onStart: (process) => run.lock.record({ ...run.holder, child: process }),
    cancelled: ports.cancelled,
  });
  run.sink.end();
  return { end, module: job.work.kind === "module" ? module : undefined };
}

/** The child's whole environment but for the job host's request. */
export function environmentOf(request: RunRequest, runId: number | null): Record<string, string> {
  const { start, previousSlot, timezone, program, user, variables, secrets, environment, dryRun, parameters } = request;
  const run = { ...start, previousSlot, id: runId, attempt: 1, environment, dryRun, parameters };
  return childEnvironment({ user, nodeFolder: dirname(program.node), timezone, variables, secrets, run });
}

/** Pipes are drained and leftovers ended; the end is on disk before the lock is free. */
function finish(request: RunRequest, { book, now, warn }: RunPorts, run: BegunRun, { end, module }: AttemptResult): RunReport {
  const { start, secrets } = request;
  // Errors and results come from the job and may hold a secret.
  const outcome = redactJson(classify(end, module), Object.values(secrets));
  const finishedAt = now();
  const report: RunReport = {
    id: run.id,
    outcome,
    exitCode: exitCodeOf(outcome, request.module !== undefined),
    finishedAt,
    durationMs: Math.max(0, finishedAt - start.startedAt),
    attempts: 1,
    outputTail: run.sink.tail(),
  };
  run.sink.note(`${outcome.status}, exit code ${report.exitCode}, after ${report.durationMs} ms`);
  run.log?.sync();
  if (run.log?.problem) warn(`${start.logPath}: the log is not whole (${run.log.problem})`);
  book.end(start, { key: start.key, ...report });
  return report;
}
