import type { Kysely, sql, Transaction } from "kysely";
import type { BatchOptions, BatchStep, ItemStep } from "./batches.ts";
import type { AppDatabase } from "./database/app-tables.ts";
import type { AuditEntry } from "./database/audit.ts";
import type { WholeDatabase } from "./database/job-database.ts";
import type { RowFilter, Rows } from "./database/rows.ts";
import type { Folder } from "./files/folder.ts";
import type { Mailer } from "./mail/mail.ts";
import type { ReadOptions, ReadPage } from "./in-pages.ts";
import type { PastRun, PastRuns } from "./past-runs.ts";
import type { TransactionWork } from "./together.ts";

/** Lines for people, kept in the run's log: `logger.info("purged", { table: "carts", rows: 12 })`. */
export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** What a job is given. It never needs `Date.now()`, `process` or a connection of its own. */
export interface JobContext<Values = Readonly<Record<string, unknown>>> {
  readonly params: Values;
  /** The job's name in the manifest. */
  readonly job: string;
  /** The run's number in the history; null where the history can't be written. */
  readonly runId: number | null;
  readonly runKey: string;
  /** The start of this attempt, or the slot where `--scheduled-for` gave one. */
  readonly now: Date;
  readonly scheduledFor: Date;
  /** The occurrence before this one: a report's period is from here to `scheduledFor`. */
  readonly previousSlot: Date | null;
  /** 1 for the first. */
  readonly attempt: number;
  readonly previousError: string | null;
  /** Nothing may be written; the result says what would be. The database connection refuses writes then. */
  readonly dryRun: boolean;
  /**
   * Whom the run is for, where the job has `scope: organization`. `db` then refuses every query that could touch another organization's
   * rows, and `rows` keeps to this one's.
   */
  readonly organization: string | null;
  /** The manifest's folder: relative paths in parameters start there. */
  readonly folder: string;
  /** Aborted by SIGTERM and SIGINT. `batches`, `rows` and `each` look at it themselves. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** The manifest's `database:`, opened on first use. Other tables than the shipped ones: `db.withTables<{ carts: Cart }>()`. */
  readonly db: Kysely<AppDatabase>;
  /** Kysely's template for what its builder has no word for; values become bound values. */
  readonly sql: typeof sql;
  /** The manifest's `mail:`. Each mail has a key and is sent once, whoever asks for it and how often: `outbox` remembers. */
  readonly mailer: Mailer;
  /** `now`, moved on by the time since the attempt began: for what must tell early from late within one run, such as a lease. */
  clock(): Date;
  /** Which kind of database that is, for the rare statement that is not the same on both. */
  readonly dialect: "sqlite" | "postgres";
  progress(done: number, total?: number, text?: string): void;
  /** Adds to a named count. Counts are part of the result, also of a run that fails or is cancelled. */
  count(name: string, amount?: number): void;
  /**
   * The rows of a table that meet a filter. Table and columns may come from parameters: they are checked against the
   * database's catalogue, and a wrong one is an error that lists the near names.
   */
  rows(table: string, filter: RowFilter): Promise<Rows>;
  /** Calls the step, each time in a transaction of its own, until it returns 0. Resolves with the sum. */
  batches(options: BatchOptions, step: BatchStep): Promise<number>;
  /** Works through items in batches, each in a transaction of its own; in a dry run it only counts them. Resolves with what the steps counted. */
  eachBatch<Item>(items: Iterable<Item> | AsyncIterable<Item>, options: BatchOptions, work: ItemStep<Item>): Promise<number>;
  /** Writes one `audit_logs` row, with the job and the run, in the transaction of what it tells. */
  audit(transaction: Transaction<AppDatabase>, entry: AuditEntry): Promise<void>;
  /** The database as a whole: its dialect, backup, functions. */
  readonly database: WholeDatabase;
  /** A folder, from the manifest's, whose files the job may touch, and no others. One that is to be created is, in a dry run, empty. */
  files(path: string, options?: { create?: boolean }): Folder;
  /**
   * Does the work for each item; one that throws is logged and reported, and the rest goes on. The run fails at its end
   * if fewer than the parameter `minSuccess` (percent, 100 where the job has none) of all items were done.
   */
  each<Item>(items: Iterable<Item> | AsyncIterable<Item>, name: (item: Item) => string, work: (item: Item) => unknown): Promise<void>;
  /**
   * The rows of a query of your own one by one, read in pages by their key; looks at `signal`. `rows(...).read` is the same for one table.
   * `read({ key: "id" }, (after, size) => db.selectFrom("users").select("id").where("id", ">", after).orderBy("id").limit(size).execute())`
   */
  read<Key extends string, Row extends { [name in Key]: unknown }, After extends string | number = string>(
    options: ReadOptions<Key, After>,
    page: ReadPage<Row, After>,
  ): AsyncGenerator<Row, void>;
  /**
   * `each` for small writes: all items in one transaction, and where one throws, each in its own. Resolves with the items
   * that were done; in a dry run the work is left out. `atOnce` does the same for all of them by fewer statements.
   */
  together<Item>(
    items: readonly Item[],
    name: (item: Item) => string,
    work: TransactionWork<Item>,
    atOnce?: TransactionWork<readonly Item[]>,
  ): Promise<Item[]>;
  /** Earlier runs of this manifest's jobs, newest first; none where no history can be found. */
  pastRuns(wanted?: PastRuns): PastRun[];
  /** Reports one bad item without an exception. */
  fail(item: string, error: unknown): void;
}
