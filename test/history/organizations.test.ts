import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openHistoryReader, runsQuery } from "../../src/history/queries.ts";
import { openSqlite } from "../../src/history/sqlite.ts";
import type { Run, RunOutcome, RunStart } from "../../src/run.ts";
import { historyWorld, record } from "../helpers/history.ts";
import { FAILURE, NOW, runEnd, runStart, SUCCESS } from "../helpers/run-records.ts";

const DAY = 86_400_000;
const SLOT = NOW - 60_000;

function world() {
  const { stateDir, book } = historyWorld();
  const writer = book();
  /** A parent with a part for each organization; its own end is written last, as by a run. */
  const ran = (outcomes: Record<string, RunOutcome>, some: Partial<RunStart> = {}): RunStart => {
    const parent = runStart({ scheduledFor: SLOT, ...some });
    writer.begin(parent);
    for (const [organization, outcome] of Object.entries(outcomes)) part(parent, organization, outcome);
    writer.end(parent, runEnd(parent));
    return parent;
  };
  const part = ({ key, onlyOrganizations: _only, ...parent }: RunStart, organization: string, outcome: RunOutcome): RunStart =>
    record(writer, outcome, {
      ...parent,
      key: `${key}-${organization}`,
      parent: key,
      organization,
      logPath: join(stateDir, `${organization}.log`),
    });
  const read = <Value>(ask: (reader: NonNullable<ReturnType<typeof openHistoryReader>>) => Value): Value => {
    const reader = openHistoryReader(stateDir);
    if (!reader) throw new Error("no history");
    return ask(reader);
  };
  return { stateDir, writer, ran, part, read };
}

const told = ({ id, organization, parentId }: Run): unknown[] => [id, organization, parentId];

describe("runs for organizations", () => {
  test("are found by their parent and by their organization, and not among whole runs", () => {
    const { ran, read } = world();
    const first = ran({ a: SUCCESS, b: FAILURE });
    ran({ a: SUCCESS }, { startedAt: NOW + 1, job: "other" });
    expect(read(({ runs }) => runs({ limit: 9 }).map(told))).toEqual([
      [4, null, null],
      [1, null, null],
    ]);
    expect(read(({ runs }) => runs({ limit: 9, statuses: ["failed"] }))).toEqual([]);
    expect(read(({ latest }) => latest(first.job, "any")?.id)).toBe(1);
    expect(read(({ parts }) => parts(first.key).map(told))).toEqual([
      [2, "a", 1],
      [3, "b", 1],
    ]);
    expect(read(({ runs }) => runs({ limit: 9, organization: "a" }).map(told))).toEqual([
      [5, "a", 4],
      [2, "a", 1],
    ]);
    expect(read(({ runs }) => runs({ limit: 9, organization: "a", job: "other" }).map(told))).toEqual([[5, "a", 4]]);
    expect(read(({ runs }) => runs({ limit: 9, organization: "b", statuses: ["failed"] }).map(told))).toEqual([[3, "b", 1]]);
  });

  test("keep whom a parent was restricted to", () => {
    const { ran, read } = world();
    ran({ a: SUCCESS }, { onlyOrganizations: ["a"] });
    expect(read(({ run }) => [run(1)?.onlyOrganizations, run(2)?.onlyOrganizations])).toEqual([["a"], null]);
  });

  test("are done for a slot where they succeeded, but not by a dry run or for another slot", () => {
    const { ran, writer } = world();
    ran({ a: SUCCESS, b: FAILURE, c: { status: "cancelled", signal: "SIGTERM" } });
    ran({ d: SUCCESS }, { trigger: "dry-run", startedAt: NOW + 1 });
    ran({ e: SUCCESS }, { scheduledFor: SLOT - DAY, startedAt: NOW + 2 });
    ran({ a: SUCCESS, f: SUCCESS }, { startedAt: NOW + 3 });
    expect(writer.doneOrganizations("token-cleanup", SLOT).toSorted()).toEqual(["a", "f"]);
    expect(writer.doneOrganizations("nothing", SLOT)).toEqual([]);
  });

  test("are no executions, claim no slot, and their skips are no repeats", () => {
    const { ran, writer, read } = world();
    const skip: RunOutcome = { status: "skipped", reason: "job-check", detail: "no server" };
    ran({ a: skip, b: skip, c: SUCCESS }, { trigger: "dry-run" });
    ran({ a: skip, b: skip, c: SUCCESS }, { scheduledFor: NOW, startedAt: NOW });
    expect([writer.executions("token-cleanup"), writer.slots.isClaimed("token-cleanup", SLOT)]).toEqual([1, false]);
    expect(read(({ runs }) => runs({ limit: 9, organization: "a" }).map(({ count }) => count))).toEqual([1, 1]);
  });

  test("know their parent also where it came out of the spool after them", () => {
    const { writer, part, read } = world();
    const parent = runStart();
    part(parent, "a", SUCCESS);
    expect(read(({ run }) => run(1)?.parentId)).toBeNull();
    writer.begin(parent);
    expect(read(({ run }) => run(1)?.parentId)).toBe(2);
  });

  test("are removed with their parent, with their logs, and kept with it", () => {
    const { stateDir, ran, writer, read } = world();
    for (const name of ["a", "b"]) writeFileSync(join(stateDir, `${name}.log`), "");
    ran({ a: SUCCESS }, { startedAt: NOW - 100 * DAY });
    ran({ b: SUCCESS }, { startedAt: NOW - 95 * DAY });
    writer.housekeep({ job: "token-cleanup", retentionDays: () => 90 });
    expect(read(({ run }) => [1, 2, 3, 4].map((id) => run(id)?.organization))).toEqual([undefined, undefined, null, "b"]);
    expect(["a", "b"].map((name) => existsSync(join(stateDir, `${name}.log`)))).toEqual([false, true]);
  });

  test("are asked for through an index, without sorting", () => {
    const { stateDir, ran } = world();
    ran({ a: SUCCESS });
    const db = openSqlite(`${stateDir}/history.db`, { readonly: true });
    const plan = (sql: string, values: object): string =>
      (db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(values) as { detail: string }[]).map(({ detail }) => detail).join("\n");
    for (const filter of [
      { organization: "a" },
      { organization: "a", job: "x" },
      { organization: "a", since: 1, statuses: ["failed"] as const },
    ]) {
      const { sql, values } = runsQuery({ limit: 20, ...filter });
      expect(plan(sql, values)).toMatch(/^SEARCH runs USING INDEX runs_by_organization/);
      expect(plan(sql, values)).not.toMatch(/TEMP B-TREE|SCAN runs/);
    }
  });
});
