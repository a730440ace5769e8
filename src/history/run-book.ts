import { rmSync } from "node:fs";
import type { OpenRun, RunBook, RunEnd, RunKey, RunStart, SlotBook } from "../run.ts";
import { writeRetry } from "./attempts.ts";
import { historyPath, syncCommits, type HistoryPlace } from "./database.ts";
import { keepHouse, takeInSpool, type Housekeeping } from "./housekeeping.ts";
import { beginRun, markCrashed, readDoneOrganizations, readExecutions, readLatest, writeEnd } from "./records.ts";
import { OPEN_COLUMNS, openRunOf, type OpenRow } from "./row.ts";
import { beginSlots, isClaimed, readSlotDefinitions, readSlotState } from "./slots.ts";
import { spoolRecord, unspool, type SpooledRecord } from "./spool.ts";
import { isBusy, transaction, type Sqlite } from "./sqlite.ts";
import { createWriter } from "./writer.ts";

/** How long, in milliseconds, a run waits for its history before its child starts and after it ended. */
const BEGIN_WAIT = 5000;
const END_WAIT = 30_000;

/** So many records of skips may wait until a skip opens the history itself. */
const MOST_SKIPS = 20;

export type History = RunBook & {
  slots: SlotBook;
  /** Takes the spool in and prunes old rows, for a little while at most. To be called when all locks are freed. Never throws. */
  housekeep(what: Housekeeping): void;
  /** Takes the spool in, so that who looks back sees what waits there. Never throws; warns where it can't. */
  takeIn(): void;
};

/**
 * Opens the book for one `jobctl run`. Nothing is touched before the first call; there is no close, since closing would
 * cost four fsyncs: the process ends instead.
 */
