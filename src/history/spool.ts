import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { errnoCode } from "../errors.ts";
import type { RunEnd, RunKey, RunStart } from "../run.ts";
import { insertIfUnknown, writeEnd } from "./records.ts";
import { sqliteCode, transaction, type Sqlite } from "./sqlite.ts";

/** Milliseconds that other writers are waited for. */
const WAIT = 1000;

/** What is known of a run whose row could not be written; without `end` it has only begun. */
export interface SpooledRecord {
  start: RunStart;
  end?: RunEnd;
}

/**
 * Keeps a record as `spool/<key>.json`, whole or not at all; a later record of the same run replaces it. `outlivesPowerCut`: it is on the disk
 * when this returns. Throws system errors.
 */
export function spoolRecord(stateDir: string, record: SpooledRecord, outlivesPowerCut = true): string {
  try {
    return writeRecord(stateDir, record, outlivesPowerCut);
  } catch (error) {
    if (errnoCode(error) === "ENOENT") makeSpool(stateDir);
    else if (!giveUpReserve(stateDir)) throw error;
    return writeRecord(stateDir, record, outlivesPowerCut);
  }
}

/** Room for some dozens of records, kept for the day when the disk is full. */
const RESERVE_BYTES = 256 * 1024;
const reservePath = (stateDir: string): string => `${spoolFolder(stateDir)}/reserve`;

/** Is the disk so full that what is free should be left to the records of the next runs? */
export function isAlmostFull(stateDir: string): boolean {
  const { bavail, bsize } = statfsSync(stateDir);
  return bavail * bsize < 2 * RESERVE_BYTES;
}

/** Makes the reserve if there is none. Throws system errors. */
export function keepReserve(stateDir: string): void {
  if (existsSync(reservePath(stateDir))) return;
  makeSpool(stateDir);
  try {
    writeFileSync(reservePath(stateDir), randomBytes(RESERVE_BYTES), { mode: 0o600, flag: "wx" });
  } catch (error) {
    if (errnoCode(error) !== "EEXIST") throw error; // another run has just made it
  }
}

/** Not zeros: a file system that compresses, or makes holes of them, would reserve nothing. From the kernel, since `node:crypto` costs a start 5 ms. */
function randomBytes(length: number): Buffer {
  const fd = openSync("/dev/urandom", "r");
  try {
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, readSync(fd, bytes));
  } finally {
    closeSync(fd);
  }
}

function giveUpReserve(stateDir: string): boolean {
  if (!existsSync(reservePath(stateDir))) return false;
  rmSync(reservePath(stateDir), { force: true });
  return true;
}

function writeRecord(stateDir: string, record: SpooledRecord, outlivesPowerCut: boolean): string {
  const path = spoolPath(stateDir, record.start.key);
  const draft = `${path}.tmp`;
  try {
    writeDraft(draft, JSON.stringify(record), outlivesPowerCut);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  return path;
}

/** Removes what was spooled of a run, since history has all of it. */
export function unspool(stateDir: string, key: RunKey): void {
  rmSync(spoolPath(stateDir, key), { force: true });
}

/** Whose record a file is. Not by a pattern, whose first use is a two hundredth of a start. */
function keyIn(file: string): RunKey[] {
  const dot = file.lastIndexOf(".");
  return dot > 0 && [".json", ".taken"].includes(file.slice(dot)) ? [file.slice(0, dot)] : [];
}

/** Keys of the runs whose records wait, oldest run first: a repeated skip is counted on the one before it. */
export function spooledKeys(stateDir: string): RunKey[] {
  try {
    return [...new Set(readdirSync(spoolFolder(stateDir)).flatMap(keyIn))].toSorted();
  } catch (error) {
    if (errnoCode(error) === "ENOENT") return [];
    throw error;
  }
}

/**
 * Takes the named records in, in one transaction, and removes their files after it. Needs `history.lock`.
 * Returns the paths that what can't be read was moved to.
 */
export function takeIn(stateDir: string, db: Sqlite, keys: readonly RunKey[]): string[] {
  const [bad, orphaned]: [RunKey[], string[]] = [[], []];
  for (const key of keys) claim(stateDir, key);
  transaction(db, performance.now() + WAIT, () => {
    for (const key of keys) {
      const record = readRecord(claimedPath(stateDir, key), key);
      if (record === "gone") continue;
      const log = record && takeInOne(db, record);
      if (log === undefined) bad.push(key);
      else if (log !== null) orphaned.push(log);
    }
  });
  const moved = bad.map((key) => setAside(stateDir, key));
  for (const key of keys) rmSync(claimedPath(stateDir, key), { force: true });
  for (const log of orphaned) rmSync(log, { force: true });
  return moved;
}

const spoolFolder = (stateDir: string): string => `${stateDir}/spool`;

const makeSpool = (stateDir: string): void => void mkdirSync(spoolFolder(stateDir), { recursive: true, mode: 0o700 });

const spoolPath = (stateDir: string, key: RunKey): string => `${spoolFolder(stateDir)}/${key}.json`;

const claimedPath = (stateDir: string, key: RunKey): string => `${spoolFolder(stateDir)}/${key}.taken`;

/** Renames a record before it is read: what its run spools from now on, its end, is another file, not removed with this one. */
function claim(stateDir: string, key: RunKey): void {
  try {
    renameSync(spoolPath(stateDir, key), claimedPath(stateDir, key));
  } catch (error) {
    // Claimed by a run that died before it was done, or taken back by its own run.
    if (errnoCode(error) !== "ENOENT") throw error;
  }
}

function writeDraft(path: string, text: string, outlivesPowerCut: boolean): void {
  const fd = openSync(path, "w", 0o600);
  try {
    writeFileSync(fd, text);
    if (outlivesPowerCut) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Undefined for what is no record. A record can be gone: its run came to write its end itself, or a power cut left nothing of a skip's. */
function readRecord(path: string, key: RunKey): SpooledRecord | "gone" | undefined {
  try {
    const text = readFileSync(path, "utf8");
    if (text === "") return "gone";
    const record = JSON.parse(text) as SpooledRecord;
    return record.start.key === key ? record : undefined;
  } catch (error) {
    return errnoCode(error) === "ENOENT" ? "gone" : undefined;
  }
}

/**
 * Undefined where the record does not fit: STRICT and NOT NULL columns check what a hand or another version wrote, and a
 * savepoint undoes the half of it. Else the log that no row names any more, or null.
 */
function takeInOne(db: Sqlite, { start, end }: SpooledRecord): string | null | undefined {
  db.exec("SAVEPOINT record");
  try {
    const log = end ? writeEnd(db, start, end) : (insertIfUnknown(db, start), null);
    db.exec("RELEASE record");
    return log;
  } catch (error) {
    if (!isMisfit(error)) throw error;
    db.exec("ROLLBACK TO record; RELEASE record");
    return undefined;
  }
}

/** A value of the wrong type or none at all, be it found by SQLite, by its binding or by ourselves. */
const isMisfit = (error: unknown): boolean =>
  /^SQLITE_(CONSTRAINT|MISMATCH)/.test(sqliteCode(error)) || error instanceof TypeError || error instanceof RangeError;

function setAside(stateDir: string, key: RunKey): string {
  const folder = `${spoolFolder(stateDir)}/bad`;
  const path = `${folder}/${key}.json`;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  renameSync(claimedPath(stateDir, key), path);
  return path;
}
