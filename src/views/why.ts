import type { Json } from "../job.ts";
import type { Run } from "../run.ts";

/** One line on what became of a run, beyond its status. What a dry run counts has not been done. */
export function why(run: Run): string {
  const words = whyEnded(run);
  if (run.trigger !== "dry-run") return words;
  return words === "" ? "dry run" : `dry run: ${words}`;
}

function whyEnded(run: Run): string {
  const { status, reason, error, signal, exitCode, detail } = run;
  switch (status) {
    case "running":
      return run.retryAt === null ? "" : `attempt ${run.attempts} failed, the next begins at ${new Date(run.retryAt).toISOString()}`;
    case "succeeded":
      return run.warn ? `exit code ${exitCode} counts as a warning` : resultInWords(run.result);
    case "failed":
      if (reason === "exit-code") return `exit code ${exitCode}`;
      return reason === "signal" ? `killed by ${signal}` : (firstLine(error) ?? reason ?? "");
    case "timed-out":
      return firstLine(error) ?? reason ?? "";
    case "cancelled":
      if (detail) return detail;
      return error ? `by ${signal}: ${firstLine(error)}` : `by ${signal}`;
    case "crashed":
      return reason ?? "";
    case "not-started":
      return firstLine(error) ?? reason ?? "";
    case "skipped":
      return detail ? `${reason}: ${firstLine(detail)}` : (reason ?? "");
    default:
      return status satisfies never;
  }
}

/** `deleted 12, kept 3`: the plain values of a result, and what the runs for organizations counted in sum. */
function resultInWords(result: Json | null): string {
  if (result === null) return "";
  if (typeof result !== "object") return String(result);
  if (Array.isArray(result)) return JSON.stringify(result);
  const { totals = {} } = result;
  const sums = typeof totals === "object" && totals !== null ? Object.entries(totals).filter(([, value]) => value !== 0) : [];
  return [...Object.entries(result), ...sums]
    .filter(([, value]) => value === null || typeof value !== "object")
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

const firstLine = (text: string | null): string | undefined => text?.split("\n").find((line) => line.trim() !== "");
