import type { Kysely, RawBuilder } from "kysely";
import type { BatchOptions, BatchStep } from "../batches.ts";
import type { JobContext } from "../job-context.ts";
import { type AnonymizeRule, anonymizeSome, unreadable } from "./anonymize.ts";
import type { AppDatabase } from "./app-tables.ts";
import { type CatalogueTable, findTable } from "./catalogue.ts";
import { changeSome } from "./change-some.ts";
import type { Dialect } from "./open-database.ts";
import { readRows } from "./read-rows.ts";
import { type RestrictedFilter, type RowFilter, type Rows, rowStatements } from "./rows.ts";
import { tellConditions } from "./tell-conditions.ts";

export type Done = (count: string, amount: number, asItems?: boolean) => void;

interface RowsAsked {
  db: Kysely<AppDatabase>;
  /** The database or a transaction for our own statements. */
  trusted<Database extends Kysely<AppDatabase>>(db: Database): Database;
  dialect: Dialect;
  context: JobContext;
  done: Done;
  table: string;
  filter: RestrictedFilter;
}

/** The statements of a table's rows, with what every job owes: dry run, counts, progress, log and audit row. */
export async function makeRows({ db, trusted, dialect, context, done, table: name, filter }: RowsAsked): Promise<Rows> {
  const table = await findTable(db, dialect, name);
  const statements = rowStatements(dialect, table, filter);
  const { wanted } = statements;
  const { signal } = context;
  const amountOf = async (counted: RawBuilder<{ amount: number }>): Promise<number> =>
    Number((await counted.execute(db)).rows[0]?.amount ?? 0);
  const count = async (limit?: number): Promise<number> => amountOf(statements.count(limit));
  const work = async (options: BatchOptions, step: BatchStep, total: number): Promise<number> =>
    worked({ context, done, name, filter, total }, options, async (transaction, size) => step(trusted(transaction), size));
  const refused = (row: string, error: unknown): void => context.fail(`${name} ${row}`, error);
  return {
    count,
    delete: async ({ count: counted = "deletedCount", ...batches } = {}) => {
      const { before, step } = changeSome(db, statements.deleting, refused);
      const audit = auditOf("rows.deleted", name, filter);
      return work({ ...batches, count: counted, audit, before }, step, await count(batches.limit));
    },
    update: async (set, { action, ...batches }) => {
      const { pending, change } = statements.updating(set);
      const { before, step } = changeSome(db, change, refused);
      const audit = auditOf(action, name, filter);
      return work({ ...batches, audit, before }, step, await amountOf(pending(batches.limit)));
    },
    anonymize: async (rule, { action, ...batches }) => {
      const unmarked = [...(filter.where ?? []), { column: rule.mark.column, comparison: "=", value: null } as const];
      const left = rowStatements(dialect, table, { ...filter, where: unmarked });
      const todo = { dialect, table, wanted: left.wanted, rule };
      const bad = (row: string, column: string): void =>
        context.fail(`${name} ${row}`, `its ${column} holds no JSON, so what that tells of a person could not be taken out`);
      const { before, step } = anonymizeSome(db, todo, bad);
      const total = context.dryRun
        ? await countReadable({ db, context, ...todo, limit: batches.limit, bad })
        : await amountOf(left.count(batches.limit));
      return work({ ...batches, audit: auditOf(action, name, filter), before }, step, total);
    },
    read: ({ key }) => readRows(db, { dialect, table, wanted, order: [...(filter.column ? [filter.column] : []), key], signal }) as never,
  };
}

/**
 * The loop, or in a dry run its count. Once as many rows are done as there were when it began, it does not look for more: on a
 * large table that takes as long as half of the work.
 */
async function worked(
  { context, done, name, filter, total }: { context: JobContext; done: Done; name: string; filter: RowFilter; total: number },
  options: BatchOptions,
  step: BatchStep,
): Promise<number> {
  const amount = context.dryRun ? total : await context.batches({ ...options, total, limit: total }, step);
  if (context.dryRun) done(options.count, total, options.asItems);
  context.logger.info(context.dryRun ? "dry run: nothing was written" : "done", {
    table: name,
    [options.count]: amount,
    ...auditDetails(filter),
  });
  return amount;
}

interface Counting {
  db: Kysely<AppDatabase>;
  context: JobContext;
  dialect: Dialect;
  table: CatalogueTable;
  wanted: RawBuilder<unknown>[];
  rule: AnonymizeRule;
  limit: number | undefined;
  bad(row: string, column: string): void;
}

/** What a dry run of anonymize counts: the rows that the run would get through. */
async function countReadable({ db, context, dialect, table, wanted, rule, limit = Infinity, bad }: Counting): Promise<number> {
  const key = dialect === "postgres" ? "ctid" : "rowid";
  let readable = 0;
  for await (const row of readRows(db, { dialect, table, wanted, order: [key], signal: context.signal })) {
    const wrong = unreadable(row, rule);
    if (wrong === undefined) readable += 1;
    else bad(String(row["id"] ?? "?"), wrong);
    if (readable >= limit) break;
  }
  return readable;
}

function auditOf(action: string, resource: string, filter: RowFilter) {
  return { action, resource, details: auditDetails(filter) };
}

function auditDetails({ column, before, through, where = [] }: RowFilter) {
  const cutoff = before ?? through;
  return {
    ...(column && cutoff ? { column, cutoff: cutoff.toISOString() } : {}),
    ...(where.length > 0 ? { where: tellConditions(where) } : {}),
  };
}
