import { sql } from "kysely";
import { type Dialect, openDatabase } from "../../src/job-api/database/open-database.ts";
import type { Row } from "../rows.ts";
import { besideWriter } from "./beside.ts";
import { type JobRun, runJob } from "./job-run.ts";
import type { Ground } from "./ground.ts";
import { auditLogs, plainTable, projects, sessions, shippedTables } from "./tables.ts";

const SECONDS_ALONE = 3;
/** The budget is for so many rows: fewer pay more for the start. */
const STATED_FOR = 1_000_000;
/** Rows a second at least; milliseconds at most. */
const BUDGET: Record<Dialect, { speed?: number; wait?: number; transaction?: number }> = {
  sqlite: { speed: 180_000, wait: 5 },
  postgres: { speed: 400_000, transaction: 50 },
};
const MEMORY_MB = 150;

/** Half of the rows are expired. The same rows by one statement, which no job may use: it locks all others out, or holds a snapshot for as long. */
export async function deletions(ground: Ground, rows: number): Promise<Row[]> {
  const few = Math.ceil(rows / 10);
  const plain = await deletion(ground, { name: "carts (1 index)", table: "carts", rows }, async (filling) => plainTable(filling, rows));
  const users = Math.ceil(few / 2);
  const indexed = await deletion(ground, { name: "sessions (4 indexes)", table: "sessions", rows: few }, async (filling) => {
    await shippedTables(filling, users);
    await sessions(filling, { users, expired: few });
  });
  return [...plain, ...indexed];
}

interface Deleted {
  name: string;
  table: "carts" | "sessions";
  rows: number;
}

async function deletion(ground: Ground, { name, table, rows }: Deleted, make: Parameters<Ground["fresh"]>[0]): Promise<Row[]> {
  const { dialect } = ground;
  const what = `${dialect}, ${tell(rows)} of ${tell(rows * 2)} ${name}`;
  const single = await ground.fresh(make);
  const alone = await besideWriter(single, async () => new Promise((resolve) => void setTimeout(resolve, SECONDS_ALONE * 1000)));
  const statement = await besideWriter(single, async () => timeStatement(single, dialect, table));
  await ground.drop(single);
  const url = await ground.fresh(make);
  const manifest = ground.manifest(url, `{ uses: cleanup/delete-rows, with: { table: ${table}, column: expires_at, olderThan: 0s } }`);
  const { value: run, waits } = await besideWriter(url, async () => runJob(ground.arena, manifest, "job"));
  await ground.drop(url);
  expectCount(run, "deletedCount", rows);
  const { speed, wait, transaction } = table === "carts" && rows >= STATED_FOR ? BUDGET[dialect] : {};
  return [
    within(speed, speedRow(`${what}: job`, rows, run)),
    { what: `${what}: one DELETE`, unit: "rows/s", measured: rows / statement.value, note: `${(statement.value * 1000).toFixed(0)} ms` },
    { what: `${what}: job, to one DELETE`, unit: "x", measured: run.seconds / statement.value, note: "time" },
    within(transaction, transactionRow(`${what}: job`, run)),
    within(wait, waitRow(`${what}: job`, waits)),
    waitRow(`${what}: one DELETE`, statement.waits),
    waitRow(`${what}: nothing beside it`, alone.waits),
    memoryRow(`${what}: job`, run),
  ];
}

function within(must: number | undefined, row: Row): Row {
  return must === undefined ? row : { ...row, must };
}

async function timeStatement(url: string, dialect: Dialect, table: string): Promise<number> {
  const db = openDatabase(url, { readOnly: false, applicationName: "bench" });
  // So that both have what they read in memory.
  await sql`SELECT count(*) FROM ${sql.table(table)} WHERE expires_at < ${new Date().toISOString()}`.execute(db);
  const began = performance.now();
  await sql`DELETE FROM ${sql.table(table)} WHERE expires_at < ${new Date().toISOString()}`.execute(db);
  const seconds = (performance.now() - began) / 1000;
  await db.destroy();
  return seconds;
}

