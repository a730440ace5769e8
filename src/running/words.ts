import { closeSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { RunKey } from "../run.ts";
import { openPrivate } from "../system/private-files.ts";

/** Why a run is asked to end: a signal can't say it, so it is left in a file that the run's supervisor reads at its end. */
const wordPath = (stateDir: string, key: RunKey): string => join(stateDir, "requests", key);

/** Throws system errors. */
export function leaveWord(stateDir: string, key: RunKey, text: string): void {
  const fd = openPrivate(wordPath(stateDir, key), "existing-or-new");
  writeSync(fd, text, 0);
  closeSync(fd);
}

/** What was left for this run, if anything was; it is removed. */
export function takeWord(stateDir: string, key: RunKey): string | undefined {
  try {
    const text = readFileSync(wordPath(stateDir, key), "utf8");
    rmSync(wordPath(stateDir, key));
    return text;
  } catch {
    return undefined;
  }
}
