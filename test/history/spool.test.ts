import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openHistoryReader } from "../../src/history/queries.ts";
import { spoolRecord, unspool } from "../../src/history/spool.ts";
import { historyWorld, record } from "../helpers/history.ts";
import { FAILURE, runEnd, runStart, SUCCESS } from "../helpers/run-records.ts";

const HOUSE = { job: "token-cleanup", retentionDays: () => 90 };

function world() {
  const one = historyWorld();
  return {
    ...one,
    statuses: () =>
      openHistoryReader(one.stateDir)
        ?.runs({ limit: 99 })
        .map(({ status }) => status),
    files: () =>
      readdirSync(join(one.stateDir, "spool"), { recursive: true, encoding: "utf8" })
        .filter((name) => name !== "reserve")
        .toSorted(),
  };
}

test("keeps a record as a file for its owner only, and replaces it by a later one", () => {
  const { stateDir } = world();
  const start = runStart();
  const path = spoolRecord(stateDir, { start });
  expect(spoolRecord(stateDir, { start, end: runEnd(start) })).toBe(path);
  expect(JSON.parse(readFileSync(path, "utf8")).end.outcome).toEqual(SUCCESS);
  expect([statSync(path).mode & 0o777, statSync(join(stateDir, "spool")).mode & 0o777]).toEqual([0o600, 0o700]);
});

test("takes in what was spooled, then removes it", () => {
  const { stateDir, book, statuses, files, warnings } = world();
  const [ended, begun] = [runStart(), runStart()];
  spoolRecord(stateDir, { start: ended, end: runEnd(ended, FAILURE) });
  spoolRecord(stateDir, { start: begun });
  const writer = book();
  writer.housekeep(HOUSE);
  expect([statuses()?.toSorted(), files(), warnings]).toEqual([["failed", "running"], [], []]);
  expect(writer.executions("token-cleanup")).toBe(2);
});

test("replaces what is running or taken for crashed, and nothing else", () => {
  const { stateDir, book, statuses } = world();
  const writer = book();
  const [running, crashed, ended] = [runStart(), runStart(), record(writer, SUCCESS)];
  for (const start of [running, crashed]) writer.begin(start);
  writer.markCrashed(crashed.key, "killed", 1);
  for (const start of [running, crashed, ended]) spoolRecord(stateDir, { start, end: runEnd(start, FAILURE) });
  writer.housekeep(HOUSE);
  expect(statuses()?.toSorted()).toEqual(["failed", "failed", "succeeded"]);
});

test("takes the beginning of a run for nothing new when history knows the run", () => {
  const { stateDir, book, statuses } = world();
  const writer = book();
  const ended = record(writer, SUCCESS);
  spoolRecord(stateDir, { start: ended });
  writer.housekeep(HOUSE);
  expect(statuses()).toEqual(["succeeded"]);
});

test("finishes what a run that died had begun to take in", () => {
  const { stateDir, book, statuses, files } = world();
  const start = runStart();
  const path = spoolRecord(stateDir, { start, end: runEnd(start) });
  renameSync(path, path.replace(/json$/, "taken"));
  book().housekeep(HOUSE);
  expect([statuses(), files()]).toEqual([["succeeded"], []]);
});

test("moves what is no record aside, says so, and takes in the others", () => {
  const { stateDir, book, statuses, files, warnings } = world();
  const good = runStart();
  spoolRecord(stateDir, { start: good, end: runEnd(good) });
  const spool = join(stateDir, "spool");
  writeFileSync(join(spool, "torn.json"), '{"start": {"key": "to');
  writeFileSync(join(spool, "other.json"), JSON.stringify({ start: { key: "another" } }));
  writeFileSync(join(spool, "empty.json"), JSON.stringify({ start: { key: "empty" }, end: {} }));
  writeFileSync(join(spool, "typed.json"), JSON.stringify({ start: { ...runStart({ key: "typed" }), startedAt: "yesterday" } }));
  book().housekeep(HOUSE);
  expect(statuses()).toEqual(["succeeded"]);
  expect(files()).toEqual(["bad", "bad/empty.json", "bad/other.json", "bad/torn.json", "bad/typed.json"]);
  expect(warnings.toSorted()[0]).toBe(`what was in the spool is no record of a run; it was moved to ${spool}/bad/empty.json`);
});

test("takes a file that a power cut left empty for no record, without a word", () => {
  const { stateDir, book, files, warnings } = world();
  spoolRecord(stateDir, { start: runStart() }, false);
  for (const name of files()) writeFileSync(join(stateDir, "spool", name), "");
  book().housekeep(HOUSE);
  expect([files(), warnings]).toEqual([[], []]);
});

test("forgets the spooled beginning of a run that came to write its end", () => {
  const { stateDir, files } = world();
  mkdirSync(join(stateDir, "spool"));
  const start = runStart();
  spoolRecord(stateDir, { start });
  unspool(stateDir, start.key);
  expect(files()).toEqual([]);
});
