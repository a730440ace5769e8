import type { TestProject } from "vitest/node";
import { installHostPrograms } from "./host-programs.ts";
import { startPostgres } from "./postgres-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The URL of the run's PostgreSQL server, superuser, maintenance database. */
    postgresUrl: string;
  }
}

/** What the host lacks, and one PostgreSQL server for the whole test run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  installHostPrograms();
  const server = await startPostgres();
  project.provide("postgresUrl", server.url);
  return () => server.stop();
}