export function openRunBook(place: HistoryPlace): History {
  const { stateDir, now, warn } = place;
  const writer = createWriter(place);
  const state: { beginDeadline?: number; inVain?: true; key?: RunKey; spooled?: true; isSkip?: boolean; warned?: true } = {};
  /** All that comes before a run's child waits for the database BEGIN_WAIT together; between the runs of one call, and while a run waits for something else, the time begins anew. */
  const beginDeadline = (): number => {
    const { beginDeadline: deadline = 0, inVain } = state;
    return !inVain && performance.now() >= deadline ? (state.beginDeadline = performance.now() + BEGIN_WAIT) : deadline;
  };

  const keepElsewhere = (record: SpooledRecord, problem: unknown): void => {
    try {
      const path = spoolRecord(stateDir, record);
      if (!state.warned) warn(`history not written (${message(problem)}); the record waits in ${path} for the next run`);
      state.spooled = true;
      state.warned = true;
    } catch {
      state.warned = true;
      // What only began is told with its end.
      if (record.end) warn(JSON.stringify({ message: `history not written (${message(problem)}), nor the spool`, record }));
    }
  };
  /** A skip happens often, and nothing of the job ran: it opens no history, waits for nobody, and a power cut may forget it. */
  const spoolSkip = (record: SpooledRecord): boolean => {
    if (record.end?.outcome.status !== "skipped" || writer.isOpen()) return false;
    try {
      spoolRecord(stateDir, record, false);
      return true;
    } catch {
      return false;
    }
  };
  const writeThrough = (start: RunStart, end: RunEnd): void => {
    try {
      const deadline = performance.now() + END_WAIT;
      const log = writer.use(deadline, (db) => transaction(db, deadline, () => writeEnd(db, start, end)));
      if (end.outcome.status !== "skipped") syncCommits(stateDir);
      if (writer.isReplaced()) throw new Error(`${historyPath(stateDir)} was replaced meanwhile`);
      if (state.spooled) unspool(stateDir, start.key);
      if (log !== null) rmSync(log, { force: true });
    } catch (problem) {
      keepElsewhere({ start, end }, problem);
    }
  };
  /** What can't be read or noted is no reason to stop a run. */
  const attempt = <Result>(deadline: number, otherwise: Result, work: (db: Sqlite) => Result): Result => {
    try {
      return writer.use(deadline, work);
    } catch {
      state.inVain = true;
      return otherwise;
    }
  };

  return {
    begin(start) {
      state.key = start.key;
      try {
        const deadline = beginDeadline();
        return writer.use(deadline, (db) => transaction(db, deadline, () => beginRun(db, start)));
      } catch (problem) {
        state.inVain = true;
        keepElsewhere({ start }, problem);
        return null;
      }
    },

    attemptEnded({ key }, ended, retryAt) {
      const deadline = performance.now() + BEGIN_WAIT;
      attempt(deadline, undefined, (db) => transaction(db, deadline, () => writeRetry(db, key, ended, retryAt)));
    },

    end(start, end) {
      state.isSkip = spoolSkip({ start, end });
      if (!state.isSkip) writeThrough(start, end);
      delete state.beginDeadline;
      delete state.inVain;
      delete state.spooled;
    },

    openRuns: (bootId, isAtWork) =>
      attempt(beginDeadline(), [], (db) =>
        readOpenRuns(db, state.key ?? "", ([boot, pid, start, startedAt]) => boot === bootId && isAtWork({ pid, start, startedAt })),
      ),

    markCrashed(key, reason, at) {
      attempt(beginDeadline(), undefined, (db) => markCrashed(db, key, reason, at));
    },

    latest: (job) => attempt(beginDeadline(), undefined, (db) => readLatest(db, job)),

    doneOrganizations: (job, slot) => attempt(performance.now() + BEGIN_WAIT, [], (db) => readDoneOrganizations(db, job, slot)),

    executions: (job) => attempt(beginDeadline(), 0, (db) => readExecutions(db, job)),

    slots: {
      read: (job) => attempt(beginDeadline(), undefined, (db) => readSlotState(db, job)),
      definitions: () => attempt(beginDeadline(), undefined, readSlotDefinitions),
      isClaimed: (job, slot) => attempt(beginDeadline(), false, (db) => isClaimed(db, job, slot)),
      begin(...jobs) {
        const deadline = beginDeadline();
        attempt(deadline, undefined, (db) => transaction(db, deadline, () => jobs.forEach((each) => beginSlots(db, each))));
      },
    },

    housekeep(what) {
      try {
        if (state.isSkip) takeInSpool(place, writer, MOST_SKIPS);
        else keepHouse(place, writer, { ...what, now: now() });
      } catch (problem) {
        if (!isBusy(problem) && !state.warned) warn(`the history could not be tidied up (${message(problem)}); the next run tries again`);
      }
    },

    takeIn() {
      try {
        takeInSpool(place, writer, 1);
      } catch (problem) {
        warn(`records of runs wait in ${stateDir}/spool (${message(problem)}); they are missing here`);
      }
    },
  };
}

type OpenNumbers = [bootId: string, pid: number, start: number, startedAt: number, id: number];

/** Numbers first: a row as an object costs a start more than all else that it reads. */
function readOpenRuns(db: Sqlite, ownKey: RunKey, isSupervised: (run: OpenNumbers) => boolean): OpenRun[] {
  const open = db.prepare(
    "SELECT boot_id, supervisor_pid, supervisor_start, started_at, id FROM runs WHERE status = 'running' AND key <> ?",
  );
  const others = (open.raw().all(ownKey) as OpenNumbers[]).filter((run) => !isSupervised(run));
  if (others.length === 0) return [];
  const columns = OPEN_COLUMNS.map((column) => `runs.${column}`).join(", ");
  const whole = db.prepare(`SELECT ${columns}, jobs.name AS job FROM runs JOIN jobs ON jobs.id = runs.job_id WHERE runs.id = ?`);
  return others.map(([, , , , id]) => openRunOf(whole.get(id) as OpenRow));
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));
