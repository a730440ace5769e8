import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Kysely } from "kysely";
import pg from "pg";
import { inject } from "vitest";
import { migrate } from "../../src/job-api/app-database/migrate.ts";
import type { AppDatabase } from "../../src/job-api/database/app-tables.ts";
import { type Dialect, openDatabase } from "../../src/job-api/database/open-database.ts";
import "./global-setup.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A database of one test's own. */
export interface TestDatabase {
  url: string;
  db: Kysely<AppDatabase>;
}

const SCHEMA = join(import.meta.dirname, "../../jobs/schema");

/** An empty database of the kind asked for; on PostgreSQL on the test run's server, or the one whose URL is given. */
export async function emptyDatabase(dialect: Dialect, server?: string): Promise<TestDatabase> {
  const url = dialect === "sqlite" ? newSqliteFile() : await newPostgresDatabase(server ?? inject("postgresUrl"));
  return { url, db: openDatabase(url, { readOnly: false, applicationName: "jobctl test" }) };
}

/** The same with the application's tables, without rows. */
export async function appDatabase(dialect: Dialect, server?: string): Promise<TestDatabase> {
  const database = await emptyDatabase(dialect, server);
  await migrate(database.db, SCHEMA);
  return database;
}

function newSqliteFile(): string {
  const path = join(temporaryFolder(), "app.db");
  writeFileSync(path, "");
  return `sqlite:${path}`;
}

async function newPostgresDatabase(server: string): Promise<string> {
  const url = new URL(server);
  const name = `test_${Math.random().toString(36).slice(2)}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  url.pathname = `/${name}`;
  return url.href;
}
