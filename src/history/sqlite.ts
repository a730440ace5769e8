import type BetterSqlite from "better-sqlite3";
import { sleepSync } from "../sleep-sync.ts";
import { loadDriver } from "./sqlite-driver.ts";

export type Sqlite = BetterSqlite.Database;

/** Opens a database file. */
export function openSqlite(path: string, options: BetterSqlite.Options): Sqlite {
  const Database = loadDriver();
  return new Database(path, options);
}

/** Runs `work` between BEGIN IMMEDIATE and COMMIT, once no other writer is at work. @param deadline on the clock of `performance.now()` */
export function transaction<Result>(db: Sqlite, deadline: number, work: () => Result): Result {
  beginImmediate(db, deadline);
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    if (db.inTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

/**
 * So long, in milliseconds, SQLite itself waits before it gives up. Its looks are cheap (a try that fails is an error with a stack), but lie up
 * to 100 ms apart, at fixed times: when hundreds of runs begin at once, some would never get their turn.
 */
const SQLITE_WAITS_MS = 400;

/** On a machine so loaded that we seldom get to try, the time that passes says little: as many tries as fit into 5 s elsewhere are made in any case. */
const LEAST_TRIES = 12;

function beginImmediate(db: Sqlite, deadline: number): void {
  for (let tries = 1; ; tries++) {
    try {
      db.exec(`PRAGMA busy_timeout = ${SQLITE_WAITS_MS}; BEGIN IMMEDIATE`);
      return;
    } catch (error) {
      if (!isBusy(error) || (performance.now() >= deadline && tries >= LEAST_TRIES)) throw error;
      sleepSync(Math.random() * 20);
    }
  }
}

/** True where the file's content is wrong, not only its surroundings (https://sqlite.org/rescode.html). */
export function isDamage(error: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB)/.test(sqliteCode(error));
}

/** True where others were at work for longer than we could wait: the history, or its lock. */
export function isBusy(error: unknown): boolean {
  return sqliteCode(error).startsWith("SQLITE_BUSY") || (error instanceof Error && error.name === HELD_LOCK);
}

/** The name of the error of a lock that others held for longer than we could wait. */
export const HELD_LOCK = "HeldLock";

/** `SQLITE_FULL` and the like; an empty text for an error of another kind. */
export function sqliteCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
