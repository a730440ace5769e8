import type { Json } from "../../job.ts";
import type { RunOutcome } from "../../run.ts";
import type { RunReport } from "../run-request.ts";

/** How one organization's run ended. */
export interface PartEnd {
  organization: string;
  report: Pick<RunReport, "id" | "outcome" | "exitCode" | "usage">;
}

export interface Counted {
  organizations: number;
  doneBefore: number;
  /** The signal after which no run began any more. */
  cancelled: NodeJS.Signals | undefined;
}

/** So many failures are kept in the result, and so many names in the headline. */
const MOST_KEPT = 100;
const MOST_NAMED = 10;

/** The parent's end, from those of its parts in the order of their ends: it fails as the last that failed. */
export function outcomeOfParts(ends: readonly PartEnd[], { organizations, doneBefore, cancelled }: Counted): RunOutcome {
  const bad = ends.filter(({ report }) => report.exitCode !== 0);
  const of = (status: string): number => ends.filter(({ report }) => report.outcome.status === status).length;
  const [succeeded, skipped, ended] = [of("succeeded"), of("skipped"), of("cancelled")];
  const left = organizations - doneBefore - ends.length;
  const totals = sums(ends);
  const result = {
    organizations,
    succeeded,
    failed: ends.length - succeeded - skipped - ended,
    // Seldom more than 0, and then worth a look.
    ...aboveZero({ skipped, cancelled: ended, doneBefore, left }),
    ...(Object.keys(totals).length > 0 ? { totals } : {}),
    ...(bad.length > 0 ? { failures: bad.slice(0, MOST_KEPT).map(failure) } : {}),
  };
  if (cancelled !== undefined && (left > 0 || ended > 0)) return { status: "cancelled", signal: cancelled, result };
  const last = bad.at(-1);
  if (!last) return { status: "succeeded", ...(ends.some(hasWarning) ? { warn: true } : {}), exitCode: 0, result };
  return { status: "failed", reason: "organizations", exitCode: last.report.exitCode, error: inWords(bad, ends.length), result };
}

const aboveZero = (counts: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));

const hasWarning = ({ report: { outcome } }: PartEnd): boolean => outcome.status === "succeeded" && outcome.warn === true;

function failure({ organization, report: { id, outcome, exitCode } }: PartEnd): Record<string, Json> {
  return { organization, run: id, status: outcome.status, exitCode, error: firstLine(outcome) };
}

function inWords(bad: readonly PartEnd[], all: number): string {
  const named = bad.slice(0, MOST_NAMED);
  const more = bad.length > named.length ? [`and ${bad.length - named.length} more`] : [];
  const names = [...named.map(({ organization }) => organization), ...more].join(", ");
  const lines = named.map(({ organization, report }) => {
    const run = report.id === null ? "" : ` (run ${report.id})`;
    return `  ${organization}${run}: ${firstLine(report.outcome) ?? `${report.outcome.status}, exit code ${report.exitCode}`}`;
  });
  return [`${bad.length} of ${all} organizations were not done: ${names}`, ...lines].join("\n");
}

function firstLine(outcome: RunOutcome): string | null {
  if (outcome.status === "skipped") return `skipped: ${outcome.reason}: ${outcome.detail}`;
  const text = ("error" in outcome ? outcome.error : undefined) ?? "";
  const [first = null, second] = text.split("\n").filter((line) => line.trim() !== "");
  // "2 of 3 items failed:" says little without the first of them.
  return first?.endsWith(":") && second !== undefined ? `${first} ${second.trim()}` : first;
}

/** The parts' own counts, added up. */
function sums(ends: readonly PartEnd[]): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const { report } of ends) {
    const result = "result" in report.outcome ? report.outcome.result : undefined;
    if (typeof result !== "object" || result === null || Array.isArray(result)) continue;
    for (const [name, value] of Object.entries(result)) if (typeof value === "number") totals[name] = (totals[name] ?? 0) + value;
  }
  return totals;
}
