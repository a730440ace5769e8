import { closeSync, ftruncateSync, readFileSync, writeSync } from "node:fs";
import { openPrivate } from "../system/private-files.ts";

/**
 * A note beside the history: up to which slot nothing is left to do. Most wake-ups of cron come between two slots; with
 * this note they need not load SQLite. It only says what the history says too: without it they ask the history.
 */
export interface SlotNote {
  definition: string;
  /** The newest slot that is served or will not be. */
  settled: number;
}

const notePath = (stateDir: string, job: string): string => `${stateDir}/slots/${job}`;

export function readSlotNote(stateDir: string, job: string): SlotNote | undefined {
  try {
    return JSON.parse(readFileSync(notePath(stateDir, job), "utf8")) as SlotNote;
  } catch {
    return undefined;
  }
}

/** Losing the note costs the next wake-up some milliseconds, nothing else. */
export function writeSlotNote(stateDir: string, job: string, note: SlotNote): void {
  try {
    const fd = openPrivate(notePath(stateDir, job), "existing-or-new");
    ftruncateSync(fd, 0);
    writeSync(fd, JSON.stringify(note), 0);
    closeSync(fd);
  } catch {
    // see above
  }
}
