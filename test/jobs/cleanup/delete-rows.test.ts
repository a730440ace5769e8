import { statSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { sql } from "kysely";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import type { HostRequest } from "../../../src/running/host/protocol.ts";
import { appDatabase, emptyDatabase, type TestDatabase } from "../../helpers/databases.ts";
import { type HostRun, NOW, runHost, shippedJob, startHost } from "../../helpers/host.ts";
import { until } from "../../helpers/world.ts";

const module = shippedJob("cleanup/delete-rows");
const at = (offset: number): string => new Date(NOW + offset).toISOString();
const DAY = 86_400_000;

const open: TestDatabase[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ db }) => db.destroy()));
});

describe.each(DIALECTS)("cleanup/delete-rows on %s", (dialect) => {
  async function database(): Promise<TestDatabase> {
    const made = await appDatabase(dialect);
    open.push(made);
    return made;
  }

  async function withTokens(expiries: Record<string, number>, kind: "refresh" | "magic_link" = "refresh"): Promise<TestDatabase> {
    const made = await database();
    await addTokens(made, expiries, kind);
    return made;
  }

  it("deletes the row one millisecond before the cutoff and keeps the one on it and the one after", async () => {
    const data = await withTokens({ before: -30 * DAY - 1, on: -30 * DAY, after: -30 * DAY + 1 });
    const run = await clean(data, { olderThan: "30d" });
    expect(run.end).toEqual({ type: "result", result: { deletedCount: 1, cutoff: "2026-10-23T03:00:00.000Z" } });
    expect(await tokenIds(data)).toEqual(["after", "on"]);
  });

  it("finds nothing in a second run at once, and audits only the first", async () => {
    const data = await withTokens({ old: -1, new: 1 });
    await clean(data, {});
    const second = await clean(data, {});
    expect(second.end).toEqual({ type: "result", result: { deletedCount: 0, cutoff: at(0) } });
    expect(await audits(data)).toHaveLength(1);
  });

  it("says in audit_logs what it deleted, for which job and run", async () => {
    const data = await withTokens({ one: -2, two: -1 });
    await clean(data, { where: { kind: "refresh" } });
    expect(await audits(data)).toEqual([
      {
        action: "rows.deleted",
        resource_type: "auth_tokens",
        created_at: at(0),
        metadata: JSON.stringify({
          job: "test-job",
          runId: 4812,
          runKey: "mf0-0011223344556677",
          column: "expires_at",
          cutoff: at(0),
          where: 'kind = "refresh"',
          deletedCount: 2,
        }),
      },
    ]);
  });

  it("counts in a dry run what the run then deletes, and writes nothing", async () => {
    const data = await withTokens({ one: -2, two: -1, three: 1 });
    const dry = await clean(data, {}, { dryRun: true });
    expect(dry.end).toEqual({ type: "result", result: { deletedCount: 2, cutoff: at(0) } });
    expect(await tokenIds(data)).toEqual(["one", "three", "two"]);
    expect(await audits(data)).toEqual([]);
    expect((await clean(data, {})).end).toEqual(dry.end);
  });

  it.each([
    ["a value", { kind: "magic_link" }, ["null", "used"]],
    ["null", { used_at: null }, ["used"]],
    ["a list", { kind: ["magic_link", "refresh"] }, []],
    ["a list with null", { used_at: [null, at(-5)] }, []],
    ["an operator", { used_at: { "!=": null } }, ["null"]],
    ["none of a list", { id: { "!=": ["null"] } }, ["null"]],
    ["two operators", { id: { ">=": "n", "<": "nz" } }, ["used"]],
    ["like", { id: { like: "us%" } }, ["null"]],
    ["two columns", { used_at: null, kind: "magic_link" }, ["null", "used"]],
  ])("takes %s in where", async (_, where, kept) => {
    const data = await withTokens({ null: -1, used: -1 });
    await data.db
      .updateTable("auth_tokens")
      .set({ used_at: at(-5) })
      .where("id", "=", "used")
      .execute();
    await clean(data, { where });
    expect(await tokenIds(data)).toEqual(kept);
  });

  it("works through many batches, reports progress and stops at the limit", async () => {
    const data = await withTokens(Object.fromEntries(Array.from({ length: 1234 }, (_, index) => [`t${index}`, -1 - index])));
    const limited = await clean(data, { batchSize: 100, limit: 250 });
    expect(limited.end).toMatchObject({ result: { deletedCount: 250 } });
    expect(limited.messages.findLast(({ type }) => type === "progress")).toEqual({ type: "progress", done: 250, total: 250 });
    const rest = await clean(data, { batchSize: "100" });
    expect(rest.end).toMatchObject({ result: { deletedCount: 984 } });
    expect(await tokenIds(data)).toEqual([]);
  });

  it("keeps what it has done, and its audit row true, when it is cancelled half-way; the next run finishes", async () => {
    const data = await withTokens(Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`t${index}`, -1])));
    const host = startHost({ module, database: data.url, params: { ...TOKENS, batchSize: 10, batchPause: "1m" } });
    await until(() => host.messages.length > 0);
    host.child.kill("SIGTERM");
    const run = await host.done;
    const left = (await tokenIds(data)).length;
    expect(left).toBeGreaterThan(0);
    expect(run).toMatchObject({
      exitCode: 1,
      signal: null,
      end: { type: "error", error: "cancelled by SIGTERM", cancelled: true, result: { deletedCount: 300 - left } },
    });
    expect(JSON.parse((await audits(data))[0]?.metadata ?? "{}")).toMatchObject({ deletedCount: 300 - left });
    expect((await clean(data, {})).end).toMatchObject({ result: { deletedCount: left } });
  });

  it("keeps no other writer waiting between two batches", async () => {
    const data = await withTokens(Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`t${index}`, -1])));
    const host = startHost({ module, database: data.url, params: { ...TOKENS, batchSize: 10, batchPause: "1m" } });
    await until(() => host.messages.length > 0);
    await addTokens(data, { another: 1 }, "refresh");
    await data.db
      .updateTable("auth_tokens")
      .set({ expires_at: at(2) })
      .execute();
    expect(await tokenIds(data)).toHaveLength(291);
    host.child.kill("SIGTERM");
    expect((await host.done).end).toMatchObject({ cancelled: true, result: { deletedCount: 10 } });
  });

  it("leaves rows of no age alone", async () => {
    const data = await database();
    await data.db
      .insertInto("users")
      .values({ id: "u", email: "u@example.com", created_at: at(0) })
      .execute();
    await data.db.insertInto("projects").values({ id: "p", title: "P" }).execute();
    await data.db
      .insertInto("project_members")
      .values({ id: "m", project_id: "p", user_id: "u", role: "client", removed_at: null })
      .execute();
    const run = await clean(data, { table: "project_members", column: "removed_at", olderThan: "90d" });
    expect(run.end).toMatchObject({ result: { deletedCount: 0 } });
  });

  it.each([
    [{ table: "auth_token" }, 'the database has no table "auth_token"; near names: auth_tokens, push_tokens'],
    [{ column: "expired_at" }, 'table "auth_tokens" has no column "expired_at"; near names: expires_at'],
    [{ where: { knid: "x" } }, 'table "auth_tokens" has no column "knid"; near names: id, kind'],
    [{ table: 'auth_tokens"; DROP TABLE users; --' }, NO_SUCH],
  ])("refuses names that the database does not have: %j", async (params, message) => {
    const data = await withTokens({ old: -1 });
    const run = await clean(data, params);
    expect(run).toMatchObject({ exitCode: 78, end: { type: "error", error: message, config: true } });
    expect(await tokenIds(data)).toEqual(["old"]);
  });

  it("refuses an age on a column that holds no instant, since every number would be old", async () => {
    const data = await emptyDatabase(dialect);
    open.push(data);
    await sql`CREATE TABLE carts (id INTEGER, touched INTEGER)`.execute(data.db);
    const run = await clean(data, { table: "carts", column: "touched" });
    const also = dialect === "sqlite" ? "" : " or a timestamp";
    expect(run.end).toMatchObject({
      error: `column "touched" of table "carts" is integer; an age needs a column of instants as UTC text (2026-01-31T23:59:59.000Z)${also}`,
    });
  });

  it("works on a database of other tables, and says that nothing is audited there", async () => {
    const data = await emptyDatabase(dialect);
    open.push(data);
    await sql`CREATE TABLE carts (id INTEGER, touched TEXT)`.execute(data.db);
    await sql`INSERT INTO carts VALUES (1, ${at(-1)}), (2, ${at(1)})`.execute(data.db);
    const run = await clean(data, { table: "carts", column: "touched" });
    expect(run.end).toMatchObject({ result: { deletedCount: 1 } });
    expect(run).toMatchObject({
      stderr: "",
      stdout: expect.stringContaining("info  the database has no table audit_logs: what this run changes is not audited\n"),
    });
  });
});

