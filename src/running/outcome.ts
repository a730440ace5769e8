import { EXIT, signalExitCode } from "../exit-codes.ts";
import type { ExitMeaning, Json } from "../job.ts";
import type { RunOutcome, SkipReason } from "../run.ts";
import { signalNumber } from "../system/signals.ts";
import { formatDuration, formatSize } from "../units.ts";
import type { AttemptEnd } from "./attempt.ts";

/** What a module job said about its own end, on the control pipe. */
export interface ModuleEnd {
  result?: Json;
  error?: string;
  /** Its own check said no. */
  skip?: string;
  /** Its parameters are wrong: the set-up, not the work, failed. */
  config?: boolean;
}

/** What the job says of its ends: `exitCodes` of the manifest, and for module jobs what the module itself said. */
export interface EndMeaning {
  module: ModuleEnd | undefined;
  exitCodes: Record<string, ExitMeaning>;
}

/** Turns the end of an attempt into an outcome. */
export function classify(end: AttemptEnd, { module, exitCodes }: EndMeaning): RunOutcome {
  if (!end.started) return notStarted(end);
  const { stop, signal, exitCode } = end;
  const kept = module?.result === undefined ? {} : { result: module.result };
  switch (stop?.by) {
    case "signal":
      return { status: "cancelled", signal: stop.signal, ...(module?.error ? { error: module.error } : {}), ...kept };
    case "timeout":
    case "idle-timeout":
    case "total-timeout":
      return { status: "timed-out", reason: stop.by, error: `${TIMEOUT_WORDS[stop.by]} ${formatDuration(stop.after)}`, ...kept };
    case "resource":
      return { status: "failed", reason: "resource", error: stop.detail, ...killed(end), ...kept };
    case undefined:
      break;
    default:
      return stop satisfies never;
  }
  if (module?.skip !== undefined) return { status: "skipped", reason: "job-check", detail: module.skip };
  if (signal) return { status: "failed", reason: "signal", signal, error: `killed by ${signal}`, ...kept };
  if (module?.error !== undefined) {
    return { status: "failed", reason: "error", exitCode: module.config ? EXIT.config : (exitCode ?? 1), error: module.error, ...kept };
  }
  const code = exitCode ?? 1;
  const meaning = module ? undefined : exitCodes[String(code)];
  if (meaning === "skip") return { status: "skipped", reason: "nothing-to-do", detail: `exit code ${code}` };
  if (meaning === "warn") return { status: "succeeded", warn: true, exitCode: code, ...kept };
  if (meaning === "ok" || (code === 0 && meaning === undefined)) return { status: "succeeded", exitCode: code, ...kept };
  return { status: "failed", reason: "exit-code", exitCode: code, ...kept };
}

/** A failure in which the kernel ended a process of the unit, the main child or another: that it did so is the reason. */
export function forWantOfMemory(outcome: RunOutcome & { status: "failed" }, limit: number | undefined): RunOutcome {
  const what = "the kernel killed a process of the run for want of memory";
  const why = limit === undefined ? what : `maxMemory: ${what}, ${formatSize(limit)} allowed to its unit`;
  return { ...outcome, reason: "resource", error: outcome.reason === "error" ? `${why}; ${outcome.error}` : why };
}

const TIMEOUT_WORDS = {
  timeout: "ran longer than",
  "idle-timeout": "printed nothing for",
  "total-timeout": "all attempts together took longer than",
} as const;

function notStarted({ code, message }: { code: string; message: string }): RunOutcome {
  const reason = code === "ENOENT" ? "not-found" : "not-executable";
  return { status: "not-started", reason, error: message };
}

function killed({ signal, exitCode }: { signal: string | null; exitCode: number | null }): { signal?: string; exitCode?: number } {
  return { ...(signal ? { signal } : {}), ...(exitCode === null ? {} : { exitCode }) };
}

/** The exit code of `jobctl run`, after the table in exit-codes.ts. */
export function exitCodeOf(outcome: RunOutcome, isModule: boolean): number {
  switch (outcome.status) {
    case "succeeded":
      return EXIT.ok;
    case "failed":
      return failedExitCode(outcome, isModule);
    case "timed-out":
      return EXIT["timed-out"];
    case "cancelled":
      return signalExitCode(signalNumber(outcome.signal));
    case "crashed":
      return EXIT.failed;
    case "not-started":
      return EXIT[outcome.reason];
    case "skipped":
      return skipExitCode(outcome.reason);
    default:
      return outcome satisfies never;
  }
}

/** 75 would say "try later" of a run that happened, and 0 that nothing failed. */
function failedExitCode({ reason, exitCode, signal }: RunOutcome & { status: "failed" }, isModule: boolean): number {
  // That of the last organization's run that failed: it says already what a caller is told.
  if (reason === "organizations") return exitCode ?? EXIT.failed;
  if (signal) return signalExitCode(signalNumber(signal));
  if (isModule) return exitCode === EXIT.config ? exitCode : EXIT.failed;
  if (exitCode === undefined || exitCode === EXIT.ok || exitCode === EXIT["try-later"]) return EXIT.failed;
  return exitCode;
}

function skipExitCode(reason: SkipReason): number {
  switch (reason) {
    case "locked":
    case "load":
    case "disk":
    case "dependency":
    case "job-check":
      return EXIT["try-later"];
    case "environment":
    case "permission":
      return EXIT.denied;
    default:
      return EXIT.ok;
  }
}
