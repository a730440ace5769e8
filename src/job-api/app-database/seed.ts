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
  users: readonly Insertable<AppDatabase["users"]>[];
  projects: readonly Insertable<AppDatabase["projects"]>[];
}

/** Fills an empty application database with realistic data: for every clean-up rows that it must delete and rows that it must keep. The same options make the same rows. */
export async function seedAppDatabase(db: Kysely<AppDatabase>, { users: count, now, seed = 1, progress }: SeedOptions): Promise<void> {
  const random = seededRandom(seed);
  const organizations = makeOrganizations(random, Math.max(1, Math.ceil(count / 50)));
  const users = makeUsers(random, { count, now, organizations });
  const projects = makeProjects(random, Math.ceil(count / 4), organizations);
  const world: SeedWorld = { random, now, organizations, users, projects };
  await db.transaction().execute(async (transaction) => {
    const put = async <Table extends keyof AppDatabase>(table: Table, rows: readonly Insertable<AppDatabase[Table]>[]): Promise<void> => {
      await insertAll(transaction, table, rows);
      progress?.(table, rows.length);
    };
    await put("organizations", organizations);
    await put("users", users);
    await put("sessions", makeSessions(world));
    await put("auth_tokens", makeTokens(world));
    await put("push_tokens", makePushTokens(world));
    await put("projects", projects);
    await put("project_members", makeMembers(world));
    await put("invitations", makeInvitations(world));
    await put("audit_logs", [...makeAuditLogs(world), ...makeRecentAuditLogs(world)]);
    await put("analytics_metrics", makeAnalytics(world));
    await putRest(world, put);
  });
}

type Put = <Table extends keyof AppDatabase>(table: Table, rows: readonly Insertable<AppDatabase[Table]>[]) => Promise<void>;

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

/** The statement is made once for all full batches: to make it takes longer than to run it. */
async function insertAll<Table extends keyof AppDatabase>(
  db: Kysely<AppDatabase>,
  table: Table,
  rows: readonly Insertable<AppDatabase[Table]>[],
): Promise<void> {
  const columns = new Set<string>();
  for (const row of rows) for (const column of Object.keys(row)) columns.add(column);
  const names = [...columns] as (keyof (typeof rows)[number])[];
  const statement = (amount: number): string => {
    const row = Object.fromEntries(names.map((name) => [name, ""]));
    const values = Array.from({ length: amount }, () => row);
    return db
      .insertInto<keyof AppDatabase>(table)
      .values(values as never)
      .compile().sql;
  };
  const full = rows.length < ROWS_A_STATEMENT ? "" : statement(ROWS_A_STATEMENT);
  for (let from = 0; from < rows.length; from += ROWS_A_STATEMENT) {
    const batch = rows.slice(from, from + ROWS_A_STATEMENT);
    const values = batch.flatMap((row) => names.map((name) => row[name] ?? null));
    await db.executeQuery(CompiledQuery.raw(batch.length === ROWS_A_STATEMENT ? full : statement(batch.length), values));
  }
}

/** Of at most 30 columns: below SQLite's 32,766 and PostgreSQL's 65,535 bound values a statement. */
const ROWS_A_STATEMENT = 250;
