import { closeSync, existsSync, fdatasyncSync, mkdirSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import type { FileLocks } from "../run.ts";
import { MIGRATIONS, SCHEMA_VERSION } from "./migrations.ts";
import { HELD_LOCK, openSqlite, sqliteCode, transaction, type Sqlite } from "./sqlite.ts";

/** Where a history is and what its writer needs. */
export interface HistoryPlace {
  stateDir: string;
  locks: FileLocks;
  /** Milliseconds since the epoch. */
  now(): number;
  /** For people: what went wrong without ending the run, one line. */
  warn(text: string): void;
}

/** An open history, and which file it is: device and inode. */
export interface OpenHistory {
  db: Sqlite;
  file: string;
}

export const historyPath = (stateDir: string): string => `${stateDir}/history.db`;

/**
 * What was committed now outlives a power cut. SQLite does it within the commit where `synchronous` is FULL
 * (https://sqlite.org/pragma.html#pragma_synchronous), but then all other writers wait for the disk, too. Throws system errors.
 */
export const syncCommits = (stateDir: string): void => syncToDisk(`${historyPath(stateDir)}-wal`);

/** Of a folder: the names in it. */
function syncToDisk(path: string): void {
  const fd = openSync(path, "r");
  try {
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Device and inode of the history at its path, or undefined when there is none. */
export function historyFile(stateDir: string): string | undefined {
  const found = statSync(historyPath(stateDir), { throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}

/**
 * Opens the history for writing; what is missing is made under `history.lock`.
 * @param deadline on the clock of `performance.now()`
 * @throws SqliteError or a system error; an Error for a history of a newer program
 */
export function openHistory(place: HistoryPlace, deadline: number): OpenHistory {
  return openCurrent(place.stateDir, deadline) ?? underHistoryLock(place, deadline, () => openOrMake(place, deadline));
}

/** The same for a holder of `history.lock`. */
export function openOrMake(place: HistoryPlace, deadline: number): OpenHistory {
  const { stateDir } = place;
  if (historyFile(stateDir)) migrateInPlace(historyPath(stateDir), deadline);
  else makeHistory(place);
  const made = openCurrent(stateDir, deadline);
  if (!made) throw new Error(`${historyPath(stateDir)} went away`);
  return made;
}

/** Milliseconds left, for waits that end at the deadline. */
export const left = (deadline: number): number => Math.max(0, Math.ceil(deadline - performance.now()));

/** Runs `work` while no other process makes, migrates, moves aside or fills a history. The lock file is never removed. */
export function underHistoryLock<Result>({ stateDir, locks }: HistoryPlace, deadline: number, work: () => Result): Result {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const path = `${stateDir}/history.lock`;
  const fd = openSync(path, "a", 0o600);
  try {
    if (!locks.lockWaiting(fd, left(deadline))) throw Object.assign(new Error(`${path} is held by another process`), { name: HELD_LOCK });
    return work();
  } finally {
    closeSync(fd);
  }
}

/** Gives a damaged history, with the files that belong to it, another name, under which `sqlite3` still opens it. Needs `history.lock`. */
export function moveAside(stateDir: string, now: number): string {
  const from = historyPath(stateDir);
  const to = unusedName(`${from}.damaged-${new Date(now).toISOString().replaceAll(/[:.]/g, "-")}`);
  for (const part of ["-wal", "-shm", ""]) if (existsSync(from + part)) renameSync(from + part, to + part);
  return to;
}

function unusedName(wanted: string): string {
  for (let count = 0; ; count++) {
    const name = count === 0 ? wanted : `${wanted}-${count}`;
    if (["", "-wal", "-shm"].every((part) => !existsSync(name + part))) return name;
  }
}

/** The first to open a history reads its whole write-ahead log (https://sqlite.org/wal.html, "Recovery"): 4 MB, SQLite's default, are 2 ms of a start. */
const WAL_PAGES = 250;

/** Undefined when there is no history yet, or one that must be migrated. */
function openCurrent(stateDir: string, deadline: number): OpenHistory | undefined {
  const file = historyFile(stateDir);
  if (!file) return undefined;
  const db = openSqlite(historyPath(stateDir), { timeout: left(deadline), fileMustExist: true });
  try {
    if (schemaVersion(db, historyPath(stateDir)) === SCHEMA_VERSION) {
      db.exec(`PRAGMA wal_autocheckpoint = ${WAL_PAGES}`);
      return { db, file };
    }
  } catch (error) {
    abandon(db);
    throw error;
  }
  abandon(db);
  return undefined;
}

const abandoned: Sqlite[] = [];

/**
 * Leaves a connection open to the end of the process. The last one to close a database removes the write-ahead log *by its
 * path*: where another run has put a new history in place meanwhile, that would be the new one's.
 */
export function abandon(db: Sqlite): void {
  abandoned.push(db);
}

/** @throws Error for a version that this program does not know */
export function schemaVersion(db: Sqlite, path: string): number {
  const version = db.pragma("user_version", { simple: true }) as number;
  if (version > SCHEMA_VERSION) {
    throw new Error(
      `${path} was written by a newer jobctl (schema ${version}, this one knows ${SCHEMA_VERSION}); install that version or a later one here`,
    );
  }
  return version;
}

/** Closing a damaged database may fail, too. */
export function closeQuietly(db: Sqlite): void {
  try {
    db.close();
  } catch (error) {
    if (!sqliteCode(error)) throw error;
  }
}

/** Made under another name and renamed when whole: nobody ever opens half a history. */
function makeHistory({ stateDir, now }: HistoryPlace): void {
  const path = historyPath(stateDir);
  const draft = `${path}.new`;
  for (const part of ["", "-wal", "-shm", "-journal"]) rmSync(draft + part, { force: true });
  // A log without its database would be played into the new one (https://sqlite.org/wal.html, "The WAL File").
  for (const part of ["-wal", "-shm"]) if (existsSync(path + part)) moveAside(stateDir, now());
  closeSync(openSync(draft, "wx", 0o600));
  migrateInPlace(draft, performance.now());
  renameSync(draft, path);
  syncToDisk(stateDir);
}

function migrateInPlace(path: string, deadline: number): void {
  const db = openSqlite(path, { timeout: left(deadline), fileMustExist: true });
  // The steps edit the schema, which is refused otherwise.
  db.unsafeMode(true);
  try {
    db.pragma("journal_mode = WAL");
    for (let version = schemaVersion(db, path); version < SCHEMA_VERSION; version++) {
      transaction(db, deadline, () => db.exec(`${MIGRATIONS[version]}; PRAGMA user_version = ${version + 1}`));
    }
  } finally {
    closeQuietly(db);
  }
}
