import type { RunEnd, RunOutcome, RunStart } from "../../src/run.ts";

export const NOW = Date.parse("2026-11-22T03:00:00Z");

export function runStart(some: Partial<RunStart> = {}): RunStart {
  return {
    key: `k${Math.random().toString(36).slice(2)}`,
    job: "token-cleanup",
    trigger: "manual",
    startedAt: NOW,
    scheduledFor: NOW,
    provenance: {
      manifestDigest: "0123456789abcdef",
      programVersion: "0.1.0",
      host: "web1",
      user: "deploy",
      bootId: "11111111-2222-3333-4444-555555555555",
      supervisorPid: 4711,
      supervisorStart: 99,
    },
    ...some,
  };
}

export const SUCCESS: RunOutcome = { status: "succeeded", exitCode: 0, result: { deleted: 12 } };
export const FAILURE: RunOutcome = { status: "failed", reason: "exit-code", exitCode: 3 };

export function runEnd(start: RunStart, outcome: RunOutcome = SUCCESS, some: Partial<RunEnd> = {}): RunEnd {
  const exitCode = outcome.status === "succeeded" ? 0 : 1;
  return {
    key: start.key,
    outcome,
    finishedAt: start.startedAt + 1500,
    durationMs: 1500,
    attempts: [{ number: 1, startedAt: start.startedAt, finishedAt: start.startedAt + 1500, outcome }],
    outputTail: "done\n",
    exitCode,
    usage: { cpuMs: 20, peakBytes: null },
    ...some,
  };
}
