import type { CommandContext, RunOptions } from "../context.ts";
import type { RunOutcome } from "../run.ts";
import type { RunReport, RunRequest } from "../running/run-job.ts";

/** The document of `jobctl run --json`; instants in ISO 8601 UTC. */
export function runDocument({ start }: RunRequest, report: RunReport): object {
  const { outcome } = report;
  return {
    id: report.id,
    key: start.key,
    job: start.job,
    status: outcome.status,
    exitCode: report.exitCode,
    reason: "reason" in outcome ? outcome.reason : null,
    detail: "detail" in outcome ? outcome.detail : null,
    signal: "signal" in outcome ? (outcome.signal ?? null) : null,
    result: "result" in outcome ? (outcome.result ?? null) : null,
    error: "error" in outcome ? (outcome.error ?? null) : null,
    trigger: start.trigger,
    scheduledFor: new Date(start.scheduledFor).toISOString(),
    startedAt: new Date(start.startedAt).toISOString(),
    finishedAt: new Date(report.finishedAt).toISOString(),
    durationMs: report.durationMs,
    attempts: report.attempts,
    logPath: report.id === null && outcome.status === "skipped" ? null : start.logPath,
  };
}

/** Tells the end of a run: one JSON document, one line in a terminal, or for a failure one line and the tail on stderr. */
export function tellEnd(request: RunRequest, report: RunReport, options: RunOptions, { stdout, stderr }: CommandContext): void {
  if (options.json) return stdout.write(`${JSON.stringify(runDocument(request, report), null, 2)}\n`);
  const colour = stderr.isTerminal;
  stderr.write(`${headline(request, report, colour)}\n`);
  const { outcome } = report;
  if (stderr.isTerminal) {
    if ("result" in outcome && outcome.result !== undefined) stderr.write(`${resultLines(outcome.result)}`);
    if ("error" in outcome && outcome.error) stderr.write(`  ${outcome.error.split("\n").join("\n  ")}\n`);
  } else {
    if ("error" in outcome && outcome.error) stderr.write(`${outcome.error}\n`);
    if (report.outputTail !== "") stderr.write(`--- the end of its output ---\n${report.outputTail.replace(/\n?$/, "\n")}`);
  }
}

function headline({ job }: RunRequest, report: RunReport, colour: boolean): string {
  const { outcome, id, durationMs } = report;
  const paint = (code: number, text: string): string => (colour ? `\x1b[${code}m${text}\x1b[39m` : text);
  const run = id === null ? "" : ` (run ${id})`;
  const took = outcome.status === "skipped" ? "" : ` after ${duration(durationMs)}`;
  const next = id === null || outcome.status === "succeeded" ? "" : `; jobctl show ${id}`;
  switch (outcome.status) {
    case "succeeded":
      return `${paint(32, "✓")} ${job.name} succeeded${took}${run}`;
    case "skipped":
      return `${paint(33, "-")} ${job.name} skipped: ${outcome.reason}: ${outcome.detail}`;
    default:
      return `${paint(31, "✗")} ${job.name} ${describe(outcome)}${took}${run}${next}`;
  }
}

function describe(outcome: Exclude<RunOutcome, { status: "succeeded" | "skipped" }>): string {
  switch (outcome.status) {
    case "failed":
      if (outcome.reason === "signal") return `failed: killed by ${outcome.signal}`;
      return outcome.reason === "exit-code" ? `failed with exit code ${outcome.exitCode}` : `failed (${outcome.reason})`;
    case "timed-out":
      return `timed out (${outcome.reason})`;
    case "cancelled":
      return `was cancelled by ${outcome.signal}`;
    case "crashed":
      return `crashed: ${outcome.reason}`;
    case "not-started":
      return `could not be started (${outcome.reason})`;
    default:
      return outcome satisfies never;
  }
}

function duration(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function resultLines(result: unknown): string {
  const entries = typeof result === "object" && result !== null ? Object.entries(result) : [["result", result] as const];
  return entries.map(([name, value]) => `  ${name}  ${typeof value === "object" ? JSON.stringify(value) : String(value)}\n`).join("");
}
