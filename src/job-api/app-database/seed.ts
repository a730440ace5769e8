import type { Insertable, Kysely } from "kysely";
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
  users: readonly Insertable<AppDatabase["users"]>[];
  projects: readonly Insertable<AppDatabase["projects"]>[];
}

/** Fills an empty application database with realistic data: for every clean-up rows that it must delete and rows that it must keep. The same options make the same rows. */
export async function seedAppDatabase(db: Kysely<AppDatabase>, { users: count, now, seed = 1, progress }: SeedOptions): Promise<void> {
  const random = seededRandom(seed);
  const organizations = makeOrganizations(random, Math.max(1, Math.ceil(count / 50)));
  const users = makeUsers(random, { count, now, organizations });
  const projects = makeProjects(random, Math.ceil(count / 4), organizations);
  const world: SeedWorld = { random, now, users, projects };
  await db.transaction().execute(async (transaction) => {
    const put = async <Table extends keyof AppDatabase>(table: Table, rows: readonly Insertable<AppDatabase[Table]>[]): Promise<void> => {
      for (let from = 0; from < rows.length; from += ROWS_A_STATEMENT) {
        await transaction
          .insertInto<keyof AppDatabase>(table)
          .values(rows.slice(from, from + ROWS_A_STATEMENT) as never)
          .execute();
      }
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
    await put("audit_logs", makeAuditLogs(world));
    await put("analytics_metrics", makeAnalytics(world));
  });
}

/** Of at most 30 columns: below SQLite's 32,766 and PostgreSQL's 65,535 bound values a statement. */
const ROWS_A_STATEMENT = 250;
