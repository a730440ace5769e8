import { createRequire } from "node:module";
import { arch } from "node:os";
import type BetterSqlite from "better-sqlite3";

export type Sqlite = BetterSqlite.Database;

/** Opens a database file. By its platform entry better-sqlite3 loads in 3 ms; by its main entry, which looks for the platform, in 11. */
export function openSqlite(path: string, options: BetterSqlite.Options): Sqlite {
  const Database = createRequire(import.meta.filename)(`better-sqlite3/linux-${arch()}`) as typeof BetterSqlite;
  return new Database(path, options);
}

/** Runs `work` between BEGIN IMMEDIATE (waits for other writers, as long as `busy_timeout` says) and COMMIT. */
export function transaction<Result>(db: Sqlite, work: () => Result): Result {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    if (db.inTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

/** True where the file's content is wrong, not only its surroundings (https://sqlite.org/rescode.html). */
export function isDamage(error: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB)/.test(sqliteCode(error));
}

/** `SQLITE_FULL` and the like; an empty text for an error of another kind. */
export function sqliteCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
