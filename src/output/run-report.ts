import type { CommandContext, RunOptions } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { Json } from "../job.ts";
import type { RunOutcome } from "../run.ts";
import type { RunDocument, RunReport, RunRequest } from "../running/run-request.ts";
import { jsonDocument } from "./json.ts";
import { type Style, statusLook } from "./looks.ts";
import { styleFor } from "./style.ts";
import { skipLine } from "./skip-line.ts";
import { renderFields } from "./table.ts";
import { plainText } from "./text.ts";
import { formatDuration } from "./times.ts";

/** The document of `jobctl run --json`; instants in ISO 8601 UTC. */
function runDocument({ start }: RunRequest, report: RunReport): RunDocument {
  const { outcome } = report;
  return {
    id: report.id,
    key: start.key,
    job: start.job,
    status: outcome.status,
    exitCode: report.exitCode,
    reason: "reason" in outcome ? outcome.reason : null,
    detail: "detail" in outcome ? (outcome.detail ?? null) : null,
    signal: "signal" in outcome ? (outcome.signal ?? null) : null,
    result: "result" in outcome ? (outcome.result ?? null) : null,
    error: "error" in outcome ? (outcome.error ?? null) : null,
    trigger: start.trigger,
    scheduledFor: new Date(start.scheduledFor).toISOString(),
    startedAt: new Date(start.startedAt).toISOString(),
    finishedAt: new Date(report.finishedAt).toISOString(),
    durationMs: report.durationMs,
    attempts: report.attempts.length,
    cpuMs: report.usage?.cpuMs ?? null,
    peakMemory: report.usage?.peakBytes ?? null,
    logPath: report.id === null && outcome.status === "skipped" ? null : start.logPath,
  };
}

/** Tells the end of a run: one JSON document, one line in a terminal, or for a failure one line and the tail on stderr. */
export async function tellEnd(
  request: RunRequest,
  report: RunReport,
  options: RunOptions,
  { stdout, stderr, env }: CommandContext,
): Promise<void> {
  if (options.json) {
    if (request.shared) request.shared.documents.push(runDocument(request, report));
    else stdout.write(jsonDocument(runDocument(request, report)));
    return;
  }
  const { outcome } = report;
  const style = await styleFor(stderr, env);
  stderr.write(
    outcome.status === "skipped" ? skipLine(request.job.name, outcome, style.dim) : `${headline(request, outcome, report, style)}\n`,
  );
  if ("error" in outcome && outcome.error && !describe(outcome).endsWith(outcome.error)) stderr.write(indent(plainText(outcome.error)));
  if (stderr.isTerminal) {
    if ("result" in outcome && outcome.result !== undefined) stderr.write(resultLines(outcome.result));
  } else if (report.outputTail !== "") stderr.write(`--- the end of its output ---\n${report.outputTail.replace(/\n?$/, "\n")}`);
}

/** One document of the runs of a catch-up: that of the run which decides the exit code, and where they were several all of them in `runs`. */
export function tellRuns(documents: readonly RunDocument[], { stdout }: Pick<CommandContext, "stdout">): void {
  const deciding = documents.findLast(({ exitCode }) => exitCode !== EXIT.ok) ?? documents.at(-1);
  if (deciding) stdout.write(jsonDocument(documents.length === 1 ? deciding : { ...deciding, runs: documents }));
}

type Told = Exclude<RunOutcome, { status: "skipped" }>;

const indent = (text: string): string => `  ${text.trimEnd().replaceAll("\n", "\n  ")}\n`;

function headline({ job }: RunRequest, outcome: Told, { id, durationMs }: RunReport, style: Style): string {
  const { text, colour } = statusLook(outcome.status, outcome.status === "succeeded" && outcome.warn === true);
  const sign = style[colour](text.slice(0, 1));
  const run = id === null ? "" : ` (run ${id})`;
  const next = id === null || outcome.status === "succeeded" ? "" : `; jobctl show ${id}`;
  return `${sign} ${job.name} ${describe(outcome)} after ${formatDuration(durationMs)}${run}${next}`;
}

function describe(outcome: Told): string {
  switch (outcome.status) {
    case "succeeded":
      return outcome.warn ? `succeeded with a warning (exit code ${outcome.exitCode})` : "succeeded";
    case "failed":
      if (outcome.reason === "signal") return `failed: killed by ${outcome.signal}`;
      return outcome.reason === "exit-code" ? `failed with exit code ${outcome.exitCode}` : `failed (${outcome.reason})`;
    case "timed-out":
      return `timed out (${outcome.reason})`;
    case "cancelled":
      return `was cancelled ${outcome.detail ?? `by ${outcome.signal}`}`;
    case "crashed":
      return `crashed: ${outcome.reason}`;
    case "not-started":
      return `could not be started (${outcome.reason})`;
    default:
      return outcome satisfies never;
  }
}

function resultLines(result: Json): string {
  if (typeof result !== "object" || result === null || Array.isArray(result)) return `  result  ${JSON.stringify(result)}\n`;
  const fields = Object.entries(result).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)] as const);
  return fields.length === 0 ? "" : renderFields(fields, (label) => `  ${label}`);
}
