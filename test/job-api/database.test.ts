import Sqlite from "better-sqlite3";
import { sql } from "kysely";
import { afterEach, describe, expect, it } from "vitest";
import { DIALECTS, dialectOf, openDatabase } from "../../src/job-api/database/open-database.ts";
import { appDatabase, emptyDatabase, type TestDatabase } from "../helpers/databases.ts";
import { runSource } from "../helpers/host.ts";

const open: TestDatabase[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ db }) => db.destroy()));
});

describe.each(DIALECTS)("the job's database on %s", (dialect) => {
  async function database(make = appDatabase): Promise<TestDatabase> {
    const made = await make(dialect);
    open.push(made);
    return made;
  }

  it("gives money in minor units as numbers", async () => {
    const { db } = await database();
    await db
      .insertInto("uploads")
      .values({ id: "a", filename: "a", size_bytes: 9_007_199_254_740_991, created_at: "2026-01-01T00:00:00.000Z" })
      .execute();
    expect(await db.selectFrom("uploads").select("size_bytes").executeTakeFirst()).toEqual({ size_bytes: 9_007_199_254_740_991 });
  });

  it("refuses what a job writes in a dry run", async () => {
    const { url } = await database(emptyDatabase);
    const source = `import { defineJob } from "jobctl";
      export default defineJob({ description: "x", async run({ db, sql }) { await sql\`CREATE TABLE t (a INTEGER)\`.execute(db); } });`;
    const run = await runSource(source, { database: url, dryRun: true });
    expect(run.end).toHaveProperty("error", expect.stringMatching(/readonly database|read-only transaction/));
  });

  it("updates rows that do not hold the values yet, and a second run finds none", async () => {
    const { url, db } = await database(emptyDatabase);
    await sql`CREATE TABLE carts (id INTEGER, status TEXT, note TEXT)`.execute(db);
    await sql`INSERT INTO carts VALUES (1, 'open', NULL), (2, 'done', 'x'), (3, NULL, NULL)`.execute(db);
    const source = `import { defineJob } from "jobctl";
      export default defineJob({ description: "x", async run({ rows }) {
        const all = await rows("carts", { where: [{ column: "id", comparison: "<", value: 3 }] });
        await all.update({ status: "done", note: null }, { count: "closedCount", action: "carts.closed", batchSize: 1 });
      } });`;
    expect((await runSource(source, { database: url, dryRun: true })).end).toMatchObject({ result: { closedCount: 2 } });
    expect((await runSource(source, { database: url })).end).toMatchObject({ result: { closedCount: 2 } });
    expect((await runSource(source, { database: url })).end).toMatchObject({ result: { closedCount: 0 } });
    const { rows } = await sql`SELECT id, status, note FROM carts ORDER BY id`.execute(db);
    expect(rows).toEqual([
      { id: 1, status: "done", note: null },
      { id: 2, status: "done", note: null },
      { id: 3, status: null, note: null },
    ]);
  });

  it("takes true and false for a column of booleans and for one of numbers", async () => {
    const { url, db } = await database(emptyDatabase);
    await sql`CREATE TABLE carts (id INTEGER, paid BOOLEAN, open INTEGER)`.execute(db);
    await sql`INSERT INTO carts VALUES (1, TRUE, 1), (2, FALSE, 1), (3, TRUE, 0)`.execute(db);
    const source = `import { defineJob } from "jobctl";
      export default defineJob({ description: "x", async run({ rows }) {
        const where = [{ column: "paid", comparison: "=", value: true }, { column: "open", comparison: "=", value: [true] }];
        await (await rows("carts", { where })).update({ paid: false, open: false }, { count: "closedCount", action: "carts.closed" });
      } });`;
    expect((await runSource(source, { database: url })).end).toMatchObject({ result: { closedCount: 1 } });
    const { rows } = await sql`SELECT id FROM carts WHERE NOT paid AND open = 0`.execute(db);
    expect(rows).toEqual([{ id: 1 }]);
  });

  it("refuses a view, whose rows are other tables' rows", async () => {
    const { url, db } = await database();
    await sql`CREATE VIEW old_users AS SELECT * FROM users`.execute(db);
    const source = `import { defineJob } from "jobctl";
      export default defineJob({ description: "x", async run({ rows }) { await rows("old_users", {}); } });`;
    expect((await runSource(source, { database: url })).end).toMatchObject({
      config: true,
      error: '"old_users" is a view; name a plain table',
    });
  });
});

describe("SQLite", () => {
  it("gives a transaction the lock when it begins: one that has read first would be refused once another has written", async () => {
    const made = await emptyDatabase("sqlite");
    open.push(made);
    await sql`CREATE TABLE carts (id INTEGER)`.execute(made.db);
    const other = new Sqlite(made.url.slice("sqlite:".length), { timeout: 0 });
    await made.db.transaction().execute(async (transaction) => {
      await sql`SELECT * FROM carts`.execute(transaction);
      expect(() => other.exec("INSERT INTO carts VALUES (1)")).toThrow("database is locked");
    });
    other.exec("INSERT INTO carts VALUES (1)");
    other.close();
  });

  it("has keys beyond 2^53, whose rows are deleted as others are, and no neighbour", async () => {
    const { url, db } = await emptyDatabase("sqlite");
    open.push({ url, db });
    await sql`CREATE TABLE carts (id INTEGER PRIMARY KEY, status TEXT)`.execute(db);
    await sql`INSERT INTO carts VALUES (9007199254740993, 'old'), (9007199254740992, 'new'), (9007199254740994, 'new')`.execute(db);
    const source = `import { defineJob } from "jobctl";
      export default defineJob({ description: "x", async run({ rows }) {
        await (await rows("carts", { where: [{ column: "status", comparison: "=", value: "old" }] })).delete();
      } });`;
    expect((await runSource(source, { database: url })).end).toMatchObject({ result: { deletedCount: 1 } });
    expect((await sql`SELECT CAST(id AS TEXT) AS id FROM carts`.execute(db)).rows).toEqual([
      { id: "9007199254740992" },
      { id: "9007199254740994" },
    ]);
  });
});

describe("a database URL", () => {
  it.each([
    ["sqlite:var/app.db", "sqlite"],
    ["postgres://app@db/app", "postgres"],
    ["postgresql://app@db/app", "postgres"],
  ])("%s is %s", (url, dialect) => {
    expect(dialectOf(url)).toBe(dialect);
  });

  it("of another kind is refused without showing its password", () => {
    expect(() => dialectOf("mysql://root:secret@db/app")).toThrow(
      /^database: "mysql:" is none of the databases jobctl knows; write sqlite:PATH or postgres:\/\/USER@HOST\/NAME$/,
    );
  });

  it("of a file that is not there is an error, and no empty file is made", async () => {
    const db = openDatabase("sqlite:/nowhere/app.db", { readOnly: false, applicationName: "x" });
    await expect(sql`SELECT 1`.execute(db)).rejects.toThrow(
      "database: there is no file /nowhere/app.db that can be opened; is the path right? (`jobctl demo` makes a database to try)",
    );
  });
});
