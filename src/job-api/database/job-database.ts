import { type Kysely, sql, type Transaction } from "kysely";
import { hasTable } from "./catalogue.ts";
import type { BatchOptions, BatchPorts, BatchSize, BatchStep, Pause } from "../batches.ts";
import type { JobContext } from "../job-context.ts";
import type { AppDatabase } from "./app-tables.ts";
import { type AuditEntry, auditTrail, writeAudit } from "./audit.ts";
import { backUp, checkBackUp, type Environment } from "./backup.ts";
import { callFunction } from "./call-function.ts";
import { type Done, makeRows } from "./make-rows.ts";
import { type Dialect, dialectOf, type OpenOptions } from "./open-database.ts";
import { type GuardedDatabase, type GuardOptions, openGuarded } from "./open-guarded.ts";
import type { RowFilter, Rows } from "./rows.ts";

/**
 * On SQLite pauses let other writers in. One that finds the database locked tries again after 1 and after 3 ms, and then only
 * after 8, 18 and 33 (`sqliteDefaultBusyCallback` in its main.c). Batches of at most 3 ms and pauses of at least 2.1 leave it
 * one of its first two tries, whenever it comes: the second one, where the first was too early, falls into the pause. On
 * PostgreSQL batches don't block.
 */
const BATCHES = {
  sqlite: { size: { first: 500, least: 50, most: 2000, aim: 2 }, pause: { least: 2.2 } },
  postgres: { size: { first: 5000, least: 500, most: 5000, aim: 25 }, pause: 0 },
} as const;

/** The database side of a job's context. */
export interface JobDatabase {
  readonly db: Kysely<AppDatabase>;
  readonly sql: typeof sql;
  /** `done` keeps a count, and that so many items succeeded. */
  rows(context: JobContext, done: Done, table: string, filter: RowFilter): Promise<Rows>;
  batchPlan(context: JobContext, options: BatchOptions, step: BatchStep): BatchPlan;
  audit(context: JobContext, transaction: Transaction<AppDatabase>, entry: AuditEntry): Promise<void>;
  whole(context: JobContext): WholeDatabase;
  close(): Promise<void>;
}

export interface BatchPlan {
  batchSize: BatchSize;
  pause: Pause;
  settle: BatchPorts["settle"];
  once(size: number, doneBefore: number): Promise<number>;
}

/** What is done to the database as a whole. */
export interface WholeDatabase {
  readonly dialect: Dialect;
  /** Writes a copy of the database to a file that is not there yet: SQLite's online backup, or `pg_dump` in its custom format. Reports progress; a cancelled one leaves an unfinished file. */
  backUp(path: string, tools: { pgDump: string }): Promise<void>;
  /** Throws where the copy is not whole: SQLite's integrity check, or `pg_restore --list`. */
  checkBackUp(path: string, tools: { pgRestore: string }): Promise<void>;
  /**
   * Calls a function of PostgreSQL and resolves with its integer (0 for none), committed with `audit`; a cancelled run
   * cancels the call. A dry run only checks that there is such a function.
   */
  callFunction(name: string, values: readonly unknown[], audit: (count: number) => AuditEntry): Promise<number>;
}

/** `environment` is for the programs that are started: pg_dump and pg_restore. */
export function openJobDatabase(url: string, options: OpenOptions & GuardOptions & { environment: Environment }): JobDatabase {
  const dialect = dialectOf(url);
  const guarded = openGuarded(url, options);
  const { db, trusted, restriction, assertWhole } = guarded;
  const audit: JobDatabase["audit"] = async (context, transaction, entry) => {
    if (await canAudit(trusted(transaction), dialect, context)) await writeAudit(transaction, entry, context);
  };
  return {
    db,
    sql,
    audit,
    rows: async (context, done, table, filter) =>
      makeRows({ db: trusted(db), trusted, dialect, context, done, table, filter: { ...filter, restriction: await restriction(table) } }),
    batchPlan: (context, batches, step) => ({
      batchSize: batches.batchSize ?? BATCHES[dialect].size,
      pause: batches.batchPause ?? BATCHES[dialect].pause,
      once: inTransaction(guarded, dialect, context, { batches, step }),
      settle: dialect === "sqlite" ? () => shortenLog(trusted(db)) : undefined,
    }),
    whole: (context) => ({
      dialect,
      backUp: async (path, tools) => {
        assertWhole("a backup");
        return backUp({ url, path, context, environment: options.environment, ...tools });
      },
      checkBackUp: async (path, tools) => checkBackUp({ dialect, path, context, environment: options.environment, ...tools }),
      callFunction: async (name, values, entry) => {
        assertWhole("what a function of the database does");
        return callFunction({
          db,
          dialect,
          context,
          name,
          values,
          audit: (transaction, count) => audit(context, transaction, entry(count)),
        });
      },
    }),
    close: () => db.destroy(),
  };
}

const LONGEST_LOG = 600;

/**
 * Writes the write-ahead log back once it holds so many pages (https://sqlite.org/pragma.html#pragma_wal_checkpoint), since at
 * 1000 of them SQLite has whoever commits next do it: that would be the application, which waits for the disk then.
 */
async function shortenLog(db: Kysely<AppDatabase>): Promise<void> {
  const looked = await sql<{ log: number; checkpointed: number }>`PRAGMA wal_checkpoint(NOOP)`.execute(db);
  const { log, checkpointed } = looked.rows[0] ?? { log: 0, checkpointed: 0 };
  if (log >= LONGEST_LOG && checkpointed < log) await sql`PRAGMA wal_checkpoint(PASSIVE)`.execute(db);
}

/** One batch and the audit row with the count so far, together: whenever the run ends, the row is true. */
function inTransaction(
  { db, trusted }: GuardedDatabase,
  dialect: Dialect,
  context: JobContext,
  { batches, step }: { batches: BatchOptions; step: BatchStep },
): BatchPlan["once"] {
  const trail = batches.audit && auditTrail(batches.audit, batches.count, context);
  let audited: Promise<boolean> | undefined;
  return async (size, doneBefore) => {
    const audit = trail && (await (audited ??= canAudit(trusted(db), dialect, context)));
    return db.transaction().execute(async (transaction) => {
      const amount = await step(transaction, size);
      if (amount > 0 && audit) await trail.record(trusted(transaction), doneBefore + amount);
      return amount;
    });
  };
}

/** A database that is not ours may have no audit table; that is said. */
async function canAudit(db: Kysely<AppDatabase>, dialect: Dialect, { logger }: JobContext): Promise<boolean> {
  const can = await hasTable(db, dialect, "audit_logs");
  if (!can) logger.info("the database has no table audit_logs: what this run changes is not audited");
  return can;
}
