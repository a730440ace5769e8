import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HistoryPlace } from "../../src/history/database.ts";
import { openRunBook, type History } from "../../src/history/run-book.ts";
import type { RunEnd, RunOutcome, RunStart } from "../../src/run.ts";
import * as locks from "../../src/system/file-lock.ts";

export const NOW = Date.parse("2026-11-22T03:00:00Z");

/** A state directory of its own, with what was warned about. */
export interface HistoryWorld extends HistoryPlace {
  warnings: string[];
  /** Another `jobctl run`: its own connection. */
  book(): History;
}

export function historyWorld(stateDir = mkdtempSync(join(tmpdir(), "jobctl-history-"))): HistoryWorld {
  const warnings: string[] = [];
  const place = { stateDir, locks, now: () => NOW, warn: (text: string) => void warnings.push(text) };
  return { ...place, warnings, book: () => openRunBook(place) };
}

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
    attempts: 1,
    outputTail: "done\n",
    exitCode,
    ...some,
  };
}

/** A whole run in the book. */
export function record(book: History, outcome: RunOutcome = SUCCESS, some: Partial<RunStart> = {}): RunStart {
  const start = runStart(some);
  book.begin(start);
  book.end(start, runEnd(start, outcome));
  return start;
}
