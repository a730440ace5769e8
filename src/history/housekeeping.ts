import type { RunKey } from "../run.ts";
import { historyFile, underHistoryLock, type HistoryPlace } from "./database.ts";
import { prune, type Retention } from "./retention.ts";
import { isAlmostFull, keepReserve, spooledKeys, takeIn } from "./spool.ts";
import type { Writer } from "./writer.ts";

/** Whose run it is that tidies up, and how many days each job's runs are kept. */
export type Housekeeping = Pick<Retention, "job" | "retentionDays">;

/** How long, in milliseconds, the database and `history.lock` are waited for: others will tidy up if we can't. */
const WAIT = 1000;

/** Records taken in by one transaction, and by one run. */
const BATCH = 200;
const MOST = 2000;

/** Takes the spool in, keeps its reserve and prunes. Costs a listing of the spool and one indexed query when there is nothing to do; nothing on a disk that is almost full. */
export function keepHouse(place: HistoryPlace, writer: Writer, what: Retention): void {
  if (isAlmostFull(place.stateDir)) return;
  const keys = spooledKeys(place.stateDir).slice(0, MOST);
  if (keys.length > 0) takeInAll(place, writer, keys);
  keepReserve(place.stateDir);
  if (historyFile(place.stateDir)) writer.use(performance.now() + WAIT, (db) => prune(db, what));
}

/** Takes the spool in where at least so many records wait there. Throws what the history or the disk refuses. */
export function takeInSpool(place: HistoryPlace, writer: Writer, atLeast: number): void {
  const keys = spooledKeys(place.stateDir);
  if (keys.length < atLeast) return;
  if (isAlmostFull(place.stateDir)) throw new Error("the disk is almost full");
  takeInAll(place, writer, keys);
}

function takeInAll(place: HistoryPlace, writer: Writer, keys: readonly RunKey[]): void {
  // Opened, and mended where it must be, before the lock is taken: both need the same lock.
  writer.use(performance.now() + WAIT, () => undefined);
  for (let from = 0; from < keys.length; from += BATCH) {
    const batch = keys.slice(from, from + BATCH);
    const deadline = performance.now() + WAIT;
    const bad = underHistoryLock(place, deadline, () => writer.use(deadline, (db) => takeIn(place.stateDir, db, batch)));
    for (const path of bad) place.warn(`what was in the spool is no record of a run; it was moved to ${path}`);
  }
}
