import { expect, test } from "vitest";
import { openHistoryReader } from "../../src/history/queries.ts";
import type { RunOutcome } from "../../src/run.ts";
import { why } from "../../src/views/why.ts";
import { historyWorld, record } from "../helpers/history.ts";

test.each<[RunOutcome, string]>([
  [{ status: "succeeded", exitCode: 0 }, ""],
  [{ status: "succeeded", exitCode: 0, result: { deleted: 12, table: "tokens", parts: [1] } }, "deleted 12, table tokens"],
  [
    { status: "succeeded", exitCode: 0, result: { organizations: 2, totals: { emailsSent: 0, leftCount: 7 } } },
    "organizations 2, leftCount 7",
  ],
  [{ status: "succeeded", exitCode: 4, warn: true }, "exit code 4 counts as a warning"],
  [{ status: "failed", reason: "exit-code", exitCode: 3 }, "exit code 3"],
  [{ status: "failed", reason: "signal", signal: "SIGSEGV" }, "killed by SIGSEGV"],
  [{ status: "failed", reason: "error", error: "Error: no rows\n    at x" }, "Error: no rows"],
  [{ status: "failed", reason: "expect" }, "expect"],
  [{ status: "timed-out", reason: "timeout", error: "ran longer than 30m" }, "ran longer than 30m"],
  [{ status: "cancelled", signal: "SIGTERM" }, "by SIGTERM"],
  [{ status: "crashed", reason: "its supervisor was killed" }, "its supervisor was killed"],
  [{ status: "not-started", reason: "not-found", error: "spawn x ENOENT" }, "spawn x ENOENT"],
  [{ status: "skipped", reason: "locked", detail: "held by run 12" }, "locked: held by run 12"],
])("says of %j: %s", (outcome, words) => {
  const { stateDir, book } = historyWorld();
  record(book(), outcome);
  const run = openHistoryReader(stateDir)?.run(1);
  expect(run && why(run)).toBe(words);
});

test.each<[RunOutcome, string]>([
  [{ status: "succeeded", exitCode: 0, result: { deletedCount: 12 } }, "dry run: deletedCount 12"],
  [{ status: "succeeded", exitCode: 0 }, "dry run"],
])("says of the dry run %j that it was one: %s", (outcome, words) => {
  const { stateDir, book } = historyWorld();
  record(book(), outcome, { trigger: "dry-run" });
  const run = openHistoryReader(stateDir)?.run(1);
  expect(run && why(run)).toBe(words);
});
