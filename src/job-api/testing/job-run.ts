import type { Json } from "../../job.ts";
import type { MemoryDatabase } from "../database/memory-database.ts";
import type { Logger } from "../job-context.ts";
import type { SentMail } from "../mail/mail.ts";
import type { Params } from "../param.ts";
import type { PastRun } from "../past-runs.ts";

export interface RunJobOptions<Schema extends Params = Params> {
  /** As the manifest's `with:` would give them (`"30d"`): defaults are filled in, and they are checked. */
  params?: { readonly [Name in keyof Schema]?: Json };
  /** The run's clock, which stands still: a Date, or an instant such as `2026-01-31T00:00:00Z`. When not given, the real time. */
  now?: Date | string;
  /** When not given, `now`. */
  scheduledFor?: Date | string;
  previousSlot?: Date | string;
  dryRun?: boolean;
  /** Cancels the run, as SIGTERM would. */
  signal?: AbortSignal;
  /** The database of an earlier run, to go on with. When not given, a new one in memory, without tables. */
  database?: MemoryDatabase;
  /** Makes the tables that the shipped jobs work on, among them `outbox`, without which nobody can send mail, and `audit_logs`. */
  shippedTables?: boolean;
  /** Statements that make the tables: what is in your `schema.sql`. */
  schema?: string;
  /** Makes the tables by a program: `migrate: (db) => myMigrations(db)`, with a Kysely. */
  migrate?: (db: MemoryDatabase["db"]) => unknown;
  /** What is in the tables before the run: `{ carts: [{ id: 1, touched_at: "..." }] }`. */
  rows?: Readonly<Record<string, readonly Record<string, unknown>[]>>;
  /** What `pastRuns` gives. */
  pastRuns?: PastRun[];
  /** The manifest's folder, from which relative paths start. When not given, the current one. */
  folder?: string;
  job?: string;
  /** The run sees this organization's rows only, as with `scope: organization`: those with its id in `organization_id`. */
  organization?: string;
  attempt?: number;
  previousError?: string;
}

/** How a run under test went. */
export interface JobRun {
  status: "succeeded" | "failed" | "skipped" | "cancelled";
  /** What the job returned, with its counts; of one that did not succeed, the counts that it kept. */
  result: Json;
  /** Why it failed or was cancelled, as `jobctl show` tells it. */
  error: string | null;
  /** What `check` said where it said no. */
  detail: string | null;
  logs: LogLine[];
  progress: ProgressStep[];
  /** The mails that were sent; a dry run sends none. */
  mails: SentMail[];
  database: MemoryDatabase;
}

export interface LogLine {
  level: keyof Logger;
  message: string;
  fields: Record<string, unknown>;
}

export interface ProgressStep {
  done: number;
  total: number | undefined;
  text: string | undefined;
}

/** What a run says besides its end. */
export interface Kept {
  logs: LogLine[];
  progress: ProgressStep[];
  mails: SentMail[];
}
