import { beforeAll, describe, expect, test } from "vitest";
import { FAILED_STATUSES, openHistoryReader, runsQuery, type RunFilter } from "../../src/history/queries.ts";
import { openSqlite } from "../../src/history/sqlite.ts";
import type { RunOutcome } from "../../src/run.ts";
import { historyWorld, manyRuns, record } from "../helpers/history.ts";
import { FAILURE, NOW, runEnd, runStart, SUCCESS } from "../helpers/run-records.ts";

const HOUR = 3_600_000;

test("has nothing to read where nothing was ever recorded", () => {
  expect(openHistoryReader(historyWorld().stateDir)).toBeUndefined();
});

test.each<[RunOutcome, object]>([
  [
    { status: "succeeded", exitCode: 0, result: { deleted: 2 } },
    { exitCode: 0, result: { deleted: 2 }, warn: false },
  ],
  [
    { status: "succeeded", exitCode: 4, warn: true },
    { exitCode: 4, warn: true, result: null },
  ],
  [FAILURE, { reason: "exit-code", exitCode: 3, signal: null }],
  [
    { status: "failed", reason: "signal", signal: "SIGKILL" },
    { reason: "signal", exitCode: 1, signal: "SIGKILL" },
  ],
  [
    { status: "failed", reason: "error", error: "Error: no\n at x", result: { kept: 1 } },
    { reason: "error", error: "Error: no\n at x", result: { kept: 1 } },
  ],
  [
    { status: "timed-out", reason: "idle-timeout", error: "silent for 5s" },
    { reason: "idle-timeout", error: "silent for 5s" },
  ],
  [
    { status: "cancelled", signal: "SIGTERM" },
    { signal: "SIGTERM", reason: null },
  ],
  [{ status: "crashed", reason: "killed" }, { reason: "killed" }],
  [
    { status: "not-started", reason: "not-found", error: "ENOENT" },
    { reason: "not-found", error: "ENOENT" },
  ],
  [
    { status: "skipped", reason: "window", detail: "from 22:00" },
    { reason: "window", detail: "from 22:00" },
  ],
])("reads back what was written of %j", (outcome, expected) => {
  const { stateDir, book } = historyWorld();
  const start = runStart({ parameters: { olderThan: "7d" }, logPath: "/x/a.log", trigger: "timer", scheduledFor: NOW - 1 });
  const writer = book();
  writer.begin(start);
  writer.end(start, runEnd(start, outcome));
  expect(openHistoryReader(stateDir)?.run(1)).toMatchObject({
    id: 1,
    ...start,
    status: outcome.status,
    finishedAt: NOW + 1500,
    durationMs: 1500,
    attempts: 1,
    outputTail: "done\n",
    count: 1,
    lastSeenAt: null,
    ...expected,
  });
});

describe("finding runs", () => {
  const world = historyWorld();
  beforeAll(() => {
    const writer = world.book();
    const at = (hoursAgo: number, job: string, outcome?: RunOutcome) => record(writer, outcome, { job, startedAt: NOW - hoursAgo * HOUR });
    at(5, "dump");
    at(4, "clean", FAILURE);
    at(3, "dump", { status: "cancelled", signal: "SIGINT" });
    at(2, "clean");
    at(1, "dump", { status: "skipped", reason: "paused", detail: "" });
    writer.begin(runStart({ job: "clean", startedAt: NOW }));
  });
  const reader = () => {
    const found = openHistoryReader(world.stateDir);
    if (!found) throw new Error("no history");
    return found;
  };

  test.each<[Partial<RunFilter>, number[]]>([
    [{}, [6, 5, 4, 3, 2, 1]],
    [{ limit: 2 }, [6, 5]],
    [{ limit: 0 }, []],
    [{ job: "dump" }, [5, 3, 1]],
    [{ job: "none" }, []],
    [{ statuses: FAILED_STATUSES }, [2]],
    [{ statuses: ["crashed"] }, []],
    [{ job: "dump", statuses: FAILED_STATUSES }, []],
    [{ statuses: ["succeeded", "cancelled"] }, [4, 3, 1]],
    [{ job: "clean", statuses: ["succeeded", "failed"] }, [4, 2]],
    [{ since: NOW - 3 * HOUR }, [6, 5, 4, 3]],
    [{ until: NOW - 3 * HOUR }, [2, 1]],
    [{ job: "clean", since: NOW - 4 * HOUR, until: NOW }, [4, 2]],
  ])("finds by %j, newest first", (filter, ids) => {
    expect(
      reader()
        .runs({ limit: 20, ...filter })
        .map(({ id }) => id),
    ).toEqual(ids);
  });

  test("finds the latest run of a job, the latest that began, those that are open and the names of all jobs", () => {
    const { latest, openRuns, jobs, run } = reader();
    expect([latest("dump", "any")?.id, latest("dump", "begun")?.id, latest("none", "any")]).toEqual([5, 3, undefined]);
    expect([openRuns().map(({ id }) => id), jobs(), run(99)]).toEqual([[6], ["clean", "dump"], undefined]);
  });
});

describe("with 200,000 runs", () => {
  const world = historyWorld();
  beforeAll(() => {
    record(world.book(), SUCCESS, { job: "job-1" });
    manyRuns(world.stateDir, { rows: 200_000, jobs: ["job-1", "job-2", "job-3"], from: NOW - 90 * 24 * HOUR, to: NOW });
  });
  const question = { limit: 20, since: NOW - 24 * HOUR, until: NOW };

  test.each<[Partial<RunFilter>, string]>([
    [{}, "runs_by_time"],
    [{ job: "job-1" }, "runs_by_job"],
    [{ statuses: FAILED_STATUSES }, "runs_failed"],
    [{ job: "job-1", statuses: FAILED_STATUSES }, "runs_failed_by_job"],
    [{ job: "job-1", statuses: ["cancelled"] }, "runs_by_job"],
    [{ statuses: ["cancelled"] }, "runs_by_time"],
  ])("what people ask by %j goes through an index, without sorting", (filter, index) => {
    for (const asked of [
      { limit: 20, ...filter },
      { ...question, ...filter },
    ]) {
      const { sql, values } = runsQuery(asked);
      const plan = openSqlite(`${world.stateDir}/history.db`, { readonly: true }).prepare(`EXPLAIN QUERY PLAN ${sql}`).all(values) as {
        detail: string;
      }[];
      const text = plan.map(({ detail }) => detail).join("\n");
      expect(text).toContain(`runs USING INDEX ${index}`);
      expect(text).not.toMatch(/TEMP B-TREE|SCAN runs$|AUTOMATIC/m);
    }
  });
});
