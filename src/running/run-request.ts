import type { Job, Json } from "../job.ts";
import type { AttemptRecord, RunBook, RunOutcome, RunStart } from "../run.ts";
import type { EndRequests } from "../system/signals.ts";
import type { StateFacts, StaticFacts } from "./gates.ts";
import type { OutputView } from "./output.ts";
import type { HeldPermits } from "./permits.ts";
import type { Usage, UsageWatch } from "./usage.ts";

/** Everything that one run needs to know, resolved: nothing below reads the manifest or the process. */
export interface RunRequest {
  job: Job;
  start: RunStart & { logPath: string };
  /** `performance.now()` at its start: what it took must not depend on a clock that is set meanwhile. */
  began: number;
  /** Why its work can't be begun: the job's set-up is wrong. */
  refusal?: string;
  stateDir: string;
  /** The manifest's folder. */
  folder: string;
  cwd: string;
  environment: string;
  variables: Record<string, string>;
  secrets: Record<string, string>;
  database: string | null;
  mail: string | null;
  /** The job's zone. */
  timezone: string;
  /** The module's parameters: `with` and `--set`, unchecked. */
  parameters: Record<string, Json>;
  /** The job's group: at most `limit` of its runs at once. */
  group?: { name: string; limit: number };
  /** At most so many runs at once on this host. */
  hostLimit?: number;
  /** Absolute path of the module, for module jobs. */
  module?: string;
  /** Where the run is one for each organization, at most `atOnce` of them at once. `only`: these were asked for. */
  organizations?: { list: NonNullable<Job["organizations"]>; atOnce: number; only: readonly string[]; repeatDone: boolean };
  /** A query that is asked for the organizations, in place of the module. */
  organizationsQuery?: string;
  dryRun: boolean;
  /** The slot before this run's, so that a report knows its period. */
  previousSlot: number | null;
  /** With --scheduled-for the job's clock shows that instant. */
  asOf?: number;
  /** Whose the child is; `runAs` where that is not who called. */
  user: { name: string; home: string };
  runAs?: { uid: number; gid: number };
  /** `cache`: where the host keeps what it compiled; null where somebody else could write what it runs, or it could not write itself. */
  program: { node: string; host: string; cache: string | null };
  /** User and system time, in clock ticks, of the children that this process has waited for before this run. */
  childrenTicks: number;
  /** The runs of one catch-up share their locks. */
  shared?: SharedPermits;
  staticFacts: StaticFacts;
  stateFacts(book: RunBook): Omit<StateFacts, "waited" | "slotThisMinute">;
  /** What tells the slot of a job in this minute; it is asked for only where the job waits for others. */
  slotsThisMinute(): Promise<StateFacts["slotThisMinute"]>;
}

/** The first of several runs takes the permits, the last one frees them. */
export interface SharedPermits {
  permits?: HeldPermits;
  /** Another run follows. */
  keep: boolean;
  /** With --json: what is told of the runs so far. All of them are one document at the end. */
  documents: RunDocument[];
}

/** What `jobctl run --json` tells of a run. */
export interface RunDocument {
  exitCode: number;
  [field: string]: Json;
}

export interface RunPorts {
  book: RunBook;
  view: OutputView;
  now(): number;
  /** Whether a signal has asked this run to end. */
  asked: Pick<EndRequests, "first" | "received">;
  progress(done: number, total: number | undefined, text: string | undefined): void;
  /** For runs that work side by side in one process. */
  watchUsage?(): UsageWatch;
  /** For people: what went wrong in jobctl itself without ending the run. */
  warn(text: string): void;
}

export interface RunReport {
  id: number | null;
  outcome: RunOutcome;
  exitCode: number;
  /** Milliseconds since the epoch, and milliseconds. */
  finishedAt: number;
  durationMs: number;
  /** All attempts, the last one too. */
  attempts: AttemptRecord[];
  outputTail: string;
  usage: Usage | null;
}
