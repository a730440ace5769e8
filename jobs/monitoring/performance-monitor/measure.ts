import { resolve } from "node:path";
import { ago, diskUse, type JobContext, loadPerCore, memoryUse } from "jobctl";
import { medianOf } from "./samples.ts";

export interface Sample {
  /** `loadPerCore`, `memoryUsedPercent`, ..., or `runDurationMs.<job>`. */
  metric: string;
  value: number;
}

/** What the machine, the database and the jobs are like now. */
export async function measure(context: JobContext<unknown>, { diskPath, every }: { diskPath: string; every: number }): Promise<Sample[]> {
  const disk = await diskUse(resolve(context.folder, diskPath));
  return [
    { metric: "loadPerCore", value: rounded(loadPerCore()) },
    { metric: "memoryUsedPercent", value: memoryUse().usedPercent },
    { metric: "diskUsedPercent", value: disk.usedPercent },
    { metric: "databaseLatencyMs", value: await databaseLatency(context) },
    { metric: "databaseBytes", value: await databaseBytes(context) },
    ...(await runDurations(context, every)),
  ];
}

/** The first question opens the connection, and is not what the application waits for. */
async function databaseLatency({ db, sql }: JobContext<unknown>): Promise<number> {
  await sql`SELECT 1`.execute(db);
  const began = performance.now();
  await sql`SELECT 1`.execute(db);
  return rounded(performance.now() - began);
}

async function databaseBytes({ db, dialect, sql }: JobContext<unknown>): Promise<number> {
  const sqlite = sql<{ bytes: number }>`SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()`;
  const postgres = sql<{ bytes: number }>`SELECT pg_database_size(current_database()) AS bytes`;
  const { rows } = await (dialect === "sqlite" ? sqlite : postgres).execute(db);
  return Number(rows[0]?.bytes ?? 0);
}

/** The median of each job's runs that succeeded since the last sample. */
async function runDurations({ db, now, pastRuns, job: own }: JobContext<unknown>, every: number): Promise<Sample[]> {
  const last = await db
    .selectFrom("performance_samples")
    .select(({ fn }) => fn.max("sampled_at").as("at"))
    .where("metric", "=", "loadPerCore")
    .where("sampled_at", "<", now.toISOString())
    .executeTakeFirst();
  const since = last?.at ? new Date(last.at) : ago(now, every);
  const runs = pastRuns({ since, until: now, statuses: ["succeeded"], limit: 10_000 }).filter(({ job }) => job !== own);
  return [...Map.groupBy(runs, ({ job }) => job)]
    .map(([job, some]) => ({ metric: `runDurationMs.${job}`, value: medianOf(some.map(({ durationMs }) => durationMs ?? 0)) }))
    .toSorted((a, b) => (a.metric < b.metric ? -1 : 1));
}

/** A REAL of PostgreSQL holds about six digits. */
const rounded = (value: number): number => Math.round(value * 100) / 100;
