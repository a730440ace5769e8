import { type Kysely, type SqliteDatabase, sql } from "kysely";
import { JobctlError } from "../../errors.ts";
import type { AppDatabase } from "./app-tables.ts";
import { connectMemory, openDatabase } from "./open-database.ts";

/** A SQLite database in memory, which goes with the process. */
export interface MemoryDatabase {
  readonly db: Kysely<AppDatabase>;
  readonly connection: SqliteDatabase;
  /** Does one or more statements, as the command line of SQLite would. Throws JobctlError (config) for what SQLite refuses. */
  execute(statements: string): void;
  /** Flags are stored as 0 and 1, dates as UTC text. */
  insert(table: string, rows: readonly Record<string, unknown>[]): Promise<void>;
  /** All rows, in the order in which they were written. */
  rows(table: string): Promise<Record<string, unknown>[]>;
}

export const MEMORY = "sqlite::memory:";

export function openMemoryDatabase(): MemoryDatabase {
  const connection = connectMemory();
  const db = openDatabase(MEMORY, { readOnly: false, applicationName: "jobctl test", connection });
  return {
    db,
    connection,
    execute(statements) {
      try {
        connection.exec(statements);
      } catch (error) {
        throw new JobctlError("config", `SQLite refuses the statements: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
    async insert(table, rows) {
      for (const row of rows) await sql`INSERT INTO ${sql.table(table)} ${valuesOf(row)}`.execute(db);
    },
    rows: async (table) => (await sql<Record<string, unknown>>`SELECT * FROM ${sql.table(table)} ORDER BY rowid`.execute(db)).rows,
  };
}

function valuesOf(row: Record<string, unknown>) {
  const columns = Object.keys(row).map((column) => sql.ref(column));
  if (columns.length === 0) return sql`DEFAULT VALUES`;
  return sql`(${sql.join(columns)}) VALUES (${sql.join(Object.values(row).map(stored))})`;
}

function stored(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  return typeof value === "boolean" ? Number(value) : value;
}
