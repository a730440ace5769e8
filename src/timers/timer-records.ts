import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errnoCode, JobctlError } from "../errors.ts";
import { replacePrivate } from "../system/private-files.ts";
import type { TimerWork } from "./timer-place.ts";
import type { TimerStates } from "./timer-states.ts";

/** What was installed last in one place. */
export interface AppliedRecord {
  /** Which apply wrote it. */
  id: string;
  texts: Record<string, string>;
  /** What that apply replaced; null where nothing was. */
  replaced: Record<string, string | null>;
  /** How the timers were that it enabled, started, stopped or removed. */
  states: TimerStates;
}

/** An apply that has begun and not ended. */
export interface Journal {
  id: string;
  work: TimerWork;
}

/** What is remembered of one place, in the state directory. A journal without a record of the same id is an apply that was cut off. */
export interface TimerRecords {
  applied(): AppliedRecord | undefined;
  journal(): Journal | undefined;
  begin(journal: Journal): void;
  /** The one moment from which on the apply is done. */
  commit(record: AppliedRecord): void;
  drop(): void;
}

const folderOf = (stateDir: string): string => join(stateDir, "timers");

export function timerRecords(stateDir: string, place: string): TimerRecords {
  const applied = join(folderOf(stateDir), `${place}.json`);
  const journal = join(folderOf(stateDir), `${place}.journal`);
  return {
    applied: () => readJson<AppliedRecord>(applied),
    journal: () => readJson<Journal>(journal),
    begin: (begun) => replacePrivate(journal, JSON.stringify(begun)),
    commit: (record) => replacePrivate(applied, JSON.stringify(record)),
    drop: () => rmSync(journal, { force: true }),
  };
}

/** The places that something was ever installed in, or begun. */
export function recordedPlaces(stateDir: string): string[] {
  try {
    const names = readdirSync(folderOf(stateDir)).flatMap((name) => /^([\w.-]+)\.(?:json|journal)$/.exec(name)?.[1] ?? []);
    return [...new Set(names)].toSorted();
  } catch (error) {
    if (errnoCode(error) === "ENOENT") return [];
    throw new JobctlError("unavailable", `${folderOf(stateDir)}: cannot be read (${String(errnoCode(error))})`, error);
  }
}

/** Whether something of ours is there now, or may be. */
export function isInstalled({ applied, journal }: TimerRecords): boolean {
  return Object.keys(applied()?.texts ?? {}).length > 0 || journal() !== undefined;
}

export const lockPath = (stateDir: string): string => join(folderOf(stateDir), "lock");

function readJson<Value>(path: string): Value | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Value;
  } catch (error) {
    if (errnoCode(error) === "ENOENT") return undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw new JobctlError(
      "unavailable",
      `${path}: cannot be read (${reason}); it says what was installed: without it everything counts as changed by hand`,
      error,
    );
  }
}
