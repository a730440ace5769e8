import { resolve } from "node:path";
import type { Kysely, sql } from "kysely";
import { isJobctlError, JobctlError } from "../errors.ts";
import type { Json } from "../job.ts";
import { batchLoop } from "./batch-loop.ts";
import type { AppDatabase } from "./database/app-tables.ts";
import type { JobDatabase } from "./database/job-database.ts";
import type { Folder } from "./files/folder.ts";
import { itemBook } from "./items.ts";
import type { JobContext, Logger } from "./job-context.ts";
import type { Mailer } from "./mail/mail.ts";
import type { MailerPorts, OpenMailer } from "./mail/mailer.ts";
import { inPages } from "./in-pages.ts";
import type { PastRun, PastRuns } from "./past-runs.ts";
import { doTogether } from "./together.ts";

/** What is known of the run. Instants in milliseconds. */
export interface RunFacts {
  job: string;
  runKey: string;
  runId: number | null;
  now: number;
  scheduledFor: number;
  previousSlot: number | null;
  attempt: number;
  previousError: string | null;
  dryRun: boolean;
  database: string | null;
  mail: string | null;
  folder: string;
  organization: string | null;
  /** The column that tells whose a row is; `organization_id` when not given. */
  organizationColumn?: string;
  /** Where the history lies; not given, there is none. */
  stateDir?: string | null;
}

/** What the context does to the world; libraries are behind functions, so that a job pays only for what it uses. */
export interface ContextPorts {
  /** Asked for when it is needed: to make one takes a thirtieth of a start. */
  readonly signal: AbortSignal;
  logger(): Logger;
  openDatabase(url: string, facts: RunFacts): JobDatabase;
  openFolder(path: string, options: { create?: boolean; dryRun: boolean }): Folder;
  openMailer(url: string, ports: MailerPorts): OpenMailer;
  /** Newest first. */
  readHistory(stateDir: string, wanted: PastRuns): PastRun[];
  progress(done: number, total: number | undefined, text: string | undefined): void;
  /** Milliseconds since the attempt began, where the real time is not meant. */
  elapsed?(): number;
}

/** A run's context, and what its end needs. */
export interface ContextRoom {
  context: JobContext;
  /** The counts so far. */
  counts(): Record<string, Json>;
  verdict(minSuccess: number): { enough: boolean; text: string; failures: Json } | undefined;
  close(): Promise<void>;
}

export function createContext(facts: RunFacts, params: Readonly<Record<string, unknown>>, ports: ContextPorts): ContextRoom {
  const counts: Record<string, number> = {};
  // A process's first Date looks for the time zone: a hundred and fiftieth of a start.
  const lazy: { database?: JobDatabase; mailer?: OpenMailer; logger?: Logger; now?: Date; scheduledFor?: Date; previousSlot?: Date } = {};
  const logger = (): Logger => (lazy.logger ??= ports.logger());
  const database = (): JobDatabase => (lazy.database ??= ports.openDatabase(databaseUrl(facts), facts));
  const began = performance.now();
  const elapsed = ports.elapsed ?? (() => Math.round(performance.now() - began));
  const clock = (): Date => new Date(facts.now + elapsed());
  const mailer = (): OpenMailer =>
    (lazy.mailer ??= ports.openMailer(mailUrl(facts), { db: database().db, clock, dryRun: facts.dryRun, signal: ports.signal, count }));
  const items = itemBook({
    get signal() {
      return ports.signal;
    },
    report: (item, message) => logger().error(`${item}: ${message}`),
    progress: (done, total) => ports.progress(done, total, undefined),
  });
  const count = (name: string, amount = 1): void => {
    counts[name] = (counts[name] ?? 0) + amount;
  };
  const done = (name: string, amount: number, asItems = true): void => {
    count(name, amount);
    if (asItems) items.succeed(amount);
  };
  const context: JobContext = {
    ...plainFacts(facts),
    get now() {
      return (lazy.now ??= new Date(facts.now));
    },
    get scheduledFor() {
      return (lazy.scheduledFor ??= new Date(facts.scheduledFor));
    },
    get previousSlot() {
      return facts.previousSlot === null ? null : (lazy.previousSlot ??= new Date(facts.previousSlot));
    },
    params,
    get signal() {
      return ports.signal;
    },
    logger: lazyLogger(logger),
    get db(): Kysely<AppDatabase> {
      return database().db;
    },
    get sql(): typeof sql {
      return database().sql;
    },
    get mailer(): Mailer {
      return mailer();
    },
    clock,
    get dialect() {
      return databaseUrl(facts).startsWith("sqlite:") ? ("sqlite" as const) : ("postgres" as const);
    },
    progress: ports.progress,
    count,
    each: items.each,
    fail: items.fail,
    rows: async (table, filter) => database().rows(context, done, table, filter),
    read: ({ key, after = "" as never, size = 500 }, page) =>
      inPages(after, { signal: ports.signal, page: async (place) => page(place, size), placeOf: (last) => last[key] as never }),
    together: async (all, name, work, atOnce) =>
      doTogether(
        all,
        { name, ...(facts.dryRun ? { work: async () => {} } : { work, atOnce }) },
        { db: context.db, book: items, signal: ports.signal },
      ),
    pastRuns: (wanted = {}) => (facts.stateDir ? ports.readHistory(facts.stateDir, wanted) : []),
    batches: async (options, step) => loop.batches(options, step),
    eachBatch: async (all, options, work) => loop.eachBatch(all, options, work),
    audit: async (transaction, entry) => database().audit(context, transaction, entry),
    get database() {
      return database().whole(context);
    },
    files: (path, options = {}) => ports.openFolder(resolve(facts.folder, path), { ...options, dryRun: facts.dryRun }),
  };
  const loop = batchLoop({ facts, ports, context, database, done });
  const close = async (): Promise<void> => {
    lazy.mailer?.close();
    await lazy.database?.close();
  };
  return { context, counts: () => ({ ...counts }), verdict: items.verdict, close };
}

function plainFacts(facts: RunFacts) {
  const { job, runId, runKey, attempt, previousError, dryRun, organization, folder } = facts;
  return { job, runId, runKey, attempt, previousError, dryRun, organization, folder };
}

export function databaseUrl({ database, job }: Pick<RunFacts, "database" | "job">): string {
  if (database) return database;
  throw new JobctlError(
    "config",
    `job ${job} needs a database, and the manifest names none; add \`database: sqlite:PATH\` or \`database: postgres://...\``,
  );
}

function mailUrl({ mail, job }: RunFacts): string {
  if (mail) return mail;
  throw new JobctlError(
    "config",
    `job ${job} sends mail, and the manifest does not say how; add \`mail: smtp://USER:PASSWORD@HOST\` or, to only write files, \`mail: file:var/outbox\``,
  );
}

function lazyLogger(logger: () => Logger): Logger {
  return {
    debug: (message, fields) => logger().debug(message, fields),
    info: (message, fields) => logger().info(message, fields),
    warn: (message, fields) => logger().warn(message, fields),
    error: (message, fields) => logger().error(message, fields),
  };
}

/** What an error says in the history: a sentence for what jobctl knows, else the stack with its causes. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return `thrown: ${typeof error === "string" ? error : (JSON.stringify(error) ?? String(error))}`;
  const own = isJobctlError(error) ? error.message : (error.stack ?? error.message);
  return error.cause === undefined ? own : `${own}\ncaused by: ${errorText(error.cause)}`;
}
