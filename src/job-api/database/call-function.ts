import { type Kysely, sql, type Transaction } from "kysely";
import { JobctlError } from "../../errors.ts";
import type { JobContext } from "../job-context.ts";
import type { AppDatabase } from "./app-tables.ts";
import { nearNames } from "./catalogue.ts";
import type { Dialect } from "./open-database.ts";

interface Call {
  db: Kysely<AppDatabase>;
  dialect: Dialect;
  context: JobContext;
  /** `purge_sessions`, or `reports.purge_sessions` where its schema is not on the search path. */
  name: string;
  values: readonly unknown[];
  audit(transaction: Transaction<AppDatabase>, count: number): Promise<void>;
}

/** Calls a function in a transaction of its own; what it returns is the count. Throws JobctlError (config) with the near names where there is none. */
export async function callFunction({ db, dialect, context, name, values, audit }: Call): Promise<number> {
  if (dialect !== "postgres") {
    throw new JobctlError(
      "config",
      `database: SQLite has no stored functions, so "${name}" can't be called; this job needs postgres://...`,
    );
  }
  await requireFunction(db, name);
  if (context.dryRun) return 0;
  return db.transaction().execute(async (transaction) => {
    const done = await cancelledBy(context.signal, db, transaction);
    try {
      const given = values.map((value) => sql`${typeof value === "object" && value !== null ? JSON.stringify(value) : value}`);
      const call = sql<{ result: unknown }>`SELECT ${sql.id(...name.split("."))}(${sql.join(given)}) AS result`;
      const { rows } = await call.execute(transaction);
      const count = countOf(name, rows);
      await audit(transaction, count);
      return count;
    } catch (error) {
      context.signal.throwIfAborted();
      throw error;
    } finally {
      done();
    }
  });
}

async function requireFunction(db: Kysely<AppDatabase>, name: string): Promise<void> {
  const { rows } = await sql<{ name: string; kind: string }>`
    SELECT CASE WHEN pg_function_is_visible(p.oid) THEN p.proname ELSE n.nspname || '.' || p.proname END AS name, p.prokind::text AS kind
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')`.execute(db);
  const found = rows.find((each) => each.name === name);
  if (found?.kind === "f") return;
  if (found) throw new JobctlError("config", `"${name}" is no plain function but a procedure or an aggregate; this job calls functions`);
  const names = [...new Set(rows.filter(({ kind }) => kind === "f").map((each) => each.name))];
  throw new JobctlError("config", `the database has no function "${name}"${nearNames(name, names)}`);
}

/** Asks the server, on another connection, to cancel what this one does when the run is cancelled. */
async function cancelledBy(signal: AbortSignal, db: Kysely<AppDatabase>, transaction: Transaction<AppDatabase>): Promise<() => void> {
  const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(transaction);
  const cancel = (): void => void sql`SELECT pg_cancel_backend(${rows[0]?.pid})`.execute(db).catch(() => {});
  signal.throwIfAborted();
  signal.addEventListener("abort", cancel, { once: true });
  return () => signal.removeEventListener("abort", cancel);
}

function countOf(name: string, rows: { result: unknown }[]): number {
  if (rows.length !== 1)
    throw new JobctlError("failed", `${name}() returned ${rows.length} rows; it should return one integer (nothing was kept)`);
  const result = rows[0]?.result ?? 0;
  // A function that returns void gives empty text.
  const count = Number(result);
  if (Number.isSafeInteger(count)) return count;
  throw new JobctlError("failed", `${name}() returned ${JSON.stringify(result)}; it should return an integer (nothing was kept)`);
}
