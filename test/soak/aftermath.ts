import { closeSync, existsSync, globSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { parseLogLine } from "../../src/log-line.ts";
import { tryLock } from "../../src/system/file-lock.ts";
import { isRunning } from "../../src/system/processes.ts";
import type { Arena } from "./arena.ts";
import { type Mark, marksOf, monotonicMs, parseEvidence, type ProcessName } from "./evidence.ts";
import type { Aftermath, Findings, LogFacts, RunRow, SupervisorEnd } from "./findings.ts";
import { LAST, type Plan } from "./plan.ts";

/** The longest that a job of the soak test or what it left behind works. */
const LONGEST_WORK_MS = 8000;

/** Lets the last children end, runs twice more, and looks at what is left. */
export async function lookAround(arena: Arena, plan: Plan, supervisors: readonly SupervisorEnd[]): Promise<Findings> {
  const evidence = (): Mark[] => parseEvidence(readFileSync(join(arena.folder, "evidence"), "utf8"));
  for (const deadline = monotonicMs() + LONGEST_WORK_MS; monotonicMs() < deadline && alive(evidence()).length > 0;) await sleep(100);
  const last: SupervisorEnd[] = [];
  // The first takes the spool in; what it found there as begun is called crashed by the second.
  for (let times = 0; times < 2; times++) {
    const { ended, end } = arena.start(["run", LAST], LAST);
    await ended;
    last.push(end);
  }
  const marks = evidence();
  const { rows, logPaths, integrity } = readHistory(join(arena.stateDir, "history.db"));
  return {
    plan,
    marks,
    supervisors: [...supervisors, ...last],
    rows,
    logs: new Map([...logPaths].map(([key, path]) => [key, readLog(path)])),
    after: aftermath(arena.stateDir, alive(marks), integrity),
  };
}

/** Those that told their start and that the kernel still has. */
export function alive(marks: readonly Mark[]): ProcessName[] {
  return marksOf(marks, "start")
    .map(({ process }) => process)
    .filter((name) => {
      const [pid = 0, start = 0] = name.split(":").map(Number);
      return isRunning({ pid, start });
    });
}

interface HistoryFacts {
  rows: RunRow[];
  logPaths: Map<string, string>;
  integrity: string[];
}

function readHistory(path: string): HistoryFacts {
  const db = new Database(path, { readonly: true });
  try {
    const rows = db
      .prepare(
        `SELECT key, name AS job, status, exit_code AS exitCode, attempts, duration_ms AS durationMs, finished_at AS finishedAt, log_path AS logPath,
                supervisor_pid || ':' || supervisor_start AS supervisor FROM runs JOIN jobs ON jobs.id = runs.job_id`,
      )
      .all() as (RunRow & { logPath: string })[];
    return {
      rows,
      logPaths: new Map(rows.map(({ key, logPath }) => [key, logPath])),
      integrity: db.prepare("PRAGMA integrity_check").pluck().all() as string[],
    };
  } finally {
    db.close();
  }
}

function readLog(path: string): LogFacts {
  const [header = "", ...lines] = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  return { key: keyIn(header), last: lines.map(parseLogLine).findLast((line) => line?.stream === "jobctl")?.text };
}

function keyIn(header: string): string | undefined {
  try {
    return (JSON.parse(header) as { key?: string }).key;
  } catch {
    return undefined;
  }
}

/** What of the state directory shows that somebody has not ended, or was taken for damaged. */
export function aftermath(stateDir: string, stillAlive: ProcessName[], integrity: string[]): Aftermath {
  const lockable = globSync(["locks/*.lock", "locks/*.queue/*", "logs/*/*", "history.lock"], { cwd: stateDir });
  return {
    alive: stillAlive,
    locked: lockable.filter((path) => isLocked(join(stateDir, path))),
    spool: globSync("spool/*.{json,taken,tmp}", { cwd: stateDir }),
    setAside: [...globSync("spool/bad/*", { cwd: stateDir }), ...readdirSync(stateDir).filter((name) => name.includes(".damaged-"))],
    integrity,
  };
}

/** By taking the lock for an instant, which nobody minds any more. */
function isLocked(path: string): boolean {
  const fd = openSync(path, "r+");
  try {
    return !tryLock(fd);
  } finally {
    closeSync(fd);
  }
}
