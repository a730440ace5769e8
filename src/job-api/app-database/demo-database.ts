import { closeSync, constants, existsSync, mkdirSync, openSync, readSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Kysely, sql } from "kysely";
import { JobctlError } from "../../errors.ts";
import type { AppDatabase } from "../database/app-tables.ts";
import { openDatabase } from "../database/open-database.ts";
import { migrate } from "./migrate.ts";
import { seedAppDatabase } from "./seed.ts";

/**
 * Writes a SQLite database with the application's tables and seeded rows to `path`, in place of an earlier demo's, and the files of
 * its uploads into a folder `uploads` beside it.
 * Throws JobctlError (config) where another file has that name. Resolves with the number of rows of each table.
 */
export async function makeDemoDatabase(
  path: string,
  { users, now, schema }: { users: number; now: Date; schema: string },
): Promise<{ table: string; amount: number }[]> {
  refuseForeign(path);
  const unfinished = `${path}.new`;
  removeDatabase(unfinished);
  writeFileSync(unfinished, "");
  const tables: { table: string; amount: number }[] = [];
  const db = openDatabase(`sqlite:${unfinished}`, { readOnly: false, applicationName: "jobctl demo" });
  for (const pragma of [`application_id = ${DEMO_APPLICATION_ID}`, ...FOR_FILLING]) await sql.raw(`PRAGMA ${pragma}`).execute(db);
  await migrate(db, schema);
  await withoutIndexes(db, async () => seedAppDatabase(db, { users, now, progress: (table, amount) => tables.push({ table, amount }) }));
  const uploads = await db.selectFrom("uploads").select(["filename", "size_bytes"]).execute();
  await db.destroy();
  removeDatabase(path);
  renameSync(unfinished, path);
  writeUploads(join(dirname(path), "uploads"), uploads);
  return tables;
}

/** Nothing of an unfinished file is kept, so there is nothing to roll back to. 64 MB hold the keys of most tables. */
const FOR_FILLING = ["journal_mode = OFF", "synchronous = OFF", "cache_size = -65536"];

/** An index that is made of all rows at once is written in one go; one that grows with random keys is read and written all over. */
async function withoutIndexes(db: Kysely<AppDatabase>, fill: () => Promise<void>): Promise<void> {
  const { rows: indexes } = await sql<{ name: string; sql: string }>`
    SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL`.execute(db);
  for (const { name } of indexes) await sql`DROP INDEX ${sql.ref(name)}`.execute(db);
  await fill();
  for (const index of indexes) await sql.raw(index.sql).execute(db);
}

/** The files of `uploads`, beside the database. */
function writeUploads(folder: string, uploads: readonly { filename: string; size_bytes: number }[]): void {
  mkdirSync(folder, { recursive: true });
  for (const { filename, size_bytes } of uploads) writeFileSync(join(folder, filename), "Made by jobctl demo.\n".padEnd(size_bytes, "."));
}

/** "jobd": the number at byte 68 of a SQLite file tells whose it is (https://www.sqlite.org/fileformat.html, 1.3.12). */
const DEMO_APPLICATION_ID = 0x6a6f6264;

function refuseForeign(path: string): void {
  if (!existsSync(path)) return;
  const header = Buffer.alloc(100);
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  readSync(file, header);
  closeSync(file);
  if (header.readUInt32BE(68) === DEMO_APPLICATION_ID) return;
  throw new JobctlError(
    "config",
    `${path} is no database of \`jobctl demo\`, and is left as it is; choose another folder with --directory, or move the file away`,
  );
}

function removeDatabase(path: string): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
}
