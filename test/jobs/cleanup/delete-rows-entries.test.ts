import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { AppDatabase } from "../../../src/job-api/database/app-tables.ts";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import { cancelAt } from "../../helpers/cancel.ts";
import type { TestDatabase } from "../../helpers/databases.ts";
import { database, MANIFEST, runEntry } from "../../helpers/entry.ts";
import { allow, forbid } from "../../helpers/forbid.ts";
import { NOW } from "../../helpers/host.ts";

const DAY = 86_400_000;
/** Milliseconds before (negative) or after `age` days ago. */
const at = (age: number, offset: number): string => new Date(NOW - age * DAY + offset).toISOString();

type Row = Record<string, string | number | null>;

interface Entry {
  table: keyof AppDatabase;
  column: string;
  /** Days. */
  age: number;
  row: Row;
  /** Rows that are old but of another kind, and so must stay. */
  others?: Row[];
}

const token = { created_at: at(2000, 0) };
const session = { user_id: "u", created_at: at(2000, 0) };
const ENTRIES: Record<string, Entry> = {
  "session-cleanup": { table: "sessions", column: "expires_at", age: 0, row: session },
  "cleanup-expired-sessions": { table: "sessions", column: "expires_at", age: 0, row: session },
  "token-cleanup": { table: "auth_tokens", column: "expires_at", age: 0, row: { ...token, kind: "refresh" } },
  "cleanup-email-verification-tokens": {
    table: "auth_tokens",
    column: "expires_at",
    age: 0,
    row: { ...token, kind: "email_verification" },
    others: [{ kind: "refresh" }, { kind: "password_reset" }, { kind: "magic_link" }],
  },
  "cleanup-password-reset-tokens": {
    table: "auth_tokens",
    column: "expires_at",
    age: 0,
    row: { ...token, kind: "password_reset" },
    others: [{ kind: "refresh" }, { kind: "email_verification" }],
  },
  "cleanup-push-tokens": { table: "push_tokens", column: "last_used_at", age: 90, row: { user_id: "u" } },
  "cleanup-removed-team-members": {
    table: "project_members",
    column: "removed_at",
    age: 90,
    row: { user_id: "u", role: "client" },
    others: [{ removed_at: null }],
  },
  "cleanup-invitations": {
    table: "invitations",
    column: "created_at",
    age: 30,
    row: {},
    others: [{ accepted_at: at(60, 0) }, { declined_at: at(60, 0) }],
  },
  "delete-audit-logs": { table: "audit_logs", column: "created_at", age: 1095, row: { action: "login" } },
  "cleanup-cache": {
    table: "analytics_metrics",
    column: "calculated_at",
    age: 1,
    row: { user_id: "u", metric_type: "x", calculated_value: "1", expires_at: at(0, 0) },
  },
};

describe.each(DIALECTS)("the entries of delete-rows on %s", (dialect) => {
  it.each(Object.entries(ENTRIES))(
    "%s deletes what is one millisecond too old and nothing else, finishes what was cancelled, and reports what the database keeps",
    async (name, entry) => {
      const data = await database(dialect);
      const kept = await fill(data, entry);
      const dry = await runEntry(name, data, { dryRun: true });
      expect(dry).toMatchObject({ status: "succeeded", result: { deletedCount: 3 } });
      const cancelled = await cancelAt("wait:1", name, data, { set: { batchSize: 1 } });
      expect(cancelled).toMatchObject({ status: "cancelled", result: { deletedCount: 1 } });
      const [bad = "", ...more] = (await ids(data, entry.table)).filter((id) => !kept.includes(id));
      expect(more).toHaveLength(1);
      await forbid(data, { event: "DELETE", table: entry.table, column: "id", values: [bad] });
      const failures = [{ item: `${entry.table} ${bad}`, error: expect.stringContaining("not this one") }];
      expect(await runEntry(name, data)).toMatchObject({ status: "failed", exitCode: 1, result: { deletedCount: 1, failures } });
      expect(await ids(data, entry.table)).toEqual([...kept, bad].toSorted());
      await allow(data, entry);
      expect(await runEntry(name, data)).toMatchObject({ status: "succeeded", exitCode: 0, result: { deletedCount: 1 } });
      expect(await ids(data, entry.table)).toEqual(kept);
      expect(await runEntry(name, data)).toMatchObject({ status: "succeeded", result: { deletedCount: 0 } });
    },
  );
});

it("every entry that uses delete-rows is tested here", () => {
  const { jobs } = parse(readFileSync(MANIFEST, "utf8")) as { jobs: Record<string, { uses: string }> };
  const names = Object.keys(jobs).filter((name) => jobs[name]?.uses === "cleanup/delete-rows");
  expect(names.toSorted()).toEqual(Object.keys(ENTRIES).toSorted());
});

/** Three rows that must go; one on the cutoff, one after it and the others that must stay. Returns the ids of these. */
async function fill({ db }: TestDatabase, { table, column, age, row, others = [] }: Entry): Promise<string[]> {
  await db
    .insertInto("users")
    .values({ id: "u", email: "u@example.com", created_at: at(0, 0) })
    .execute();
  const rows: Row[] = [
    { id: "old", [column]: at(age, -1) },
    { id: "older", [column]: at(age, -DAY) },
    { id: "oldest", [column]: at(age, -2 * DAY) },
    { id: "on", [column]: at(age, 0) },
    { id: "young", [column]: at(age, 1) },
    ...others.map((other, index) => ({ id: `other${index}`, [column]: at(age, -DAY), ...other })),
  ].map((each, index) => Object.assign({}, row, table === "project_members" ? { project_id: `p${index}` } : {}, each));
  if (table === "project_members") {
    await db
      .insertInto("projects")
      .values(rows.map((_, index) => ({ id: `p${index}`, title: "P" })))
      .execute();
  }
  for (const each of rows)
    await db
      .insertInto(table)
      .values(each as never)
      .execute();
  return rows
    .map(({ id }) => String(id))
    .filter((id) => !id.startsWith("old"))
    .toSorted();
}

async function ids({ db }: TestDatabase, table: keyof AppDatabase): Promise<string[]> {
  const rows = (await db.selectFrom(table).selectAll().execute()) as { id: string; action?: string }[];
  return rows
    .filter(({ action }) => action !== "rows.deleted")
    .map(({ id }) => id)
    .toSorted();
}
