import type { RunOutcome, SkipReason } from "../run.ts";
import type { Verdict } from "./gates.ts";
import { exitCodeOf } from "./outcome.ts";
import type { RunPorts, RunReport, RunRequest } from "./run-request.ts";

export function skip(request: RunRequest, { book, now }: RunPorts, { reason, detail }: Verdict & { pass: false }): RunReport {
  const report = skipReport(reason, detail, now());
  if (!request.dryRun) book.end(request.start, { key: request.start.key, ...report });
  return report;
}

export function skipReport(reason: SkipReason, detail: string, finishedAt: number): RunReport {
  return emptyReport({ status: "skipped", reason, detail }, finishedAt);
}

/** Of what did not come to a start. */
export function emptyReport(outcome: RunOutcome, finishedAt: number): RunReport {
  return { id: null, outcome, exitCode: exitCodeOf(outcome, false), finishedAt, durationMs: 0, attempts: [], outputTail: "", usage: null };
}
