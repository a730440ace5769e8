import { type Kysely, sql } from "kysely";
import { findTable, hasTable } from "./catalogue.ts";
import type { BatchOptions, BatchStep } from "../batches.ts";
import type { JobContext } from "../job-context.ts";
import type { AppDatabase } from "./app-tables.ts";
import { auditTrail } from "./audit.ts";
import { type Dialect, dialectOf, openDatabase, type OpenOptions } from "./open-database.ts";
import { type RowFilter, type Rows, rowStatements } from "./rows.ts";
import { tellConditions } from "./tell-conditions.ts";

/** Measured best (performance.md): on SQLite short batches and pauses of the same length let other writers in; PostgreSQL's don't block. */
const BATCHES = { sqlite: { size: 500, pause: "as-long" }, postgres: { size: 5000, pause: 0 } } as const;

/** The database side of a job's context. */
export interface JobDatabase {
  readonly db: Kysely<AppDatabase>;
  readonly sql: typeof sql;
  rows(context: JobContext, table: string, filter: RowFilter): Promise<Rows>;
  batchPlan(context: JobContext, options: BatchOptions, step: BatchStep): BatchPlan;
  close(): Promise<void>;
}

export interface BatchPlan {
  batchSize: number;
  pause: number | "as-long";
  once(size: number, doneBefore: number): Promise<number>;
}

export function openJobDatabase(url: string, options: OpenOptions): JobDatabase {
  const dialect = dialectOf(url);
  const db = openDatabase(url, options);
  return {
    db,
    sql,
    rows: async (context, table, filter) => makeRows({ db, dialect, context, table, filter }),
    batchPlan: (context, batches, step) => ({
      batchSize: batches.batchSize ?? BATCHES[dialect].size,
      pause: batches.batchPause ?? BATCHES[dialect].pause,
      once: inTransaction(db, dialect, context, { batches, step }),
    }),
    close: () => db.destroy(),
  };
}

/** One batch and the audit row with the count so far, together: whenever the run ends, the row is true. */
function inTransaction(
  db: Kysely<AppDatabase>,
  dialect: Dialect,
  context: JobContext,
  { batches, step }: { batches: BatchOptions; step: BatchStep },
): BatchPlan["once"] {
  const trail = batches.audit && auditTrail(batches.audit, batches.count, context);
  let audited: Promise<boolean> | undefined;
  return async (size, doneBefore) => {
    const audit = trail && (await (audited ??= canAudit(db, dialect, context)));
    return db.transaction().execute(async (transaction) => {
      const amount = await step(transaction, size);
      if (amount > 0 && audit) await trail.record(transaction, doneBefore + amount);
      return amount;
    });
  };
}

/** A database that is not ours may have no audit table; that is said, once. */
async function canAudit(db: Kysely<AppDatabase>, dialect: Dialect, { logger }: JobContext): Promise<boolean> {
  const can = await hasTable(db, dialect, "audit_logs");
  if (!can) logger.warn("the database has no table audit_logs: what this run changes is not audited");
  return can;
}

interface RowsAsked {
  db: Kysely<AppDatabase>;
  dialect: Dialect;
  context: JobContext;
  table: string;
  filter: RowFilter;
}

async function makeRows({ db, dialect, context, table, filter }: RowsAsked): Promise<Rows> {
  const statements = rowStatements(dialect, await findTable(db, dialect, table), filter);
  const audit = (action: string) => ({ action, resource: table, details: auditDetails(filter) });
  const count = async (limit?: number): Promise<number> => Number((await statements.count(limit).execute(db)).rows[0]?.amount ?? 0);
  const work = async (options: BatchOptions, step: BatchStep, total: number): Promise<number> => {
    const amount = context.dryRun ? total : await context.batches({ ...options, total }, step);
    if (context.dryRun) context.count(options.count, total);
    context.logger.info(context.dryRun ? "dry run: nothing was written" : "done", {
      table,
      [options.count]: amount,
      ...auditDetails(filter),
    });
    return amount;
  };
  return {
    count,
    delete: async ({ batchSize, batchPause, limit } = {}) =>
      work(
        { batchSize, batchPause, limit, count: "deletedCount", audit: audit("rows.deleted") },
        statements.deleteSome,
        await count(limit),
      ),
    update: async (set, { batchSize, batchPause, limit, count: name, action }) => {
      const { pending, step } = statements.updateSome(set);
      return work(
        { batchSize, batchPause, limit, count: name, audit: audit(action) },
        step,
        Number((await pending(limit).execute(db)).rows[0]?.amount ?? 0),
      );
    },
  };
}

function auditDetails({ column, before, where = [] }: RowFilter) {
  return {
    ...(column && before ? { column, cutoff: before.toISOString() } : {}),
    ...(where.length > 0 ? { where: tellConditions(where) } : {}),
  };
}
