import { dirname } from "node:path";
import type { AttemptRecord, RunOutcome } from "../run.ts";
import { sleep } from "../system/wait.ts";
import { utcTime } from "../utc-time.ts";
import { runAttempt, type AttemptEnd } from "./attempt.ts";
import { prepareChild } from "./child-command.ts";
import { childEnvironment } from "./child-environment.ts";
import { unmetExpectation, watchPatterns } from "./expect.ts";
import type { HostMessage } from "./host/protocol.ts";
import type { Holder } from "./job-lock.ts";
import { classify, forWantOfMemory, type ModuleEnd } from "./outcome.ts";
import type { OutputSink } from "./output.ts";
import { redactJson } from "./redact.ts";
import { isRetryable, retryDelay } from "./retry.ts";
import type { RunLog } from "./run-log.ts";
import type { RunPorts, RunRequest } from "./run-request.ts";
import { createCpuMeter, unitOf, watchUsage, type Usage, type UsageWatch } from "./usage.ts";

const LONGEST_ERROR = 8192;

/** The locks under which a run works. */
export interface Place {
  /** Those that the child inherits: the job's first. */
  fds: number[];
  /** Notes in every lock file who holds it now. */
  record(holder: Holder): void;
}

/** A run whose record is on disk. */
export interface BegunRun extends Place {
  id: number | null;
  holder: Holder;
  log: RunLog | undefined;
  sink: OutputSink;
  /** Who looks at each line of the output now. */
  lines: { watch(text: string): void };
}

export interface AttemptsEnd {
  outcome: RunOutcome;
  attempts: AttemptRecord[];
  usage: Usage | null;
}

/** Attempt, backoff, attempt, until one is not worth repeating. The wait keeps the locks, and ends at once on a signal. */
export async function runAttempts(request: RunRequest, ports: RunPorts, run: BegunRun): Promise<AttemptsEnd> {
  const { job, start } = request;
  const { retry, totalTimeout } = job;
  const deadline = totalTimeout === undefined ? Number.POSITIVE_INFINITY : performance.now() + totalTimeout;
  const usage = ports.watchUsage?.() ?? watchUsage(createCpuMeter(request.childrenTicks), await unitOf(start.provenance));
  const attempts: AttemptRecord[] = [];
  for (let number = 1; ; number++) {
    const startedAt = ports.now();
    const outcome = await oneAttempt(request, ports, {
      run,
      usage,
      number,
      previous: attempts.at(-1),
      leftMs: deadline - performance.now(),
    });
    attempts.push({ number, startedAt, finishedAt: ports.now(), outcome });
    const wait =
      number <= retry.maxRetries && isRetryable(outcome, retry, job.exitCodes) ? retryDelay(retry, number, Math.random()) : undefined;
    if (wait === undefined || performance.now() + wait >= deadline) return { outcome, attempts, usage: usage.end() };

    const retryAt = ports.now() + wait;
    ports.book.attemptEnded(start, attempts.at(-1) as AttemptRecord, retryAt);
    run.sink.note(`attempt ${number} ${outcome.status}; retry ${number}/${retry.maxRetries} at ${utcTime(retryAt)}`);
    await sleep(wait, ports.asked.first);
    const signal = ports.asked.received;
    if (signal) return { outcome: { status: "cancelled", signal, error: errorOf(outcome) }, attempts, usage: usage.end() };
  }
}

interface AttemptSetting {
  run: BegunRun;
  usage: UsageWatch;
  number: number;
  previous: AttemptRecord | undefined;
  /** Until totalTimeout is over. */
  leftMs: number;
}

