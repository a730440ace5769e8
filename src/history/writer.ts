import {
  abandon,
  historyFile,
  left,
  moveAside,
  openHistory,
  openOrMake,
  underHistoryLock,
  type HistoryPlace,
  type OpenHistory,
} from "./database.ts";
import { isDamage, type Sqlite } from "./sqlite.ts";

/** A history that is opened when it is first written, and made anew when it turns out to be damaged. */
export interface Writer {
  /**
   * Runs `work`, a second time where the first found the history damaged.
   * @param deadline on the clock of `performance.now()`: the database is waited for no longer
   */
  use<Result>(deadline: number, work: (db: Sqlite) => Result): Result;
  isOpen(): boolean;
  /** True when the file that was opened is no longer at its path: what went into it is lost to readers. */
  isReplaced(): boolean;
}

export function createWriter(place: HistoryPlace): Writer {
  const held: { open?: OpenHistory } = {};
  const letGo = (): void => {
    if (held.open) abandon(held.open.db);
    delete held.open;
  };
  const workOn = <Result>(open: () => OpenHistory, deadline: number, work: (db: Sqlite) => Result): Result => {
    const { db } = (held.open ??= open());
    db.exec(`PRAGMA busy_timeout = ${left(deadline)}`);
    return work(db);
  };
  const openUnderLock = (deadline: number) => (): OpenHistory => openOrMake(place, deadline);

  /** Looks again under the lock, since another run may have put a new history in place, and only then moves the damaged one aside. */
  const repair = <Result>(deadline: number, work: (db: Sqlite) => Result): Result =>
    underHistoryLock(place, deadline, () => {
      letGo();
      try {
        return workOn(openUnderLock(deadline), deadline, work);
      } catch (error) {
        if (!isDamage(error)) throw error;
        letGo();
        const aside = moveAside(place.stateDir, place.now());
        place.warn(`the history was damaged (${(error as Error).message}); it is kept as ${aside}, and a new one begins`);
        return workOn(openUnderLock(deadline), deadline, work);
      }
    });

  return {
    use(deadline, work) {
      try {
        return workOn(() => openHistory(place, deadline), deadline, work);
      } catch (error) {
        if (!isDamage(error)) throw error;
        return repair(deadline, work);
      }
    },
    isOpen: () => held.open !== undefined,
    isReplaced: () => held.open !== undefined && held.open.file !== historyFile(place.stateDir),
  };
}
