import { isJobctlError, JobctlError } from "../../errors.ts";
import { databaseUrl } from "../../job-api/create-context.ts";
import type { Json } from "../../job.ts";
import { loadDatabase } from "./lazy.ts";
import type { HostRequest } from "./protocol.ts";

/** The first column of the query's rows. The connection refuses every write. */
export async function listOrganizations(request: HostRequest, query: string): Promise<Json[]> {
  const options = { readOnly: true, applicationName: `jobctl ${request.job}`, environment: process.env, scope: undefined };
  const { db, sql, close } = loadDatabase()(databaseUrl(request), options);
  try {
    const { rows } = await sql.raw<Record<string, Json>>(query).execute(db);
    return rows.map((row) => Object.values(row)[0] ?? null);
  } catch (error) {
    if (isJobctlError(error)) throw error;
    throw new JobctlError("failed", `organizations.query: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await close();
  }
}