async function oneAttempt(request: RunRequest, ports: RunPorts, setting: AttemptSetting): Promise<RunOutcome> {
  const { job, secrets, cwd } = request;
  const { run, usage, number } = setting;
  const patterns = watchPatterns(job.expect);
  run.lines.watch = patterns.line;
  const [bytes, began, startedAt] = [run.sink.bytes(), performance.now(), ports.now()];
  const module: ModuleEnd = {};
  const end = await startChild(request, ports, { ...setting, module });
  run.sink.flush();
  const ended = classify(end, { module: job.work.kind === "module" ? module : undefined, exitCodes: job.exitCodes });
  const outcome = ended.status === "failed" && usage.lackedMemory(end) ? forWantOfMemory(ended, usage.memoryLimit()) : ended;
  const unmet =
    outcome.status === "succeeded" && job.expect
      ? unmetExpectation(job.expect, {
          matched: patterns.matched(),
          notMatched: patterns.notMatched(),
          bytes: run.sink.bytes() - bytes,
          durationMs: performance.now() - began,
          startedAt,
          folder: cwd,
        })
      : undefined;
  const judged: RunOutcome = unmet === undefined ? outcome : { ...outcome, status: "failed", reason: "expect", error: unmet };
  if (number > 1 && judged.status !== "succeeded") run.sink.note(`attempt ${number} ${judged.status}`);
  // Errors and results come from the job and may hold a secret.
  return redactJson(judged, Object.values(secrets));
}

async function startChild(request: RunRequest, ports: RunPorts, setting: AttemptSetting & { module: ModuleEnd }): Promise<AttemptEnd> {
  const { job, start } = request;
  const { run, usage, module, number, previous, leftMs } = setting;
  const previousError = previous === undefined ? null : errorOf(previous.outcome);
  const child = prepareChild(request, { attempt: number, runId: run.id, now: ports.now(), previousError });
  return runAttempt({
    argv: child.argv,
    cwd: request.cwd,
    env: { ...environmentOf(request, { runId: run.id, attempt: number, previousError }), ...child.env },
    startBy: usage.start,
    lockFds: run.fds,
    runKey: start.key,
    killAfter: job.killAfter,
    timeout: job.timeout,
    idleTimeout: job.idleTimeout,
    totalLeft: Number.isFinite(leftMs) ? leftMs : undefined,
    totalTimeout: job.totalTimeout,
    leftovers: job.leftovers,
    limits: job.resources,
    onOutput: (stream, text) => run.sink.push(stream, text),
    onMessage: job.work.kind === "module" ? (message) => take(message, { module, usage, ports }) : undefined,
    onStart(process) {
      const deadline = job.timeout === undefined ? {} : { deadline: ports.now() + job.timeout + job.killAfter };
      run.record({ ...run.holder, ...deadline, child: process });
      usage.watch(process, job.work.kind === "module");
    },
    onExit: usage.exited,
    cancelled: ports.asked.first,
  });
}

function take(message: HostMessage, { module, usage, ports }: { module: ModuleEnd; usage: UsageWatch; ports: RunPorts }): void {
  if (message.type === "progress") return ports.progress(message.done, message.total, message.text);
  usage.saw(message.peakBytes);
  if (message.type === "skip") module.skip = message.detail;
  else Object.assign(module, message);
}

/** The child's whole environment but for the job host's request. */
export function environmentOf(
  request: RunRequest,
  { runId, attempt, previousError }: { runId: number | null; attempt: number; previousError: string | null },
): Record<string, string> {
  const { start, previousSlot, timezone, program, user, variables, secrets, environment, dryRun, parameters } = request;
  const run = { ...start, previousSlot, previousError, id: runId, attempt, environment, dryRun, parameters };
  return childEnvironment({ user, nodeFolder: dirname(program.node), timezone, variables, secrets, run });
}

/** Why an attempt did not succeed, as variables can hold it: without NUL, and far below the 128 KiB that execve(2) takes. */
export function errorOf(outcome: RunOutcome): string {
  if ("error" in outcome && outcome.error) return outcome.error.replaceAll("\0", "").slice(0, LONGEST_ERROR);
  if (outcome.status === "failed") return `exit code ${outcome.exitCode}`;
  return outcome.status;
}
