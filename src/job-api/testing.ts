/** What the test of a job imports: `import { runJob } from "jobctl/testing"`. */
import { join } from "node:path";
import { sql } from "kysely";
import { migrate as applyMigrations } from "./app-database/migrate.ts";
import type { ContextRoom } from "./create-context.ts";
import { type MemoryDatabase, openMemoryDatabase } from "./database/memory-database.ts";
import { asJobDefinition, type JobDefinition } from "./define-job.ts";
import type { SentMail } from "./mail/mail.ts";
import type { Params } from "./param.ts";
import { type JobEnd, performJob, thrown } from "./perform-job.ts";
import { type Asked, contextUnderTest, factsOf } from "./testing/context-under-test.ts";
import type { JobRun, Kept, LogLine, ProgressStep, RunJobOptions } from "./testing/job-run.ts";

export type { JobRun, LogLine, MemoryDatabase, ProgressStep, RunJobOptions, SentMail };

/**
 * Runs a job in this process as `jobctl run` would, from its parameters to its counts, on a database in memory. What the
 * job throws is the run's error; it rejects only where the test itself is wrong (a `schema` that SQLite refuses).
 */
export async function runJob<Schema extends Params>(job: JobDefinition<Schema>, options: RunJobOptions<Schema> = {}): Promise<JobRun> {
  const { database = openMemoryDatabase(), signal = new AbortController().signal } = options;
  const facts = factsOf(options);
  await prepare(database, options);
  const kept: Kept = { logs: [], progress: [], mails: [] };
  const end = await endOf(job, { ...options, facts, database, signal }, kept);
  return { ...told(end), ...kept, database };
}

async function prepare(database: MemoryDatabase, { shippedTables, schema, migrate, rows = {} }: RunJobOptions): Promise<void> {
  if (shippedTables) await applyMigrations(database.db, SHIPPED_SCHEMA);
  if (schema !== undefined) database.execute(schema);
  await migrate?.(database.db);
  for (const [table, each] of Object.entries(rows)) await database.insert(table, each);
}

/** From src/job-api and from dist/job alike. */
const SHIPPED_SCHEMA = join(import.meta.dirname, "../../jobs/schema");

async function endOf(exported: unknown, asked: Asked, kept: Kept): Promise<JobEnd> {
  const { database, signal, dryRun = false } = asked;
  const state: { room?: ContextRoom } = {};
  try {
    const job = asJobDefinition(exported, "the job");
    state.room = contextUnderTest(job, asked, kept);
    if (dryRun) await sql`PRAGMA query_only = ON`.execute(database.db);
    return await performJob(job, state.room);
  } catch (error) {
    return thrown(error, signal.aborted ? (signal.reason as Error) : undefined, state.room);
  } finally {
    if (dryRun) await sql`PRAGMA query_only = OFF`.execute(database.db);
    await state.room?.close();
  }
}

function told(end: JobEnd): Pick<JobRun, "status" | "result" | "error" | "detail"> {
  switch (end.type) {
    case "result":
      return { status: "succeeded", result: end.result, error: null, detail: null };
    case "skip":
      return { status: "skipped", result: null, error: null, detail: end.detail };
    case "error":
      return { status: end.cancelled ? "cancelled" : "failed", result: end.result ?? null, error: end.error, detail: null };
    default:
      return end satisfies never;
  }
}
