import { type RawBuilder, sql } from "kysely";
import { refused } from "./guard.ts";
import { isGuarded, type Relation, type Scope, type Tenancy } from "./tenancy.ts";

/** The condition that keeps a table's rows to the organization; none where they are everybody's. */
export function restriction(table: string, scope: Scope, tenancy: Tenancy): RawBuilder<unknown>[] {
  const relation = tenancy.get(table.toLowerCase());
  if (!relation) throw refused(scope, `the database has no table "${table}"`);
  return isGuarded(relation) ? [kept(relation, scope, tenancy)] : [];
}

/** By its own column, or along its first references to a table that has one. */
function kept({ own, links: [link] }: Relation, scope: Scope, tenancy: Tenancy): RawBuilder<unknown> {
  if (own !== undefined) return sql`${sql.ref(own)} = ${scope.organization}`;
  const target = tenancy.get(link?.table ?? "") as Relation;
  const keys = sql`SELECT ${sql.ref(link?.key ?? "")} FROM ${sql.table(target.name)} WHERE ${kept(target, scope, tenancy)}`;
  return sql`${sql.ref(link?.column ?? "")} IN (${keys})`;
}
