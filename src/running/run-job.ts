import type { RunOutcome } from "../run.ts";
import { toldBy } from "./cancel-request.ts";
import { staticGates } from "./gates.ts";
import { runHeld } from "./held-run.ts";
import { holderOf } from "./holder.ts";
import { takePermits } from "./permits.ts";
import type { RunPorts, RunReport, RunRequest } from "./run-request.ts";
import { emptyReport, skip } from "./skip.ts";

/** The life of one run; each step is told in run.md. */
export async function runJob(request: RunRequest, ports: RunPorts): Promise<RunReport> {
  const allowed = staticGates(request.job, request.staticFacts);
  if (!allowed.pass) return skip(request, ports, allowed);

  const permits = request.shared?.permits ?? (await takePermits(request, ports, holderOf(request)));
  if ("cancelled" in permits) return cancelledWhileWaiting(request, ports, permits.cancelled);
  if (!permits.held) return skip(request, ports, { pass: false, reason: "locked", detail: permits.detail });

  return runHeld(request, ports, permits);
}

function cancelledWhileWaiting(request: RunRequest, { book, now }: RunPorts, signal: NodeJS.Signals): RunReport {
  const { outcome } = toldBy(request, { outcome: { status: "cancelled", signal, error: "while it waited for its turn" } as RunOutcome });
  const report: RunReport = { ...emptyReport(outcome, now()), durationMs: Math.round(performance.now() - request.began) };
  book.end(request.start, { key: request.start.key, ...report });
  return report;
}
