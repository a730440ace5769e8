import type { Json } from "../../job.ts";

/** What the supervisor asks of the job host, as JSON in the environment variable REQUEST_VARIABLE, which the host removes before it imports the job. */
export interface HostRequest {
  /** Absolute path of the module. */
  module: string;
  job: string;
  runKey: string;
  runId: number | null;
  /** The manifest's `with`, then `--set` (as text), unchecked. */
  params: Record<string, Json>;
  /** Instants in milliseconds since the epoch. */
  now: number;
  scheduledFor: number;
  previousSlot: number | null;
  attempt: number;
  previousError: string | null;
  dryRun: boolean;
  /** `sqlite:PATH` (absolute) or `postgres://...`. */
  database: string | null;
  mail: string | null;
  /** The manifest's folder: relative paths in parameters start there. */
  folder: string;
  organization: string | null;
}

export const REQUEST_VARIABLE = "JOBCTL_REQUEST";

/** The descriptor on which the host writes HostMessages, one JSON object a line. */
export const CONTROL_FD = 4;

export type HostMessage =
  | { type: "progress"; done: number; total?: number; text?: string }
  /** The job's own check said no; nothing was done. */
  | { type: "skip"; detail: string }
  | { type: "result"; result: Json }
  /** A thrown error; `result` holds the partial counts where the job kept any. */
  | { type: "error"; error: string; result?: Json };
