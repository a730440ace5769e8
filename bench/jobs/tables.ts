import { execFileSync } from "node:child_process";
import { type Kysely, sql } from "kysely";
import { join } from "node:path";
import { migrate } from "../../src/job-api/app-database/migrate.ts";
import type { AppDatabase } from "../../src/job-api/database/app-tables.ts";
import { type Dialect, openDatabase } from "../../src/job-api/database/open-database.ts";

/** A database that is being filled, by statements that both kinds understand but for these words. */
export interface Filling {
  db: Kysely<AppDatabase>;
  words: {
    id: string;
    instant(seconds: string): string;
    random: string;
    /** Lists the indexes that were made by name. */
    indexes(table: string): string;
  };
}

const WORDS: Record<Dialect, Filling["words"]> = {
  sqlite: {
    id: "lower(hex(randomblob(16)))",
    instant: (seconds) => `strftime('%Y-%m-%dT%H:%M:%fZ', ${seconds}, 'unixepoch')`,
    random: "abs(random())",
    indexes: (table) => `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = '${table}'`,
  },
  postgres: {
    id: "gen_random_uuid()::text",
    instant: (seconds) => `to_char(to_timestamp(${seconds}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
    random: "floor(random() * 1000000000)::int",
    indexes: (table) =>
      `SELECT indexname AS name, indexdef AS sql FROM pg_indexes WHERE tablename = '${table}' AND indexname NOT LIKE '%_pkey'`,
  },
};

/** Fills a new database, and puts beside its tables the one that the writer writes to. */
export async function fill(url: string, dialect: Dialect, work: (filling: Filling) => Promise<void>): Promise<void> {
  const db = openDatabase(url, { readOnly: false, applicationName: "bench" });
  const run = async (statement: string): Promise<unknown> => sql.raw(statement).execute(db);
  if (dialect === "sqlite")
    for (const pragma of ["journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"]) await run(`PRAGMA ${pragma}`);
  await run("CREATE TABLE beside (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL)");
  await run("INSERT INTO beside VALUES (1, 0)");
  await work({ db, words: WORDS[dialect] });
  // What a database does by itself in time: PostgreSQL's autovacuum, SQLite's first writer.
  await run(dialect === "sqlite" ? "PRAGMA journal_mode = WAL" : "VACUUM ANALYZE");
  await db.destroy();
  // Else the disk writes what was filled in while the job is measured.
  execFileSync("sync");
}

const COUNTER = (amount: number): string =>
  `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${Math.ceil(amount)})`;

/** As many live as expired rows, mixed, in a table of an integer key and one index. */
export async function plainTable({ db, words }: Filling, expired: number): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  await sql`CREATE TABLE carts (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL, content TEXT NOT NULL, expires_at TEXT NOT NULL)`.execute(
    db,
  );
  const when = words.instant(`${now} + (CASE i % 2 WHEN 0 THEN -60 ELSE 600000 END) + (CASE i % 2 WHEN 0 THEN -i ELSE i END)`);
  await raw(db, `INSERT INTO carts ${COUNTER(expired * 2)} SELECT i, i % 100000, '${"x".repeat(60)}', ${when} FROM n`);
  await raw(db, "CREATE INDEX carts_expires ON carts (expires_at)");
}

/** The shipped tables with users; ids are random, as UUIDs are. */
export async function shippedTables({ db, words }: Filling, users: number): Promise<void> {
  await migrate(db, join(import.meta.dirname, "../../jobs/schema"));
  const at = words.instant(String(Math.floor(Date.now() / 1000) - 86_400 * 900));
  await raw(
    db,
    `INSERT INTO users (id, email, status, karma, created_at) ${COUNTER(users)} SELECT ${words.id}, 'user' || i || '@example.com', 'active', 0, ${at} FROM n`,
  );
  await raw(db, "CREATE TABLE numbered AS SELECT row_number() OVER (ORDER BY id) AS n, id FROM users");
  await raw(db, "CREATE UNIQUE INDEX numbered_n ON numbered (n)");
}

/** As many live as expired sessions, in a table of four indexes, two of them over random keys. */
export async function sessions(filling: Filling, { users, expired }: { users: number; expired: number }): Promise<void> {
  const { db, words } = filling;
  const now = Math.floor(Date.now() / 1000);
  const when = words.instant(`${now} + (i - ${expired}) * 2 + (CASE WHEN i > ${expired} THEN 600000 ELSE -60 END)`);
  await withoutIndexes(filling, "sessions", async () =>
    raw(
      db,
      `INSERT INTO sessions (id, user_id, is_active, created_at, last_activity_at, expires_at, ip_address)
       ${COUNTER(expired * 2)}, rows AS (SELECT i, 1 + ${words.random} % ${users} AS u FROM n)
       SELECT ${words.id}, numbered.id, CASE WHEN i > ${expired} THEN 1 ELSE 0 END, ${when}, ${when}, ${when}, '192.0.2.1'
       FROM rows JOIN numbered ON numbered.n = rows.u ORDER BY i`,
    ),
  );
}

/** Audit rows older than a year, with what tells of a person, and a quarter as many of this month. */
export async function auditLogs(filling: Filling, { users, old }: { users: number; old: number }): Promise<void> {
  const { db, words } = filling;
  const now = Math.floor(Date.now() / 1000);
  const when = words.instant(`${now} - (CASE WHEN i > ${old} THEN 86400 ELSE 86400 * 800 - i END)`);
  const metadata = `'{"email":"user' || i || '@example.com","request":{"path":"/projects/' || i || '","name":"Amina","status":200}}'`;
  await withoutIndexes(filling, "audit_logs", async () =>
    raw(
      db,
      `INSERT INTO audit_logs (id, user_id, action, resource_type, status, ip_address, user_agent, metadata, created_at)
       ${COUNTER(old * 1.25)}, rows AS (SELECT i, 1 + ${words.random} % ${users} AS u FROM n)
       SELECT ${words.id}, numbered.id, CASE i % 3 WHEN 0 THEN 'login' WHEN 1 THEN 'project.viewed' ELSE 'file.uploaded' END, 'user', 'success',
         '192.0.2.1', 'Mozilla/5.0', ${metadata}, ${when}
       FROM rows JOIN numbered ON numbered.n = rows.u ORDER BY i`,
    ),
  );
}

/** A project for four users, each of three members, with eight upvotes. */
export async function projects({ db, words }: Filling, users: number): Promise<void> {
  const amount = Math.ceil(users / 4);
  const some = COUNTER(amount);
  await raw(
    db,
    `INSERT INTO projects (id, title, is_featured) ${some} SELECT 'p' || i, 'Project ' || i, CASE i % 10 WHEN 0 THEN 1 ELSE 0 END FROM n`,
  );
  const upTo = (most: number): string => `(${Array.from({ length: most }, (_, n) => `SELECT ${n} AS m`).join(" UNION ALL ")}) AS many`;
  await raw(
    db,
    `INSERT INTO project_members (id, project_id, user_id, role) ${some}
     SELECT ${words.id}, 'p' || i, numbered.id, CASE m WHEN 0 THEN 'creator' WHEN 1 THEN 'contributor' ELSE 'advisor' END
     FROM n CROSS JOIN ${upTo(3)} JOIN numbered ON numbered.n = 1 + (i * 3 + m) % ${users}`,
  );
  await raw(
    db,
    `INSERT INTO upvotes (id, project_id, user_id) ${some}
     SELECT ${words.id}, 'p' || i, numbered.id FROM n CROSS JOIN ${upTo(8)} JOIN numbered ON numbered.n = 1 + (i * 7 + m) % ${users}`,
  );
}

async function raw(db: Filling["db"], statement: string): Promise<void> {
  await sql.raw(statement).execute(db);
}

/** To fill an index at the end takes a fraction of the time. */
async function withoutIndexes({ db, words }: Filling, table: string, work: () => Promise<void>): Promise<void> {
  const { rows } = await sql.raw<{ name: string; sql: string }>(words.indexes(table)).execute(db);
  for (const { name } of rows) await raw(db, `DROP INDEX ${name}`);
  await work();
  for (const index of rows) await raw(db, index.sql);
}
