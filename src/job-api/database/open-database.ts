import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { type Dialect as KyselyDialect, Kysely, PostgresDialect, type SqliteDatabase, SqliteDialect, type SqliteStatement } from "kysely";
import { errnoCode, JobctlError } from "../../errors.ts";
import type { AppDatabase } from "./app-tables.ts";

export const DIALECTS = ["sqlite", "postgres"] as const;
export type Dialect = (typeof DIALECTS)[number];

export interface OpenOptions {
  /** The connection then refuses every write: a dry run is kept even where a job forgets it. */
  readOnly: boolean;
  /** Shown by PostgreSQL's pg_stat_activity. */
  applicationName: string;
  /** SQLite: connected already. */
  connection?: SqliteDatabase;
}

/** Which database a URL names. Throws JobctlError (config), without showing what may be a password. */
export function dialectOf(url: string): Dialect {
  if (url.startsWith("sqlite:")) return "sqlite";
  if (/^postgres(ql)?:\/\//.test(url)) return "postgres";
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(url)?.[0];
  throw new JobctlError(
    "config",
    `database: ${scheme ? `"${scheme}" is` : "this is"} none of the databases jobctl knows; write sqlite:PATH or postgres://USER@HOST/NAME`,
  );
}

/** Opens `sqlite:PATH` (a file that exists) or `postgres://...`. Nothing is connected before the first statement. */
export function openDatabase(url: string, options: OpenOptions): Kysely<AppDatabase> {
  return new Kysely({ dialect: databaseDialect(url, options) });
}

/** The same for Kysely to be made from. */
export function databaseDialect(url: string, options: OpenOptions): KyselyDialect {
  return dialectOf(url) === "sqlite" ? sqliteDialect(url.slice("sqlite:".length), options) : postgresDialect(url, options);
}

/** Connects to a new SQLite database that is nowhere but in memory; `exec` does many statements at once. */
export function connectMemory(): SqliteDatabase & {
  exec(statements: string): unknown;
} {
  return connectSqlite(":memory:", false);
}

const load = createRequire(import.meta.filename);

function sqliteDialect(path: string, { readOnly, connection }: OpenOptions): KyselyDialect {
  return new SqliteDialect({
    database: async () => connection ?? connectSqlite(path, readOnly),
  });
}

/** WAL, so that readers don't wait for writers; 30 s for the other writers' turn; foreign keys, so that a delete cascades. */
function connectSqlite(path: string, readOnly: boolean) {
  // The platform's entry: the main one looks for the binary in 8 ms more.
  const Sqlite = load(`better-sqlite3/${platform()}-${arch()}`) as typeof import("better-sqlite3");
  try {
    const connection = new Sqlite(path, {
      fileMustExist: true,
      timeout: 30_000,
    });
    if (!readOnly) connection.pragma("journal_mode = WAL");
    connection.pragma("synchronous = NORMAL");
    connection.pragma("foreign_keys = ON");
    connection.pragma(`cache_size = -${CACHE_KB}`);
    if (readOnly) connection.pragma("query_only = ON");
    return asKyselyWants(connection, readOnly);
  } catch (error) {
    throw cannotOpen(path, error);
  }
}

/** SQLite's own 2 MB hold less than the pages that one batch touches in the indexes of a large table. */
const CACHE_KB = 8192;
const STATEMENTS_KEPT = 100;

/**
 * Statements are kept, since a batch has the same ones as the batch before. A transaction that may write takes the lock when it
 * begins: one that has read before it writes is refused at once (SQLITE_BUSY_SNAPSHOT, sqlite.org/rescode.html) where
 * another has written in between, however long it would wait.
 */
function asKyselyWants(
  connection: import("better-sqlite3").Database,
  readOnly: boolean,
): SqliteDatabase & { exec(statements: string): unknown } {
  const kept = new Map<string, import("better-sqlite3").Statement>();
  return {
    close: () => void connection.close(),
    exec: (statements) => connection.exec(statements),
    prepare(text) {
      const found = kept.get(text);
      if (found && !found.busy) return found as SqliteStatement;
      if (kept.size === STATEMENTS_KEPT) kept.clear();
      const made = connection.prepare(text === "begin" && !readOnly ? "begin immediate" : text);
      kept.set(text, made);
      return made as SqliteStatement;
    },
  };
}

function cannotOpen(path: string, error: unknown): unknown {
  const code = errnoCode(error);
  if (code === "SQLITE_CANTOPEN" || /directory does not exist/.test(String(error))) {
    return new JobctlError(
      "config",
      `database: there is no file ${path} that can be opened; is the path right? (\`jobctl demo\` makes a database to try)`,
    );
  }
  if (code === "SQLITE_NOTADB") return new JobctlError("config", `database: ${path} is no SQLite database`);
  return error;
}

/** BIGINT is read as a number: money in minor units and counts stay below 2^53. */
function postgresDialect(url: string, { readOnly, applicationName }: OpenOptions): KyselyDialect {
  const pg = load("pg") as typeof import("pg");
  const getTypeParser = ((oid: number, format?: "text") =>
    oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser;
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    connectionTimeoutMillis: 30_000,
    application_name: applicationName,
    types: { getTypeParser },
    ...(readOnly ? { options: "-c default_transaction_read_only=on" } : {}),
  });
  // A connection that breaks while idle: the next statement reports it, and without a listener it would end the process.
  pool.on("error", () => {});
  return new PostgresDialect({ pool });
}
