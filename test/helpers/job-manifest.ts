import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Json } from "../../src/job.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Writes a manifest with one entry, on the database that DATABASE_URL names, and returns its path. */
export function manifestOf(name: string, entry: Record<string, Json>, folder = temporaryFolder()): string {
  const path = join(folder, "jobctl.yaml");
  writeFileSync(path, JSON.stringify({ version: 1, database: "${DATABASE_URL}", jobs: { [name]: { timeout: "1m", ...entry } } }));
  return path;
}
