import { HOOK_KILL_AFTER, HOOK_TIMEOUT, type HookName, type Job, type Work } from "../job.ts";
import type { RunOutcome } from "../run.ts";
import { runAttempt } from "./attempt.ts";
import { type BegunRun, environmentOf, errorOf } from "./attempts.ts";
import { prepareChild } from "./child-command.ts";
import { classify } from "./outcome.ts";
import { createRedactor } from "./redact.ts";
import type { RunPorts, RunReport, RunRequest } from "./run-request.ts";

/** What is kept of a hook's output. */
const OUTPUT_BYTES = 16 * 1024;
const NEVER = new Promise<never>(() => {});

/** Runs `onStart`, once, before the first attempt. */
export async function runStartHook(request: RunRequest, ports: RunPorts, run: BegunRun): Promise<void> {
  await runHook("onStart", { request, ports, run, cancelled: ports.asked.first, variables: {}, attempt: 1 });
}

/** Runs `onSuccess` or `onFailure`, then `onFinish`. The run is over and recorded: nothing that they do changes it, and no lock is held. */
export async function runEndHooks(
  request: RunRequest,
  ports: RunPorts,
  { run, report }: { run: BegunRun; report: RunReport },
): Promise<void> {
  const variables = endVariables(request, report);
  const attempt = Math.max(1, report.attempts.length);
  for (const name of hooksAfter(report.outcome)) await runHook(name, { request, ports, run, cancelled: NEVER, variables, attempt });
  run.log?.sync();
}

/** A run that was cancelled, or had nothing to do, has neither succeeded nor failed. */
function hooksAfter({ status }: RunOutcome): HookName[] {
  if (status === "succeeded") return ["onSuccess", "onFinish"];
  return status === "cancelled" || status === "skipped" ? ["onFinish"] : ["onFailure", "onFinish"];
}

function endVariables({ start }: RunRequest, { outcome, exitCode, durationMs }: RunReport): Record<string, string> {
  const isGood = outcome.status === "succeeded" || outcome.status === "skipped";
  return {
    JOBCTL_STATUS: outcome.status,
    ...("reason" in outcome ? { JOBCTL_REASON: outcome.reason } : {}),
    JOBCTL_EXIT_CODE: String(exitCode),
    JOBCTL_DURATION_MS: String(durationMs),
    JOBCTL_LOG: start.logPath,
    ...(isGood ? {} : { JOBCTL_ERROR: errorOf(outcome) }),
  };
}

interface HookCall {
  request: RunRequest;
  ports: RunPorts;
  run: BegunRun;
  cancelled: Promise<NodeJS.Signals>;
  variables: Record<string, string>;
  attempt: number;
}

/** As the job's own user, in its folder and with its environment; it holds none of its locks. */
async function runHook(name: HookName, { request, ports, run, cancelled, variables, attempt }: HookCall): Promise<void> {
  const hook = request.job.hooks?.[name];
  if (hook === undefined) return;
  const forHook: RunRequest = { ...request, job: { ...request.job, work: workOf(hook) } };
  const facts = { runId: run.id, attempt, previousError: null };
  const secrets = Object.values(request.secrets);
  const redactors = { stdout: createRedactor(secrets), stderr: createRedactor(secrets) };
  let output = "";
  const keep = (text: string): void => void (output = (output + text).slice(0, OUTPUT_BYTES));
  const end = await runAttempt({
    argv: prepareChild(forHook, { ...facts, now: ports.now() }).argv,
    cwd: request.cwd,
    env: { ...environmentOf(request, facts), ...variables, JOBCTL_HOOK: name },
    lockFds: [],
    runKey: request.start.key,
    killAfter: HOOK_KILL_AFTER,
    timeout: HOOK_TIMEOUT,
    leftovers: request.job.leftovers,
    limits: {},
    onOutput: (stream, text) => keep(redactors[stream].push(text)),
    cancelled,
  });
  keep(redactors.stdout.end());
  keep(redactors.stderr.end());
  const said = Buffer.from(output, "latin1").toString().trimEnd();
  for (const line of said === "" ? [] : said.split("\n")) run.sink.note(`${name}: ${line}`);
  const outcome = classify(end, { module: undefined, exitCodes: {} });
  if (outcome.status !== "succeeded") tellFailure(`${name} of ${request.job.name} ${failureOf(outcome)}`, ports, run);
}

function workOf(hook: NonNullable<NonNullable<Job["hooks"]>[HookName]>): Work {
  return typeof hook === "string" ? { kind: "shell", script: hook } : { kind: "command", argv: hook };
}

function failureOf(outcome: RunOutcome): string {
  return outcome.status === "failed" ? `failed: ${errorOf(outcome)}` : `${outcome.status}: ${errorOf(outcome)}`;
}

function tellFailure(text: string, { warn }: RunPorts, { sink }: BegunRun): void {
  sink.note(text);
  warn(`${text}; this does not change how the run ended`);
}
