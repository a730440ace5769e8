import type { Run, RunStatus } from "../run.ts";

/** Which runs; `since` <= start < `until`. */
export interface PastRuns {
  job?: string;
  statuses?: readonly RunStatus[];
  since?: Date;
  until?: Date;
  /** 1000 when not given. */
  limit?: number;
}

/** What is told of a run that was. Instants and durations in milliseconds. */
export type PastRun = Pick<
  Run,
  "id" | "job" | "status" | "trigger" | "scheduledFor" | "startedAt" | "finishedAt" | "durationMs" | "result"
>;
