import { sql } from "kysely";
import type { TestDatabase } from "./databases.ts";

/** Makes the database refuse to insert, update or delete the rows that hold one of these values: a bad item for a job. */
export async function forbid(
  { db, url }: TestDatabase,
  { event, table, column, values }: { event: "INSERT" | "UPDATE" | "DELETE"; table: string; column: string; values: string[] },
): Promise<void> {
  const bad = sql`${sql.raw(event === "DELETE" ? "OLD" : "NEW")}.${sql.ref(column)} IN (${sql.join(values.map((value) => sql.lit(value)))})`;
  const before = sql`CREATE TRIGGER forbid BEFORE ${sql.raw(event)} ON ${sql.table(table)}`;
  if (url.startsWith("sqlite")) {
    await sql`${before} WHEN ${bad} BEGIN SELECT RAISE(FAIL, 'not this one'); END`.execute(db);
    return;
  }
  await sql`CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not this one''; END'`.execute(db);
  await sql`${before} FOR EACH ROW WHEN (${bad}) EXECUTE FUNCTION forbid()`.execute(db);
}

/** Undoes `forbid`. */
export async function allow({ db, url }: TestDatabase, { table }: { table: string }): Promise<void> {
  await sql`DROP TRIGGER forbid ${url.startsWith("sqlite") ? sql`` : sql`ON ${sql.table(table)}`}`.execute(db);
}
