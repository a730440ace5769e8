import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Kysely, sql } from "kysely";
import { JobctlError } from "../../errors.ts";

/**
 * Brings an application database to the newest of the numbered files in `folder` (jobs/schema), each in a transaction
 * with its row in `schema_migrations`. In a file every statement ends with `;` at the end of a line. Returns the names applied.
 */
export async function migrate<Tables>(db: Kysely<Tables>, folder: string): Promise<string[]> {
  await sql`CREATE TABLE IF NOT EXISTS schema_migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL)`.execute(db);
  const { rows } = await sql<{ name: string }>`SELECT name FROM schema_migrations`.execute(db);
  const applied = new Set(rows.map(({ name }) => name));
  const files = migrationFiles(folder);
  const unknown = [...applied].find((name) => !files.includes(name));
  if (unknown)
    throw new JobctlError("config", `the database is newer than this jobctl: it has the migration ${unknown}; install a newer jobctl`);
  const todo = files.filter((name) => !applied.has(name));
  for (const name of todo) await apply(db, name, readFileSync(join(folder, name), "utf8"));
  return todo;
}

function migrationFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /^\d{3}-[a-z0-9-]+\.sql$/.test(name))
    .toSorted();
}

async function apply<Tables>(db: Kysely<Tables>, name: string, text: string): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    for (const statement of statements(text)) await sql.raw(statement).execute(transaction);
    await sql`INSERT INTO schema_migrations (name, applied_at) VALUES (${name}, ${new Date().toISOString()})`.execute(transaction);
  });
}

function statements(text: string): string[] {
  return text
    .replaceAll(/--.*$/gm, "")
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
}
