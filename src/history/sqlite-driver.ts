import { createRequire } from "node:module";
import { arch } from "node:os";
import type BetterSqlite from "better-sqlite3";

/**
 * better-sqlite3 by its platform entry (its main entry looks for the platform at every start). In the bundles of the
 * command line, sqlite-driver.bundled.cjs takes the place of this file: see build.ts.
 */
export function loadDriver(): typeof BetterSqlite {
  return createRequire(import.meta.filename)(`better-sqlite3/linux-${arch()}`) as typeof BetterSqlite;
}
