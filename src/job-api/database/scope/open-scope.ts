import { type Dialect as KyselyDialect, type Kysely, type RawBuilder } from "kysely";
import type { AppDatabase } from "../app-tables.ts";
import type { Dialect } from "../open-database.ts";
import { restriction } from "./restrict.ts";
import { scopedDialect } from "./scoped-dialect.ts";
import type { Scope } from "./tenancy.ts";

/** The guard of one organization's data. Its own bundle: only runs of `scope: organization` load it. */
export interface OpenScope {
  dialect: KyselyDialect;
  /** The same database for our own statements, which are made for the organization. */
  trusted<Database extends Kysely<AppDatabase>>(db: Database): Database;
  /** What keeps a table's rows to the organization, for our own statements. */
  restriction(db: Kysely<AppDatabase>, table: string): Promise<RawBuilder<unknown>[]>;
}

export function openScope(inner: KyselyDialect, kind: Dialect, scope: Scope): OpenScope {
  const { dialect, trust, tenancy } = scopedDialect(inner, kind, scope);
  return {
    dialect,
    trusted: (db) => db.withPlugin(trust) as typeof db,
    restriction: async (db, table) => restriction(table, scope, await tenancy(db)),
  };
}
