import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import type { TestDatabase } from "../../helpers/databases.ts";
import { audits, database, daysAgo, folder, runEntry } from "../../helpers/entry.ts";
import { runHost, shippedJob, startHost } from "../../helpers/host.ts";
import { until } from "../../helpers/world.ts";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const module = shippedJob("maintenance/call-function");

describe("maintenance/call-function on postgres", () => {
  it("calls the function through the program; its integer is the count, and a second call finds nothing", async () => {
    const data = await withFunctions();
    const manifest = manifestWith("{ name: purge_sessions, arguments: [30] }");
    expect(await runEntry("purge", data, { manifest, dryRun: true })).toMatchObject({
      status: "succeeded",
      result: { called: false, function: "purge_sessions" },
    });
    expect(await sessions(data)).toEqual(["old", "young"]);
    expect(await runEntry("purge", data, { manifest })).toMatchObject({ status: "succeeded", result: { called: true, affectedCount: 1 } });
    expect(await sessions(data)).toEqual(["young"]);
    expect(await runEntry("purge", data, { manifest })).toMatchObject({ result: { affectedCount: 0 } });
    const called = { action: "function.called", resource_type: "function", resource_id: "purge_sessions" };
    expect((await audits(data)).map((row) => row)).toEqual(expect.arrayContaining([{ ...called, affectedCount: 1 }]));
  });

  it.each([
    ["nothing", "does_nothing", 0],
    ["a numeric", "counts_exactly", 12],
    ["in another schema", "reports.refresh", 3],
  ])("takes %s", async (_, name, count) => {
    const data = await withFunctions();
    expect((await runHost({ module, database: data.url, params: { name } })).end).toMatchObject({ result: { affectedCount: count } });
  });

  it.each([
    [{ name: "purge_session" }, 'the database has no function "purge_session"; near names: purge_sessions'],
    [{ name: "purge_sessions(30); DROP TABLE users; --" }, "the database has no function"],
    [{ name: "refresh" }, 'the database has no function "refresh"'],
    [{ name: "a_procedure" }, '"a_procedure" is no plain function but a procedure or an aggregate; this job calls functions'],
  ])("refuses %j", async (params, message) => {
    const data = await withFunctions();
    const run = await runHost({ module, database: data.url, params });
    expect(run).toMatchObject({ exitCode: 78, end: { error: expect.stringContaining(message), config: true } });
  });

  it("keeps nothing of a function that does not return an integer", async () => {
    const data = await withFunctions();
    const run = await runHost({ module, database: data.url, params: { name: "deletes_and_says_text" } });
    expect(run.end).toMatchObject({ error: 'deletes_and_says_text() returned "many"; it should return an integer (nothing was kept)' });
    expect(await sessions(data)).toEqual(["old", "young"]);
  });

  it("cancels the call with the run", async () => {
    const data = await withFunctions();
    const host = startHost({ module, database: data.url, params: { name: "sleeps" } });
    const asleep = sql`SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT "sleeps"%'`;
    while ((await asleep.execute(data.db)).rows.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    host.child.kill("SIGTERM");
    expect((await host.done).end).toMatchObject({ cancelled: true, error: "cancelled by SIGTERM" });
    expect(await sessions(data)).toEqual(["old", "young"]);
    await until(() => host.child.exitCode !== null);
  });
});

it("maintenance/call-function on sqlite says that SQLite has no functions", async () => {
  const data = await database("sqlite");
  const run = await runHost({ module, database: data.url, params: { name: "purge" } });
  expect(run).toMatchObject({
    exitCode: 78,
    end: { error: `database: SQLite has no stored functions, so "purge" can't be called; this job needs postgres://...` },
  });
});

async function withFunctions(): Promise<TestDatabase> {
  const data = await database("postgres");
  await data.db
    .insertInto("users")
    .values({ id: "u", email: "u", created_at: daysAgo(1) })
    .execute();
  const session = { user_id: "u", created_at: daysAgo(99) };
  const rows = [
    { id: "old", ...session, expires_at: daysAgo(31) },
    { id: "young", ...session, expires_at: daysAgo(1) },
  ];
  await data.db.insertInto("sessions").values(rows).execute();
  for (const statement of FUNCTIONS) await sql.raw(statement).execute(data.db);
  return data;
}

const FUNCTIONS = [
  `CREATE FUNCTION purge_sessions(days integer) RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE amount bigint; BEGIN
   DELETE FROM sessions WHERE expires_at::timestamptz < timestamptz '2026-11-22T03:00:00Z' - days * interval '1 day';
   GET DIAGNOSTICS amount = ROW_COUNT; RETURN amount; END $$`,
  "CREATE FUNCTION does_nothing() RETURNS void LANGUAGE sql AS $$ SELECT 1 $$",
  "CREATE FUNCTION counts_exactly() RETURNS numeric LANGUAGE sql AS $$ SELECT 12.0 $$",
  "CREATE SCHEMA reports",
  "CREATE FUNCTION reports.refresh() RETURNS integer LANGUAGE sql AS $$ SELECT 3 $$",
  "CREATE PROCEDURE a_procedure() LANGUAGE sql AS $$ SELECT 1 $$",
  "CREATE FUNCTION deletes_and_says_text() RETURNS text LANGUAGE sql AS $$ DELETE FROM sessions; SELECT 'many' $$",
  "CREATE FUNCTION sleeps() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN DELETE FROM sessions; PERFORM pg_sleep(60); RETURN 1; END $$",
];

function manifestWith(parameters: string): string {
  const path = join(folder(), "jobctl.yaml");
  const job = `{ description: Purge, uses: maintenance/call-function, with: ${parameters} }`;
  writeFileSync(path, `version: 1\ndatabase: \${DATABASE_URL}\njobs:\n  purge: ${job}\n`);
  return path;
}

async function sessions({ db }: TestDatabase): Promise<string[]> {
  return (await db.selectFrom("sessions").select("id").orderBy("id").execute()).map(({ id }) => id);
}
