import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Kysely, sql } from "kysely";
import { describe, expect, it } from "vitest";
import { migrate } from "../../src/job-api/app-database/migrate.ts";
import { seedAppDatabase } from "../../src/job-api/app-database/seed.ts";
import type { AppDatabase } from "../../src/job-api/database/app-tables.ts";
import { type Dialect, DIALECTS } from "../../src/job-api/database/open-database.ts";
import { appDatabase, emptyDatabase } from "../helpers/databases.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const SCHEMA = join(import.meta.dirname, "../../jobs/schema");
const now = new Date("2026-11-22T03:00:00.000Z");
const ago = (days: number): string => new Date(now.getTime() - days * 86_400_000).toISOString();

describe.each(DIALECTS)("the application database on %s", (dialect) => {
  it("is migrated once, and then left alone", async () => {
    const { db } = await emptyDatabase(dialect);
    expect(await migrate(db, SCHEMA)).toEqual(["001-application-tables.sql", "002-foreign-key-indexes.sql"]);
    expect(await migrate(db, SCHEMA)).toEqual([]);
    const tables = await db.introspection.getTables();
    expect(tables.filter(({ name }) => name !== "schema_migrations")).toHaveLength(33);
    await db.destroy();
  });

  it("of an earlier jobctl is brought up to date, and its rows stay", async () => {
    const { db } = await emptyDatabase(dialect);
    const earlier = join(temporaryFolder(), "schema");
    mkdirSync(earlier);
    cpSync(join(SCHEMA, "001-application-tables.sql"), join(earlier, "001-application-tables.sql"));
    await migrate(db, earlier);
    expect(await unindexedReferences(db, dialect)).toContain("invitations.invited_by_id");
    await seedAppDatabase(db, { users: 20, now });
    const users = await db.selectFrom("users").selectAll().orderBy("id").execute();
    expect(await migrate(db, SCHEMA)).toEqual(["002-foreign-key-indexes.sql"]);
    expect(await db.selectFrom("users").selectAll().orderBy("id").execute()).toEqual(users);
    expect(await unindexedReferences(db, dialect)).toEqual([]);
    await db.destroy();
  });

  it("of a newer jobctl is refused", async () => {
    const { db } = await appDatabase(dialect);
    await sql`INSERT INTO schema_migrations VALUES ('999-later.sql', ${ago(0)})`.execute(db);
    await expect(migrate(db, SCHEMA)).rejects.toThrow(
      "the database is newer than this jobctl: it has the migration 999-later.sql; install a newer jobctl",
    );
    await db.destroy();
  });

  it("has rows to delete and rows to keep for every clean-up", async () => {
    const { db } = await appDatabase(dialect);
    await seedAppDatabase(db, { users: 200, now });
    const cases: [keyof AppDatabase, string, string][] = [
      ["auth_tokens", "expires_at", ago(0)],
      ["sessions", "expires_at", ago(0)],
      ["push_tokens", "last_used_at", ago(90)],
      ["project_members", "removed_at", ago(90)],
      ["invitations", "created_at", ago(30)],
      ["audit_logs", "created_at", ago(1095)],
      ["analytics_metrics", "calculated_at", ago(1)],
    ];
    for (const [table, column, cutoff] of cases) {
      const { rows } = await sql<{ old: number; young: number }>`
        SELECT SUM(CASE WHEN ${sql.ref(column)} < ${cutoff} THEN 1 ELSE 0 END) AS old,
          SUM(CASE WHEN ${sql.ref(column)} < ${cutoff} THEN 0 ELSE 1 END) AS young FROM ${sql.table(table)}`.execute(db);
      expect(Number(rows[0]?.old), `${table}: old`).toBeGreaterThan(3);
      expect(Number(rows[0]?.young), `${table}: young`).toBeGreaterThan(3);
    }
    await db.destroy();
  });
});

it("is filled with the same rows for the same options", async () => {
  const first = await dump(7);
  expect(await dump(7)).toEqual(first);
  expect(await dump(8)).not.toEqual(first);
});

async function dump(seed: number): Promise<unknown> {
  const { db } = await appDatabase("sqlite");
  await seedAppDatabase(db, { users: 20, now, seed });
  const rows = [await db.selectFrom("users").selectAll().execute(), await db.selectFrom("auth_tokens").selectAll().execute()];
  await db.destroy();
  return rows;
}

/** The columns that refer to another table and lead no index, as `table.column`. */
async function unindexedReferences(db: Kysely<AppDatabase>, dialect: Dialect): Promise<string[]> {
  const references =
    dialect === "sqlite"
      ? sql<{ place: string }>`
          SELECT t.name || '.' || f."from" AS place FROM pragma_table_list AS t JOIN pragma_foreign_key_list(t.name) AS f
          WHERE NOT EXISTS (SELECT 1 FROM pragma_index_list(t.name) AS i JOIN pragma_index_info(i.name) AS c WHERE c.seqno = 0 AND c.name = f."from")`
      : sql<{ place: string }>`
          SELECT f.conrelid::regclass || '.' || a.attname AS place
          FROM pg_constraint AS f JOIN pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
          WHERE f.contype = 'f' AND NOT EXISTS (SELECT 1 FROM pg_index AS i WHERE i.indrelid = f.conrelid AND i.indkey[0] = f.conkey[1])`;
  return (await references.execute(db)).rows.map(({ place }) => place);
}
