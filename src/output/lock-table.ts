import type { Style } from "./looks.ts";
import { renderTable } from "./table.ts";
import { formatAge } from "./times.ts";

interface LockRow {
  lock: string;
  state: "held" | "left-behind" | "free-after-crash";
  runId: number | null;
  runKey: string | null;
  since: string | null;
  supervisorPid: number | null;
  childPid: number | null;
  holders: readonly { pid: number; command: string }[];
  waiting: readonly { job: string; since: string; pid: number }[];
  command: string | null;
  waitsFor: string | null;
  mayBeEndedAfter: string | null;
}

export interface LockLook {
  width: number | undefined;
  style: Style;
  now: number;
}

/** Locks as a table for people. */
export function renderLocks(locks: readonly LockRow[], { width, style, now }: LockLook): string {
  const columns = [
    { title: "LOCK", min: 12 },
    { title: "HELD BY", min: 24 },
    { title: "SINCE", align: "right" as const },
    { title: "PID" },
    { title: "WAITING" },
    { title: "WHAT", min: 20 },
  ];
  const rows = locks.map((lock) => [
    { text: lock.lock, paint: style.bold },
    { text: holderText(lock), paint: lock.state === "held" ? style.cyan : style.yellow },
    lock.since === null ? "" : formatAge(Date.parse(lock.since), now),
    pidText(lock),
    waitingText(lock, now),
    whatText(lock),
  ]);
  return renderTable(columns, rows, { width, paintTitle: style.dim });
}

function holderText({ state, runId, runKey }: LockRow): string {
  const run = runId === null ? (runKey === null ? "a run that is beginning" : `run ${runKey}`) : `run ${runId}`;
  switch (state) {
    case "held":
      return `▸ ${run}`;
    case "left-behind":
      return `! left behind by ${run}`;
    case "free-after-crash":
      return `○ free; ${run} was killed`;
    default:
      return state satisfies never;
  }
}

/** Who holds it as the kernel sees it; else as the lock's file says. */
function pidText({ state, holders, childPid, supervisorPid }: LockRow): string {
  if (state === "free-after-crash") return "";
  if (childPid !== null || holders.length === 0) return String(childPid ?? supervisorPid ?? "");
  return holders.map(({ pid }) => pid).join(", ");
}

/** So many jobs are named. */
const MOST_NAMED = 3;

/** In a job's own line how many wait; in a group's or the host's also which jobs; and how long the longest has waited. */
function waitingText({ lock, waiting }: LockRow, now: number): string {
  if (waiting.length === 0) return "";
  const jobs = [...new Set(waiting.map(({ job }) => job))];
  const named = [...jobs.slice(0, MOST_NAMED), ...(jobs.length > MOST_NAMED ? ["..."] : [])].join(", ");
  const since = Math.min(...waiting.map((each) => Date.parse(each.since)));
  const who = jobs[0] === lock ? String(waiting.length) : `${waiting.length} (${named})`;
  return `${who}, since ${formatAge(since, now).replace(/ ago$/, "")}`;
}

function whatText({ state, command, waitsFor, mayBeEndedAfter, holders }: LockRow): string {
  if (waitsFor !== null && state === "held") return `waits for ${waitsFor}`;
  const what = command ?? holders[0]?.command ?? "";
  if (state !== "left-behind") return what;
  const end = mayBeEndedAfter === null ? "no timeout: end it yourself" : `the next run may end it after ${mayBeEndedAfter}`;
  return `${what} (${end})`;
}
