import type { Mark, ProcessName } from "./evidence.ts";
import type { Plan } from "./plan.ts";

/** Everything that is looked at when the storm is over. */
export interface Findings {
  plan: Pick<Plan, "jobs" | "limits">;
  marks: Mark[];
  supervisors: SupervisorEnd[];
  rows: RunRow[];
  /** By run key. */
  logs: Map<string, LogFacts>;
  after: Aftermath;
}

/** A `jobctl run` as the storm saw it. */
export interface SupervisorEnd {
  process: ProcessName;
  job: string;
  /** Milliseconds of CLOCK_MONOTONIC. */
  startedAt: number;
  endedAt: number | null;
  /** The storm's strongest signal to it. */
  struck: "KILL" | "TERM" | null;
  /** Both null: it did not end. */
  code: number | null;
  signal: string | null;
  stderr: string;
}

export interface RunRow {
  key: string;
  job: string;
  status: string;
  exitCode: number | null;
  attempts: number;
  durationMs: number | null;
  finishedAt: number | null;
  supervisor: ProcessName;
}

export interface LogFacts {
  /** The key in the log's header; undefined where there is no header. */
  key: string | undefined;
  /** jobctl's own last note. */
  last: string | undefined;
}

/** What is left when all have ended and two more runs have tidied up. */
export interface Aftermath {
  /** Processes of the evidence that the kernel still has. */
  alive: ProcessName[];
  /** Lock files, logs and tickets whose lock somebody holds. */
  locked: string[];
  spool: string[];
  /** Histories that were taken for damaged, and spooled records that were taken for no record. */
  setAside: string[];
  integrity: string[];
}
