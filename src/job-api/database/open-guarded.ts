import { Kysely, type RawBuilder } from "kysely";
import { JobctlError } from "../../errors.ts";
import type { AppDatabase } from "./app-tables.ts";
import { databaseDialect, dialectOf, openDatabase, type OpenOptions } from "./open-database.ts";
import type { openScope } from "./scope/open-scope.ts";
import type { Scope } from "./scope/tenancy.ts";

/** A run for one organization sees its data only; `open` is what is loaded for it. */
export interface GuardOptions {
  scope: (Scope & { open: typeof openScope }) | undefined;
}

/** A database, and what our own statements need where it is guarded. */
export interface GuardedDatabase {
  db: Kysely<AppDatabase>;
  trusted<Database extends Kysely<AppDatabase>>(db: Database): Database;
  restriction(table: string): Promise<RawBuilder<unknown>[]>;
  /** Throws JobctlError (config) in a run for one organization: what concerns all of the database is not its own. */
  assertWhole(what: string): void;
}

export function openGuarded(url: string, { scope, ...options }: OpenOptions & GuardOptions): GuardedDatabase {
  if (!scope) return { db: openDatabase(url, options), trusted: (db) => db, restriction: async () => [], assertWhole: () => {} };
  const { dialect, trusted, restriction } = scope.open(databaseDialect(url, options), dialectOf(url), scope);
  const db = new Kysely<AppDatabase>({ dialect });
  return {
    db,
    trusted,
    restriction: async (table) => restriction(trusted(db), table),
    assertWhole(what) {
      throw new JobctlError("config", `${what} concerns every organization, and this run is for ${scope.organization} alone`);
    },
  };
}
