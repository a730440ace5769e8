import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openHistoryReader } from "../../src/history/queries.ts";
import type { Run, RunOutcome, RunStart } from "../../src/run.ts";
import { historyWorld, record } from "../helpers/history.ts";
import { NOW, runEnd, runStart } from "../helpers/run-records.ts";

const skip = (reason: "locked" | "job-check" | "paused", detail = ""): RunOutcome => ({ status: "skipped", reason, detail });

function world() {
  const { stateDir, book } = historyWorld();
  const writer = book();
  let minute = 0;
  const next = (): Partial<RunStart> => ({ key: `k${String(minute).padStart(4, "0")}`, startedAt: NOW + 60_000 * minute++ });
  return {
    stateDir,
    skipped(outcome: RunOutcome, some: Partial<RunStart> = {}) {
      const start = runStart({ ...next(), ...some });
      writer.end(start, runEnd(start, outcome, { finishedAt: start.startedAt }));
    },
    ran: (outcome?: RunOutcome, some: Partial<RunStart> = {}) => record(writer, outcome, { ...next(), ...some }),
    /** Of a `jobctl run` of its own, which has not opened the history for anything else. */
    skippedAlone() {
      const start = runStart(next());
      const alone = book();
      alone.end(start, runEnd(start, skip("locked"), { finishedAt: start.startedAt }));
      alone.housekeep({ job: start.job, retentionDays: () => 90 });
    },
    waiting: () => readdirSync(join(stateDir, "spool")).filter((name) => name.endsWith(".json")).length,
    hasHistory: () => existsSync(join(stateDir, "history.db")),
    runs() {
      book().takeIn();
      return (openHistoryReader(stateDir)?.runs({ limit: 99 }) ?? []).map(brief);
    },
  };
}

const minutes = (instant: number | null) => instant && (instant - NOW) / 60_000;

function brief({ id, status, reason, detail, count, startedAt, lastSeenAt }: Run) {
  return status === "skipped"
    ? { id, status, reason, detail, count, first: minutes(startedAt), last: minutes(lastSeenAt) }
    : { id, status };
}

test("counts repeats of one reason in one row, with the first and the last time and the last detail", () => {
  const { skipped, runs } = world();
  skipped(skip("locked", "held by run 1"));
  skipped(skip("locked", "held by run 1, for 2 minutes"));
  skipped(skip("locked", "held by run 1, for 3 minutes"));
  expect(runs()).toEqual([
    { id: 1, status: "skipped", reason: "locked", detail: "held by run 1, for 3 minutes", count: 3, first: 0, last: 2 },
  ]);
});

test("begins a new row for another reason, another job, and after a run", () => {
  const { skipped, ran, runs } = world();
  skipped(skip("locked"));
  skipped(skip("paused"));
  skipped(skip("paused"), { job: "other" });
  ran();
  skipped(skip("paused"));
  expect(runs()).toMatchObject([
    { reason: "paused", count: 1 },
    { status: "succeeded" },
    { reason: "paused", count: 1 },
    { reason: "paused", count: 1 },
    { reason: "locked", count: 1 },
  ]);
});

test("opens no history for a skip alone: it waits in the spool, for a run or for whoever looks", () => {
  const { skippedAlone, ran, runs, waiting, hasHistory } = world();
  for (let count = 0; count < 3; count++) skippedAlone();
  expect([hasHistory(), waiting()]).toEqual([false, 3]);
  ran();
  skippedAlone();
  expect(runs()).toMatchObject([{ count: 1, first: 4 }, { status: "succeeded" }, { count: 3, first: 0, last: 2 }]);
  expect(waiting()).toBe(0);
});

test("takes the spool in with the twentieth skip that waits", () => {
  const { skippedAlone, runs, waiting } = world();
  for (let count = 0; count < 19; count++) skippedAlone();
  expect(waiting()).toBe(19);
  skippedAlone();
  expect(waiting()).toBe(0);
  expect(runs()).toMatchObject([{ count: 20, first: 0, last: 19 }]);
});

test("lets a run whose own check said no take the place of the same skip before it, whose log goes", () => {
  const { stateDir, ran, runs } = world();
  const logs = ["a", "b"].map((name) => join(stateDir, `${name}.log`));
  for (const logPath of logs) {
    writeFileSync(logPath, "");
    ran(skip("job-check", "no new orders"), { logPath });
  }
  expect(runs()).toEqual([{ id: 2, status: "skipped", reason: "job-check", detail: "no new orders", count: 2, first: 0, last: 1.025 }]);
  expect(logs.map((log) => existsSync(log))).toEqual([false, true]);
});