/** A tenth as many users as rows, and a tenth of these: what is held does not grow with the table. */
export async function karma(ground: Ground, rows: number): Promise<Row[]> {
  const some: Row[] = [];
  for (const users of [rows / 100, rows / 10].map(Math.ceil)) {
    const url = await ground.fresh(async (filling) => {
      await shippedTables(filling, users);
      await projects(filling, users);
    });
    const run = await runJob(ground.arena, ground.manifest(url, "{ uses: analytics/recalculate-karma }"), "job");
    await ground.drop(url);
    expectCount(run, "totalUsers", users);
    const what = `${ground.dialect}, karma of ${tell(users)} users`;
    some.push(speedRow(what, users, run), memoryRow(what, run));
  }
  return some;
}

const SCRUB = `set: { user_id: null, ip_address: null, user_agent: null }, scrubJson: { metadata: [email, name, phone, phoneNumber, address] }`;
const OLD = `table: audit_logs, column: created_at, olderThan: 365d`;

/** The same rows are anonymized and then archived, in a table of a tenth and in the whole one. */
export async function audit(ground: Ground, rows: number): Promise<Row[]> {
  const some: Row[] = [];
  for (const old of [rows / 10, rows].map(Math.ceil)) {
    const users = Math.ceil(old / 10);
    const url = await ground.fresh(async (filling) => {
      await shippedTables(filling, users);
      await auditLogs(filling, { users, old });
    });
    const anonymize = ground.manifest(url, `{ uses: cleanup/anonymize-rows, with: { ${OLD}, ${SCRUB} } }`);
    const anonymized = await runJob(ground.arena, anonymize, "job");
    expectCount(anonymized, "anonymizedCount", old);
    const archive = ground.manifest(
      url,
      `{ uses: cleanup/archive-rows, with: { ${OLD}, ${SCRUB}, directory: archives-${ground.dialect}-${old} } }`,
    );
    const archived = await runJob(ground.arena, archive, "job");
    expectCount(archived, "archivedCount", old);
    await ground.drop(url);
    for (const [work, run] of [
      ["anonymizing", anonymized],
      ["archiving", archived],
    ] as const) {
      const what = `${ground.dialect}, ${work} ${tell(old)} audit rows`;
      some.push(speedRow(what, old, run), transactionRow(what, run), memoryRow(what, run));
    }
  }
  return some;
}

/** On a machine that is busy with other work, rows a second of CPU time tell more than those of the clock. */
function speedRow(what: string, rows: number, { seconds, cpuSeconds }: JobRun): Row {
  const note = `${seconds.toFixed(1)} s, ${tell(Math.round(rows / cpuSeconds))} rows a second of CPU`;
  return { what, unit: "rows/s", measured: rows / seconds, note };
}

function memoryRow(what: string, { peakMB }: JobRun): Row {
  return { what: `${what}: peak memory`, unit: "MB", must: MEMORY_MB, measured: peakMB };
}

function transactionRow(what: string, { longestTransaction }: JobRun): Row {
  return { what: `${what}: longest transaction`, unit: "ms", measured: longestTransaction ?? Number.NaN };
}

function waitRow(what: string, { p50, p99, longest, writes }: { p50: number; p99: number; longest: number; writes: number }): Row {
  const note = `median ${p50.toFixed(1)}, longest ${longest.toFixed(0)} of ${writes} writes`;
  return { what: `${what}: a writer's p99`, unit: "ms", measured: p99, note };
}

function expectCount(run: JobRun, name: string, amount: number): void {
  if (run.result[name] === amount) return;
  throw new Error(`${name} is ${JSON.stringify(run.result[name])}, expected ${amount}`);
}

const tell = (amount: number): string => amount.toLocaleString("en");
