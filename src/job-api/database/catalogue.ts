import { distance } from "fastest-levenshtein";
import { sql, type Kysely } from "kysely";
import { JobctlError } from "../../errors.ts";
import type { Dialect } from "./open-database.ts";

/** A table as the database's own catalogue tells it. */
export interface CatalogueTable {
  dialect: Dialect;
  name: string;
  /** Column name to declared type, lower case. */
  columns: ReadonlyMap<string, string>;
  /** Whether SQLite gives its rows a rowid. Always true on PostgreSQL, where ctid does that work. */
  hasRowId: boolean;
}

/** Finds a table by its exact name. Throws JobctlError (config) with the near names where there is none, and for a view or a partitioned table. */
export async function findTable<Tables>(db: Kysely<Tables>, dialect: Dialect, name: string): Promise<CatalogueTable> {
  const relations = await (dialect === "sqlite" ? sqliteRelations(db) : postgresRelations(db));
  const relation = relations.find((each) => each.name === name);
  if (!relation) {
    const tables = relations.filter(({ kind }) => kind === "table").map((each) => each.name);
    throw new JobctlError("config", `the database has no table "${name}"${nearNames(name, tables)}`);
  }
  if (relation.kind !== "table") throw new JobctlError("config", `"${name}" is ${relation.kind}; name a plain table`);
  const columns = await (dialect === "sqlite" ? sqliteColumns(db, name) : postgresColumns(db, name));
  return { dialect, name, columns, hasRowId: relation.hasRowId };
}

export async function hasTable<Tables>(db: Kysely<Tables>, dialect: Dialect, name: string): Promise<boolean> {
  const relations = await (dialect === "sqlite" ? sqliteRelations(db) : postgresRelations(db));
  return relations.some((each) => each.name === name);
}

/** Checks column names against a table. Throws JobctlError (config) with the near names. */
export function checkColumns(table: CatalogueTable, columns: readonly string[]): void {
  for (const column of columns) {
    if (table.columns.has(column)) continue;
    throw new JobctlError("config", `table "${table.name}" has no column "${column}"${nearNames(column, [...table.columns.keys()])}`);
  }
}

/** `; near names: a, b`, or, where none is near, what there is. */
export function nearNames(typed: string, names: readonly string[]): string {
  if (names.length === 0) return "; it has none";
  const far = (name: string): number => distance(typed.toLowerCase(), name.toLowerCase());
  const near = names
    .filter((name) => far(name) <= Math.max(2, Math.floor(typed.length / 2.5)))
    .toSorted((a, b) => far(a) - far(b) || (a < b ? -1 : 1))
    .slice(0, 3);
  if (near.length > 0) return `; near names: ${near.join(", ")}`;
  const shown = names.toSorted().slice(0, 12);
  return `; it has ${shown.join(", ")}${names.length > shown.length ? ` and ${names.length - shown.length} more` : ""}`;
}

interface Relation {
  name: string;
  kind: "table" | "a view" | "a partitioned table" | "a virtual table";
  hasRowId: boolean;
}

async function sqliteRelations<Tables>(db: Kysely<Tables>): Promise<Relation[]> {
  const { rows } = await sql<{ name: string; type: string; wr: number }>`
    SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`.execute(db);
  const kinds: Record<string, Relation["kind"]> = { table: "table", view: "a view" };
  return rows.map(({ name, type, wr }) => ({ name, kind: kinds[type] ?? "a virtual table", hasRowId: wr === 0 }));
}

async function sqliteColumns<Tables>(db: Kysely<Tables>, table: string): Promise<Map<string, string>> {
  const { rows } = await sql<{ name: string; type: string }>`SELECT name, type FROM pragma_table_info(${table})`.execute(db);
  return new Map(rows.map(({ name, type }) => [name, type.toLowerCase()]));
}

/** Those on the search path. A table with children is a partitioned one to us: a ctid is unique in one of them only. */
async function postgresRelations<Tables>(db: Kysely<Tables>): Promise<Relation[]> {
  const { rows } = await sql<{ name: string; relkind: string; parent: boolean }>`
    SELECT c.relname AS name, c.relkind::text AS relkind, EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhparent = c.oid) AS parent
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_table_is_visible(c.oid) AND n.nspname NOT IN ('pg_catalog', 'information_schema')`.execute(
    db,
  );
  const kinds: Record<string, Relation["kind"]> = { r: "table", p: "a partitioned table", v: "a view", m: "a view", f: "a virtual table" };
  return rows.map(({ name, relkind, parent }) => ({
    name,
    kind: relkind === "r" && parent ? "a partitioned table" : (kinds[relkind] ?? "a view"),
    hasRowId: true,
  }));
}

async function postgresColumns<Tables>(db: Kysely<Tables>, table: string): Promise<Map<string, string>> {
  const { rows } = await sql<{ name: string; type: string }>`
    SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
    WHERE attrelid = quote_ident(${table})::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`.execute(db);
  return new Map(rows.map(({ name, type }) => [name, type.toLowerCase()]));
}
