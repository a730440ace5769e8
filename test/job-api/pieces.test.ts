import { type Kysely, sql } from "kysely";
import { describe, expect, it } from "vitest";
import type { AppDatabase } from "../../src/job-api/database/app-tables.ts";
import { findTable } from "../../src/job-api/database/catalogue.ts";
import { changeSome } from "../../src/job-api/database/change-some.ts";
import { DIALECTS, openDatabase } from "../../src/job-api/database/open-database.ts";
import { rowStatements } from "../../src/job-api/database/rows.ts";
import { emptyDatabase } from "../helpers/databases.ts";

/** Far more blocks than the first batch takes; every third row is old. */
const ROWS = 3000;

describe.each(DIALECTS)("a table that is cut in pieces on %s", (dialect) => {
  it.each([7, 200, 5000])("loses all of its old rows and no other, %s at most at a time", async (size) => {
    const { db } = await emptyDatabase(dialect);
    await fill(db);
    const where = [{ column: "state", comparison: "=", value: "old" }] as const;
    const { deleting } = rowStatements(dialect, await findTable(db, dialect, "notes"), { where });
    const refused: string[] = [];
    const { before, step } = changeSome(db, deleting, (row) => void refused.push(row));
    const amounts: number[] = [];
    while (await before(size)) amounts.push(await db.transaction().execute(async (transaction) => step(transaction, size)));
    expect(Math.max(...amounts)).toBeLessThanOrEqual(size);
    expect(amounts.reduce((sum, amount) => sum + amount)).toBe(ROWS / 3);
    expect(refused).toEqual([]);
    expect((await sql`SELECT state, COUNT(*) AS amount FROM notes GROUP BY state`.execute(db)).rows).toEqual([
      { state: "young", amount: (ROWS / 3) * 2 },
    ]);
    await db.destroy();
  });
});

describe("a table of PostgreSQL that is cut in pieces", () => {
  it("loses what no other transaction holds, without waiting for it, and later the rest", async () => {
    const { db, url } = await emptyDatabase("postgres");
    await fill(db);
    const other = openDatabase(url, { readOnly: false, applicationName: "another" });
    const wanted = await other.transaction().execute(async (holding) => {
      await sql`SELECT FROM notes WHERE id IN (3, 1500) FOR UPDATE`.execute(holding);
      return goThrough(db);
    });
    expect(wanted).toEqual({ changed: ROWS / 3 - 2, patience: new Set(["0"]) });
    expect(await goThrough(db)).toEqual({ changed: 2, patience: new Set(["0"]) });
    await Promise.all([db.destroy(), other.destroy()]);
  });

  it("keeps a row that another transaction makes young while its lock is waited for", async () => {
    const { db, url } = await emptyDatabase("postgres");
    await fill(db);
    const other = openDatabase(url, { readOnly: false, applicationName: "another" });
    await other.transaction().execute(async (holding) => {
      await sql`UPDATE notes SET state = 'young' WHERE id = 3`.execute(holding);
      await goThrough(db);
    });
    expect((await sql`SELECT state FROM notes WHERE id = 3`.execute(db)).rows).toEqual([{ state: "young" }]);
    await Promise.all([db.destroy(), other.destroy()]);
  });
});

/** Deletes the old rows in batches; `patience` is how long the transaction waits for a lock after its batch. */
async function goThrough(db: Kysely<AppDatabase>): Promise<{ changed: number; patience: Set<string> }> {
  const { deleting } = rowStatements("postgres", await findTable(db, "postgres", "notes"), {
    where: [{ column: "state", comparison: "=", value: "old" }],
  });
  const { before, step } = changeSome(db, deleting, () => {});
  const seen = { changed: 0, patience: new Set<string>() };
  while (await before(500))
    await db.transaction().execute(async (transaction) => {
      seen.changed += await step(transaction, 500);
      const { rows } = await sql<{ lock_timeout: string }>`SHOW lock_timeout`.execute(transaction);
      seen.patience.add(rows[0]?.lock_timeout ?? "?");
    });
  return seen;
}

async function fill(db: Kysely<AppDatabase>): Promise<void> {
  await sql`CREATE TABLE notes (id INTEGER PRIMARY KEY, state TEXT NOT NULL, content TEXT NOT NULL)`.execute(db);
  await sql`
    INSERT INTO notes WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${sql.lit(ROWS)})
    SELECT i, CASE i % 3 WHEN 0 THEN 'old' ELSE 'young' END, ${"x".repeat(1000)} FROM n`.execute(db);
}
