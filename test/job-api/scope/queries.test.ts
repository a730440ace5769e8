import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import type { GuardedDatabase } from "../../../src/job-api/database/open-guarded.ts";
import { appDatabase, emptyDatabase, type TestDatabase } from "../../helpers/databases.ts";
import { ALLOWED } from "./allowed.ts";
import { REFUSED } from "./refused.ts";
import { type Db, fill, guarded, NEW_USER, ORG } from "./world.ts";

describe.each(DIALECTS)("a database for one organization on %s", (dialect) => {
  const open: { data?: TestDatabase; guard?: GuardedDatabase } = {};
  const db = (): Db => (open.guard as GuardedDatabase).db;
  beforeAll(async () => {
    open.data = await appDatabase(dialect);
    await fill(open.data);
    open.guard = guarded(open.data);
  });
  afterAll(async () => {
    await open.data?.db.destroy();
    await open.guard?.db.destroy();
  });

  it.each(Object.entries(ALLOWED))("answers %s", async (_, [query, ids]) => {
    const rows = (await query(db()).execute()) as { id: string }[];
    expect(rows.map(({ id }) => id).toSorted()).toEqual(ids);
  });

  it.each(Object.entries(REFUSED))("refuses %s", async (_, [query, message]) => {
    const why = await query(db())
      .execute()
      .then(
        () => "it was run",
        (error: Error) => error,
      );
    expect(why).toMatchObject({ name: "JobctlError", code: "config" });
    expect((why as Error).message).toMatch(/^this query was not run, since the run is for the organization acme alone: /);
    expect((why as Error).message).toMatch(message);
  });

  it("changes its own rows, in transactions too", async () => {
    await db()
      .transaction()
      .execute(async (trx) => {
        await trx
          .insertInto("users")
          .values({ ...NEW_USER, organization_id: ORG })
          .execute();
        await trx
          .insertInto("users")
          .values({ ...NEW_USER, organization_id: ORG, name: "x" })
          .onConflict((c) => c.column("id").doUpdateSet({ name: "new" }).where("users.organization_id", "=", ORG))
          .execute();
        await trx.updateTable("users").set({ bio: "b" }).where("organization_id", "=", ORG).where("id", "=", "n").execute();
      });
    expect(await open.data?.db.selectFrom("users").select(["name", "bio", "organization_id"]).where("id", "=", "n").execute()).toEqual([
      { name: "new", bio: "b", organization_id: ORG },
    ]);
    const { numDeletedRows } = await db()
      .deleteFrom("users")
      .where("organization_id", "=", ORG)
      .where("id", "=", "n")
      .executeTakeFirstOrThrow();
    expect(numDeletedRows).toBe(1n);
  });

  it("refuses a query in a transaction, which is then rolled back", async () => {
    const work = db()
      .transaction()
      .execute(async (trx) => {
        await trx
          .insertInto("users")
          .values({ ...NEW_USER, organization_id: ORG })
          .execute();
        await trx.deleteFrom("users").execute();
      });
    await expect(work).rejects.toThrow(/deletes from users/);
    expect(await open.data?.db.selectFrom("users").select("id").where("id", "=", "n").execute()).toEqual([]);
  });

  it("refuses to stream", async () => {
    await expect(db().selectFrom("users").select("id").stream().next()).rejects.toThrow(/reads users/);
  });

  it("is refused where no table has the column", async () => {
    const other = await emptyDatabase(dialect);
    await sql`CREATE TABLE carts (id TEXT PRIMARY KEY, tenant TEXT)`.execute(other.db);
    const of = (column: string) => guarded(other, column).db.withTables<{ carts: { id: string; tenant: string } }>();
    await expect(of("organization_id").selectFrom("carts").select("id").execute()).rejects.toThrow(
      'no table of the database has a column "organization_id", so nothing would keep organizations apart; name the column: organizations: { column: tenant_id }',
    );
    await expect(of("tenant").selectFrom("carts").select("id").execute()).rejects.toThrow(/reads carts/);
    expect(await of("tenant").selectFrom("carts").select("id").where("tenant", "=", ORG).execute()).toEqual([]);
    await other.db.destroy();
  });

  it("refuses a view that does not tell whose its rows are", async () => {
    const { db: plain, url } = await appDatabase(dialect);
    await sql`CREATE VIEW names AS SELECT name FROM users`.execute(plain);
    await sql`CREATE VIEW people AS SELECT name, organization_id FROM users`.execute(plain);
    const views = guarded({ url }).db.withTables<{ names: { name: string }; people: { name: string; organization_id: string } }>();
    await expect(views.selectFrom("names").select("name").execute()).rejects.toThrow(
      /whose rows the view names shows can't be seen; give it the column organization_id$/,
    );
    await expect(views.selectFrom("people").select("name").execute()).rejects.toThrow(/reads people/);
    expect(await views.selectFrom("people").select("name").where("organization_id", "=", ORG).execute()).toEqual([]);
    await views.destroy();
    await plain.destroy();
  });
});
