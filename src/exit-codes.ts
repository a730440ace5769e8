/** Exit codes of jobctl itself, after sysexits.h where it has one. The README's table is compared with EXIT_TABLE by a test. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 64,
  unavailable: 69,
  bug: 70,
  "cannot-lock": 73,
  "try-later": 75,
  denied: 77,
  config: 78,
  "timed-out": 124,
  "not-executable": 126,
  "not-found": 127,
} as const;

/** Exit code of a process that signal `n` ended, as a shell reports it. */
export const signalExitCode = (signalNumber: number): number => 128 + signalNumber;

/** One row of the README's table per meaning, in the README's order. */
export const EXIT_TABLE: readonly { meaning: string; code: string }[] = [
  { meaning: "succeeded, with or without a warning", code: "0" },
  {
    meaning: "skipped: disabled, paused, slot-done, not-started, expired, exhausted, window, nothing-to-do; or not due",
    code: "0",
  },
  {
    meaning: "failed",
    code: "the command's own code, but 1 where that is 0 (an `expect` failed) or 75; a module job 1; for organizations that of the last that failed",
  },
  { meaning: "timed out", code: "124" },
  { meaning: "killed by signal n, or by a resource limit", code: "128 + n" },
  {
    meaning: "cancelled by signal n",
    code: "ends by that signal: 128 + n in a shell",
  },
  { meaning: "not started: not executable / not found", code: "126 / 127" },
  { meaning: "usage: unknown job or option", code: "64" },
  {
    meaning: "Node is too old, or a platform without the lock binary",
    code: "69",
  },
  { meaning: "a bug in jobctl", code: "70" },
  { meaning: "no lock can be made", code: "73" },
  {
    meaning: "skipped: locked, load, disk, dependency, job-check",
    code: "75",
  },
  { meaning: "skipped: environment, permission", code: "77" },
  { meaning: "manifest or job set-up invalid", code: "78" },
];
