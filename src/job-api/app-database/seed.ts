import { CompiledQuery, type Insertable, type Kysely } from "kysely";
import type { AppDatabase } from "../database/app-tables.ts";
import { type Random, seededRandom } from "./random.ts";
import {
  makeAnalytics,
  makeAuditLogs,
  makeInvitations,
  makeMembers,
  makeProjects,
  makePushTokens,
  makeSessions,
  makeTokens,
} from "./seed-tables.ts";
import {
  makeConsents,
  makeCredentials,
  makeDeletionRequests,
  makeProfiles,
  makeRecentAuditLogs,
  makeUploads,
  makeUpvotes,
} from "./seed-community.ts";
import { makeArchives, makeBackups, makeHealthChecks, makeReports, makeSamples } from "./seed-machine.ts";
import { makeIncidents, makeMail, makeOutbox } from "./seed-mail.ts";
import {
  makeDeliverables,
  makePaymentReminders,
  makePayments,
  makeReminders,
  makeSnapshots,
  makeSummaries,
  makeZakatPayments,
} from "./seed-money.ts";
import { makeOrganizations, makeUsers } from "./seed-people.ts";

export interface SeedOptions {
  users: number;
  /** The instant that the data is made around: some of it is past, some is not. */
  now: Date;
  seed?: number;
  /** Told after each table. */
  progress?(table: string, rows: number): void;
}

/** What the makers of rows share. */
export interface SeedWorld {
  random: Random;
  now: Date;
  organizations: readonly Insertable<AppDatabase["organizations"]>[];
  users: readonly SeedUser[];
  projects: readonly Insertable<AppDatabase["projects"]>[];
}

/** What the rows of other tables say of a user: all that is held of the largest tables while they are made. */
export type SeedUser = Required<Pick<Insertable<AppDatabase["users"]>, "id" | "organization_id" | "email" | "avatar_url">>;

/** Fills an empty application database with realistic data: for every clean-up rows that it must delete and rows that it must keep. The same options make the same rows. */
export async function seedAppDatabase(db: Kysely<AppDatabase>, { users: count, now, seed = 1, progress }: SeedOptions): Promise<void> {
  const random = seededRandom(seed);
  await db.transaction().execute(async (transaction) => {
    const put: Put = async (table, rows) => {
      const amount = await insertAll(transaction, table, rows);
      progress?.(table, amount);
    };
    const organizations = makeOrganizations(random, Math.max(1, Math.ceil(count / 50)));
    await put("organizations", organizations);
    const users: SeedUser[] = [];
    await put("users", noted(makeUsers(random, { count, now, organizations }), users));
    const projects = makeProjects(random, Math.ceil(count / 4), organizations);
    const world: SeedWorld = { random, now, organizations, users, projects };
    await put("sessions", makeSessions(world));
    await put("auth_tokens", makeTokens(world));
    await put("push_tokens", makePushTokens(world));
    await put("projects", projects);
    await put("project_members", makeMembers(world));
    await put("invitations", makeInvitations(world));
    await put("audit_logs", inTurn(makeAuditLogs(world), makeRecentAuditLogs(world)));
    await put("analytics_metrics", makeAnalytics(world));
    await putRest(world, put);
  });
}

function* noted(rows: Iterable<Insertable<AppDatabase["users"]>>, users: SeedUser[]): Iterable<Insertable<AppDatabase["users"]>> {
  for (const row of rows) {
    const { id, email, organization_id = null, avatar_url = null } = row;
    users.push({ id, organization_id, email, avatar_url });
    yield row;
  }
}

function* inTurn<Row>(...streams: Iterable<Row>[]): Iterable<Row> {
  for (const stream of streams) yield* stream;
}

type Put = <Table extends keyof AppDatabase>(table: Table, rows: Iterable<Insertable<AppDatabase[Table]>>) => Promise<void>;

/** The tables that no other one's rows depend on, and those that depend on each other. */
async function putRest(world: SeedWorld, put: Put): Promise<void> {
  await put("user_profiles", makeProfiles(world));
  await put("consent_records", makeConsents(world));
  await put("credentials", makeCredentials(world));
  await put("deletion_requests", makeDeletionRequests(world));
  await put("upvotes", makeUpvotes(world));
  await put("uploads", makeUploads(world));
  const mail = makeMail(world);
  await put("notifications", mail.notifications);
  await put("notification_email_queue", mail.queue);
  await put("notification_email_items", mail.items);
  await put("outbox", makeOutbox(world));
  await put("security_incidents", makeIncidents(world));
  const payments = makePayments(world);
  await put("project_payment_status", payments);
  await put("payment_reminders", makePaymentReminders(world, payments));
  await put("deliverables", makeDeliverables(world));
  const snapshots = makeSnapshots(world);
  await put("yearly_snapshots", snapshots);
  await put("zakat_payments", makeZakatPayments(world, snapshots));
  await put("annual_summaries", makeSummaries(world, snapshots));
  await put("reminder_events", makeReminders(world, snapshots));
  await put("reports", makeReports(world));
  await put("health_checks", makeHealthChecks(world));
  await put("performance_samples", makeSamples(world));
  await put("backups", makeBackups(world));
  await put("audit_log_archives", makeArchives(world));
}

/** Resolves with how many there were. A statement is made once for all batches of the same columns: to make it takes longer than to run it. */
async function insertAll<Table extends keyof AppDatabase>(
  db: Kysely<AppDatabase>,
  table: Table,
  rows: Iterable<Insertable<AppDatabase[Table]>>,
): Promise<number> {
  const statements = new Map<string, string>();
  let amount = 0;
  for (const batch of batches(rows, ROWS_A_STATEMENT)) {
    const names = [...new Set(batch.flatMap((row) => Object.keys(row)))] as (keyof (typeof batch)[number])[];
    const kind = `${batch.length} ${names.join(" ")}`;
    const statement = statements.get(kind) ?? insertStatement(db, table, { names: names as string[], amount: batch.length });
    statements.set(kind, statement);
    await db.executeQuery(
      CompiledQuery.raw(
        statement,
        batch.flatMap((row) => names.map((name) => row[name] ?? null)),
      ),
    );
    amount += batch.length;
  }
  return amount;
}

function insertStatement(
  db: Kysely<AppDatabase>,
  table: keyof AppDatabase,
  { names, amount }: { names: string[]; amount: number },
): string {
  const row = Object.fromEntries(names.map((name) => [name, ""]));
  return db
    .insertInto(table)
    .values(Array.from({ length: amount }, () => row) as never)
    .compile().sql;
}

function* batches<Row>(rows: Iterable<Row>, size: number): Generator<Row[], void> {
  let batch: Row[] = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Of at most 30 columns: below SQLite's 32,766 and PostgreSQL's 65,535 bound values a statement. */
const ROWS_A_STATEMENT = 250;
