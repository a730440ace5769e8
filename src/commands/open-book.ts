import { type History, openRunBook } from "../history/run-book.ts";
import { lockWaiting, tryLock, unlock } from "../system/file-lock.ts";

export interface BookPlace {
  stateDir: string;
  /** Milliseconds since the epoch. */
  now(): number;
  warn(text: string): void;
}

/** The history for writing, with this system's locks. */
export function openBook(place: BookPlace): History {
  return openRunBook({ ...place, locks: { tryLock, lockWaiting, unlock } });
}
