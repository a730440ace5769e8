import type { DescribedParam } from "../../job-api/read-params.ts";
import type { JobEnd } from "../../job-api/perform-job.ts";
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
  /** The job's own check is passed by (`--force`). */
  force?: boolean;
  /** `sqlite:PATH` (absolute) or `postgres://...`. */
  database: string | null;
  mail: string | null;
  /** The manifest's folder: relative paths in parameters start there. */
  folder: string;
  organization: string | null;
  /** The column that tells whose a row is. */
  organizationColumn?: string;
  /** In place of the job: the first column of this query's rows is the result. */
  organizationsQuery?: string;
  /** The state directory, whose history the job may read. */
  stateDir?: string | null;
  /** Where compiled code is kept, absolute and the effective user's own: a TypeScript job starts in a third of the time. */
  cacheFolder?: string | null;
}

export const REQUEST_VARIABLE = "JOBCTL_REQUEST";

/** The descriptor on which the host writes HostMessages, one JSON object a line. */
export const CONTROL_FD = 4;

export type HostMessage = { type: "progress"; done: number; total?: number; text?: string } | HostEnd;

/** `peakBytes`: the most memory that the host itself has used. */
export type HostEnd = JobEnd & { peakBytes: number };

/** What `host --describe MODULE [WITH_AS_JSON]` prints as its last line on stdout, without running anything. */
export interface ModuleDescription {
  description: string | null;
  params: DescribedParam[];
  hooks: { check: boolean };
  /** What is wrong with the module, its parameters' defaults, or the `with` given; empty where all is well. */
  problems: string[];
}