describe("cleanup/delete-rows of a large table on sqlite", () => {
  it("keeps the write-ahead log shorter than what makes the application's next commit wait for the disk", async () => {
    const data = await emptyDatabase("sqlite");
    open.push(data);
    await sql`CREATE TABLE carts (id INTEGER PRIMARY KEY, note TEXT, expires_at TEXT)`.execute(data.db);
    await sql`
      INSERT INTO carts WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
      SELECT i, ${"x".repeat(1000)}, ${at(-1)} FROM n`.execute(data.db);
    await sql`PRAGMA wal_checkpoint(TRUNCATE)`.execute(data.db);
    const run = await clean(data, { table: "carts", column: "expires_at", olderThan: "0s" });
    expect(run.end).toMatchObject({ result: { deletedCount: 12_000 } });
    const [pages, frame] = [1000, 4096 + 24];
    expect(statSync(`${data.url.slice("sqlite:".length)}-wal`).size).toBeLessThan(pages * frame);
  });
});

const TOKENS = { table: "auth_tokens", column: "expires_at", olderThan: "0s" };
const NO_SUCH =
  'the database has no table "auth_tokens"; DROP TABLE users; --"; it has analytics_metrics, annual_summaries, audit_log_archives, audit_logs, auth_tokens, backups, consent_records, credentials, deletion_requests, deliverables, health_checks, invitations and 22 more';

async function clean({ url }: TestDatabase, params: HostRequest["params"], request: Partial<HostRequest> = {}): Promise<HostRun> {
  return runHost({ ...request, module, database: url, params: { ...TOKENS, ...params } });
}

async function addTokens({ db }: TestDatabase, expiries: Record<string, number>, kind: "refresh" | "magic_link"): Promise<void> {
  const rows = Object.entries(expiries).map(([id, offset]) => ({ id, kind, created_at: at(-DAY), expires_at: at(offset) }));
  for (let from = 0; from < rows.length; from += 1000) {
    await db
      .insertInto("auth_tokens")
      .values(rows.slice(from, from + 1000))
      .execute();
  }
}

async function tokenIds({ db }: TestDatabase): Promise<string[]> {
  const rows = await db.selectFrom("auth_tokens").select("id").execute();
  return rows.map(({ id }) => id).toSorted();
}

async function audits({ db }: TestDatabase) {
  return db.selectFrom("audit_logs").select(["action", "resource_type", "created_at", "metadata"]).execute();
}
