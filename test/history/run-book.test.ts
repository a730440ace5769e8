import fs, { readlinkSync, statSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { openSqlite } from "../../src/history/sqlite.ts";
import { historyWorld, record } from "../helpers/history.ts";
import { FAILURE, NOW, runEnd, runStart, SUCCESS } from "../helpers/run-records.ts";

const rows = (stateDir: string, sql: string) => openSqlite(join(stateDir, "history.db"), { readonly: true }).prepare(sql).all();

test("puts a running row on disk and returns its id", () => {
  const { stateDir, book, warnings } = historyWorld();
  expect([book().begin(runStart()), warnings]).toEqual([1, []]);
  expect(rows(stateDir, "SELECT id, status FROM runs")).toEqual([{ id: 1, status: "running" }]);
  expect(statSync(join(stateDir, "history.db")).mode & 0o777).toBe(0o600);
});

test("commits the end of a run over its row", () => {
  const { stateDir, book } = historyWorld();
  record(book(), SUCCESS);
  expect(rows(stateDir, "SELECT status, exit_code, result, finished_at, duration_ms, attempts, output_tail FROM runs")).toEqual([
    {
      status: "succeeded",
      exit_code: 0,
      result: '{"deleted":12}',
      finished_at: NOW + 1500,
      duration_ms: 1500,
      attempts: 1,
      output_tail: "done\n",
    },
  ]);
});

test("sees the end of a run on the disk, and lets other writers go on meanwhile; a skip need not wait", () => {
  const { stateDir, book } = historyWorld();
  const one = book();
  one.executions("any"); // opens it, and so makes it
  const seen: unknown[] = [];
  const sync = vi.spyOn(fs, "fdatasyncSync").mockImplementation((fd) => {
    const other = openSqlite(join(stateDir, "history.db"), { timeout: 0 });
    const status = other.prepare("SELECT status FROM runs").pluck().all();
    other.exec("BEGIN IMMEDIATE; ROLLBACK");
    seen.push([readlinkSync(`/proc/self/fd/${fd}`), status]);
  });
  syncBuiltinESMExports();
  record(one, SUCCESS);
  record(one, { status: "skipped", reason: "locked", detail: "" });
  sync.mockRestore();
  syncBuiltinESMExports();
  expect(seen).toEqual([[join(stateDir, "history.db-wal"), ["succeeded"]]]);
});

test("counts the executions of a job, but no skips, no dry runs and nothing that was not started", () => {
  const { book } = historyWorld();
  const one = book();
  expect(one.executions("token-cleanup")).toBe(0);
  record(one, SUCCESS);
  record(one, FAILURE);
  record(one, SUCCESS, { trigger: "dry-run" });
  record(one, { status: "not-started", reason: "not-found", error: "no such file" });
  record(one, { status: "skipped", reason: "job-check", detail: "nothing to do" });
  record(one, SUCCESS, { job: "other" });
  expect([one.executions("token-cleanup"), book().executions("other")]).toEqual([2, 1]);
});

test("tells the runs that are open, but not its own, nor those whose supervisor is at work in this boot", () => {
  const { book } = historyWorld();
  const [mine, other] = [book(), book()];
  const begun = runStart({ logPath: "/x/y.log" });
  other.begin(begun);
  mine.begin(runStart());
  const open = { id: 1, key: begun.key, job: "token-cleanup", logPath: "/x/y.log", startedAt: NOW, provenance: begun.provenance };
  const { bootId, supervisorPid, supervisorStart } = begun.provenance;
  expect(mine.openRuns(bootId, () => false)).toEqual([open]);
  expect(
    mine.openRuns(bootId, ({ pid, start, startedAt }) => pid === supervisorPid && start === supervisorStart && startedAt === NOW),
  ).toEqual([]);
  expect(mine.openRuns("another boot", () => true)).toEqual([open]);
});

test("marks a run crashed only while it is running", () => {
  const { stateDir, book } = historyWorld();
  const one = book();
  const [open, ended] = [runStart(), record(one, SUCCESS)];
  one.begin(open);
  for (const { key } of [open, ended]) one.markCrashed(key, "rebooted", NOW + 9);
  expect(rows(stateDir, "SELECT status, reason, finished_at, duration_ms FROM runs ORDER BY id")).toEqual([
    { status: "succeeded", reason: null, finished_at: NOW + 1500, duration_ms: 1500 },
    { status: "crashed", reason: "rebooted", finished_at: NOW + 9, duration_ms: null },
  ]);
});

test("lets a run that was taken for crashed write its end, but no end twice", () => {
  const { stateDir, book } = historyWorld();
  const one = book();
  const start = runStart();
  one.begin(start);
  one.markCrashed(start.key, "killed", NOW);
  one.end(start, runEnd(start, SUCCESS));
  one.end(start, runEnd(start, FAILURE));
  expect(rows(stateDir, "SELECT status, reason FROM runs")).toEqual([{ status: "succeeded", reason: null }]);
});
