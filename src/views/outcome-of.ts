import type { Run, RunOutcome, SkipReason } from "../run.ts";

type Failed = RunOutcome & { status: "failed" };

/** The end that a row tells, without its result; undefined while the run goes on. */
export function outcomeOf({ status, warn, reason, detail, exitCode, signal, error }: Run): RunOutcome | undefined {
  const said = error ?? "";
  switch (status) {
    case "running":
      return undefined;
    case "succeeded":
      return { status, exitCode: exitCode ?? 0, ...(warn ? { warn } : {}) };
    case "failed":
      return {
        status,
        reason: reason as Failed["reason"],
        ...(exitCode === null ? {} : { exitCode }),
        ...(signal === null ? {} : { signal }),
        ...(error === null ? {} : { error }),
      };
    case "timed-out":
      return { status, reason: reason as (RunOutcome & { status: "timed-out" })["reason"], error: said };
    case "cancelled":
      return { status, signal: signal ?? "SIGTERM", ...(detail === null ? {} : { detail }) };
    case "crashed":
      return { status, reason: reason ?? "" };
    case "not-started":
      return { status, reason: reason === "not-found" || reason === "config" ? reason : "not-executable", error: said };
    case "skipped":
      return { status, reason: reason as SkipReason, detail: detail ?? "" };
    default:
      return status satisfies never;
  }
}
