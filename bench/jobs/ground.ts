import { rmSync, writeFileSync } from "node:fs";
import { sql } from "kysely";
import { type Dialect, openDatabase } from "../../src/job-api/database/open-database.ts";
import { type PostgresServer, startPostgres } from "../../test/helpers/postgres-server.ts";
import { type Arena, createArena } from "../arena.ts";
import { fill, type Filling } from "./tables.ts";

/** One kind of database to measure on, and a host that runs jobctl beside it. */
export interface Ground {
  dialect: Dialect;
  arena: Arena;
  /** The URL of a new database, filled. */
  fresh(make: (filling: Filling) => Promise<void>): Promise<string>;
  drop(url: string): Promise<void>;
  /** A manifest with one entry, `job`. */
  manifest(url: string, entry: string): string;
  end(): Promise<void>;
}

/** PostgreSQL is the one of the tests: embedded, and without fsync. */
export async function openGround(dialect: Dialect): Promise<Ground> {
  const arena = createArena();
  const server = dialect === "postgres" ? await startPostgres() : undefined;
  let made = 0;
  const next = (): string => `bench_${(made += 1)}`;
  return {
    dialect,
    arena,
    async fresh(make) {
      const url = await (server ? newPostgres(server, next()) : newSqlite(arena, next()));
      await fill(url, dialect, make);
      return url;
    },
    drop: async (url) => (server ? dropPostgres(server, url) : dropSqlite(url)),
    manifest: (url, entry) =>
      arena.write(
        `${next()}/jobctl.yaml`,
        `version: 1\nstateDir: state\ndatabase: ${url}\ndefaults: { env: { JOBCTL_LOG_LEVEL: debug } }\njobs:\n  job: ${entry}\n`,
      ),
    async end() {
      await server?.stop();
      arena.remove();
    },
  };
}

function newSqlite(arena: Arena, name: string): string {
  writeFileSync(arena.path(`${name}.db`), "");
  return `sqlite:${arena.path(`${name}.db`)}`;
}

function dropSqlite(url: string): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(url.slice("sqlite:".length) + suffix, { force: true });
}

async function newPostgres(server: PostgresServer, name: string): Promise<string> {
  await administer(server, `CREATE DATABASE ${name}`);
  return new URL(`/${name}`, server.url).href;
}

async function dropPostgres(server: PostgresServer, url: string): Promise<void> {
  await administer(server, `DROP DATABASE ${new URL(url).pathname.slice(1)} WITH (FORCE)`);
}

async function administer({ url }: PostgresServer, statement: string): Promise<void> {
  const db = openDatabase(url, { readOnly: false, applicationName: "bench" });
  await sql.raw(statement).execute(db);
  await db.destroy();
}
