import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MIGRATIONS, SCHEMA_VERSION } from "../../src/history/migrations.ts";
import { openHistoryReader } from "../../src/history/queries.ts";
import { openSqlite, type Sqlite } from "../../src/history/sqlite.ts";
import { historyWorld, manyRuns, record } from "../helpers/history.ts";
import { NOW, SUCCESS } from "../helpers/run-records.ts";

const ROWS = 20_000;

/** A state directory with a history that an earlier version left, closed, and what its path is. */
function oldHistory(version: number) {
  const world = historyWorld();
  const path = join(world.stateDir, "history.db");
  const db = openSqlite(path, {});
  db.unsafeMode(true);
  db.pragma("journal_mode = WAL");
  for (const step of MIGRATIONS.slice(0, version)) db.exec(step);
  db.pragma(`user_version = ${version}`);
  manyRuns(world.stateDir, { rows: ROWS, jobs: ["a", "b"], from: NOW - 1e9, to: NOW - 1000 });
  db.close();
  return { ...world, path };
}

interface SchemaEntry {
  name: string;
  table: string;
  page: number;
  sql: string;
}

/** By name; without the line breaks in which the text was written. */
function schemaOf(db: Sqlite): SchemaEntry[] {
  const rows = db.prepare("SELECT name, tbl_name AS 'table', rootpage AS page, coalesce(sql, '') AS sql FROM sqlite_schema ORDER BY name");
  return (rows.all() as SchemaEntry[]).map((entry) => ({ ...entry, sql: entry.sql.replaceAll(/\s+/g, " ") }));
}

const withoutPages = (entries: SchemaEntry[]): Omit<SchemaEntry, "page">[] => entries.map(({ page: _page, ...entry }) => entry);

/** Bytes that this thread has read and written (proc(5), /proc/PID/io). */
function bytesMoved(): number {
  const [, read = 0, written = 0] = /rchar: (\d+)\nwchar: (\d+)/.exec(readFileSync("/proc/thread-self/io", "utf8")) ?? [];
  return Number(read) + Number(written);
}

describe.each([...MIGRATIONS.keys()].slice(1))("a history of schema %i", (version) => {
  it("is brought up to date without a look at its rows, however many they are", () => {
    const { book, path } = oldHistory(version);
    const { size } = statSync(path);
    const before = bytesMoved();
    record(book(), SUCCESS, { startedAt: NOW });
    expect(bytesMoved() - before).toBeLessThan(size / 8);
  });

  it("is then as a new one is: schema, rows, and what is in each index", () => {
    const { stateDir, book, path } = oldHistory(version);
    record(book(), SUCCESS, { job: "a", startedAt: NOW });
    expect(openHistoryReader(stateDir)?.runs({ limit: 2, job: "a" })).toMatchObject([
      { id: ROWS + 1, status: "succeeded", organization: null, parentId: null },
      { id: ROWS - 1, status: "succeeded", organization: null, parentId: null },
    ]);
    const fresh = historyWorld();
    record(fresh.book(), SUCCESS, { startedAt: NOW });
    const [db, other] = [openSqlite(path, {}), openSqlite(join(fresh.stateDir, "history.db"), {})];
    expect(withoutPages(schemaOf(db))).toEqual(withoutPages(schemaOf(other)));
    expect(db.pragma("user_version", { simple: true })).toBe(SCHEMA_VERSION);
    expect(db.prepare("SELECT count(*), count(organization), count(claimed_slot) FROM runs").raw().get()).toEqual([ROWS + 1, 0, 0]);
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
  });
});

it("a new history's indexes hold what their text says, whatever has been written since", () => {
  const { stateDir, book } = historyWorld();
  const writer = book();
  const parent = record(writer, SUCCESS, { startedAt: NOW, slot: NOW, scheduledFor: NOW });
  for (const organization of ["a", "b"]) record(writer, SUCCESS, { startedAt: NOW + 1, organization, parent: parent.key });
  const db = openSqlite(join(stateDir, "history.db"), {});
  expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
  const inIndex = (index: string, where: string): unknown =>
    db.prepare(`SELECT count(*) FROM runs INDEXED BY ${index} WHERE ${where}`).pluck().get();
  expect([
    inIndex("runs_by_time", "organization IS NULL AND started_at > 0"),
    inIndex("runs_claimed", "job_id = 1 AND claimed_slot > 0"),
    inIndex("runs_of_parent", `parent_key = '${parent.key}'`),
    inIndex("runs_by_organization", "organization > ''"),
    inIndex("runs_of_slot", "job_id = 1 AND organization IS NOT NULL AND status = 'succeeded'"),
  ]).toEqual([1, 1, 2, 2, 2]);
});

it("a row is written without tables that SQLite makes for itself", () => {
  const { stateDir, book } = historyWorld();
  record(book(), SUCCESS, { startedAt: NOW });
  const db = openSqlite(join(stateDir, "history.db"), {});
  const steps = (db.prepare("EXPLAIN UPDATE runs SET status = 'failed', started_at = 1 WHERE key = 'k'").all() as { opcode: string }[]).map(
    ({ opcode }) => opcode,
  );
  expect(steps.filter((opcode) => opcode === "IdxInsert").length).toBeGreaterThan(5);
  expect(steps).not.toContain("OpenEphemeral");
});
