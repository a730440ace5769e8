import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openHistoryReader } from "../../src/history/queries.ts";
import type { RunOutcome } from "../../src/run.ts";
import { historyWorld, manyRuns, record } from "../helpers/history.ts";
import { FAILURE, NOW, runStart, SUCCESS } from "../helpers/run-records.ts";

const DAY = 86_400_000;

function world() {
  const one = historyWorld();
  const writer = one.book();
  return {
    ...one,
    writer,
    ran: (daysAgo: number, outcome: RunOutcome = SUCCESS, job = "token-cleanup", logPath?: string) =>
      record(writer, outcome, { job, startedAt: NOW - daysAgo * DAY, ...(logPath !== undefined && { logPath }) }),
    ages: (job = "token-cleanup") =>
      openHistoryReader(one.stateDir)
        ?.runs({ job, limit: 9999 })
        .map(({ status, startedAt }) => `${status} ${(NOW - startedAt) / DAY}`),
  };
}

test("removes runs that are older than their job's retention, with their logs", () => {
  const { stateDir, writer, ran, ages } = world();
  const logs = ["old", "new"].map((name) => join(stateDir, `${name}.log`));
  for (const log of logs) writeFileSync(log, "");
  ran(91, SUCCESS, "token-cleanup", logs[0]);
  ran(89, SUCCESS, "token-cleanup", logs[1]);
  writer.housekeep({ job: "token-cleanup", retentionDays: () => 90 });
  expect([ages(), logs.map((log) => existsSync(log))]).toEqual([["succeeded 89"], [false, true]]);
});

test("never removes the last success, the last failure and what is still running", () => {
  const { writer, ran, ages } = world();
  for (const age of [400, 300]) for (const outcome of [SUCCESS, FAILURE]) ran(age, outcome);
  ran(250, { status: "cancelled", signal: "SIGTERM" });
  writer.begin(runStart({ startedAt: NOW - 200 * DAY }));
  writer.housekeep({ job: "token-cleanup", retentionDays: () => 7 });
  expect(ages()?.toSorted()).toEqual(["failed 300", "running 200", "succeeded 300"]);
});

test("takes the turn of the other jobs when there was something to remove", () => {
  const { writer, ran, ages } = world();
  for (const age of [50, 40, 30]) ran(age, SUCCESS, "retired");
  const house = { job: "token-cleanup", retentionDays: (job: string) => (job === "retired" ? 35 : 90) };
  ran(1);
  writer.housekeep(house);
  expect(ages("retired")).toHaveLength(3);
  ran(100);
  writer.housekeep(house);
  expect([ages(), ages("retired")]).toEqual([["succeeded 1"], ["succeeded 30"]]);
});

test("removes at most 5,000 runs at a time", { timeout: 30_000 }, () => {
  const { stateDir, writer, ran, ages } = world();
  ran(1);
  fill(stateDir, 5200);
  const count = () => openHistoryReader(stateDir)?.runs({ limit: 9999 }).length;
  writer.housekeep({ job: "token-cleanup", retentionDays: () => 90 });
  expect(count()).toBe(201);
  writer.housekeep({ job: "token-cleanup", retentionDays: () => 90 });
  expect(ages()).toEqual(["succeeded 1", expect.stringMatching(/^failed 100\.13/)]);
});

function fill(stateDir: string, rows: number): void {
  manyRuns(stateDir, { rows, jobs: ["token-cleanup"], from: NOW - 200 * DAY, to: NOW - 100 * DAY });
}
