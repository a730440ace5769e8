import { JobctlError } from "../../../errors.ts";
import type { Dialect } from "../open-database.ts";

/** Whose rows are whose, and in which column it stands. */
export interface Scope {
  organization: string;
  column: string;
}

/** A table or view as the guard sees it; names are in small letters, as SQLite compares them. */
export interface Relation {
  name: string;
  isView: boolean;
  columns: ReadonlySet<string>;
  /** The column that tells whose a row is. */
  own?: string;
  /** Without such a column: the references by which a row belongs to a row of another guarded table; the first leads to one with it. */
  links: readonly Link[];
}

export interface Link {
  column: string;
  table: string;
  key: string;
}

export type Tenancy = ReadonlyMap<string, Relation>;

/** A relation whose rows belong to organizations. The others (an outbox, settings) are everybody's. */
export const isGuarded = ({ own, links }: Relation): boolean => own !== undefined || links.length > 0;

interface ColumnRow {
  relation: string;
  kind: string;
  name: string;
  /** Its place in the primary key, from 1. */
  pk: number;
}

interface ReferenceRow {
  relation: string;
  /** Rows of one reference have the same number. */
  number: number | string;
  name: string;
  target: string;
  /** Null for the primary key. */
  key: string | null;
}

/** Runs a statement; it is for the catalogue alone. */
export type Ask = <Row>(text: string) => Promise<Row[]>;

/**
 * A table belongs to organizations by the column, or because it is what that column refers to (by its key), or by references
 * to such tables. Throws JobctlError (config) where no table has the column: then nothing would keep organizations apart.
 */
export async function readTenancy(dialect: Dialect, { column }: Scope, ask: Ask): Promise<Tenancy> {
  const [columnsOf, referencesOf] = dialect === "sqlite" ? SQLITE : POSTGRES;
  const columns = await ask<ColumnRow>(columnsOf);
  const references = singleColumn(await ask<ReferenceRow>(referencesOf));
  const own = column.toLowerCase();
  const relations = relationsOf(columns, own);
  if (![...relations.values()].some((relation) => relation.own)) {
    throw new JobctlError(
      "config",
      `no table of the database has a column "${column}", so nothing would keep organizations apart; name the column: organizations: { column: tenant_id }`,
    );
  }
  const keys = new Map(columns.filter(({ pk }) => pk === 1).map(({ relation, name }) => [lower(relation), lower(name)]));
  const links = references.map(({ relation, name, target, key }) => ({
    from: lower(relation),
    link: { column: lower(name), table: lower(target), key: lower(key ?? keys.get(lower(target)) ?? "") },
  }));
  for (const { link } of links.filter(({ from, link: { column: name } }) => name === own && relations.get(from)?.own)) {
    const owner = relations.get(link.table);
    if (owner) owner.own ??= link.key;
  }
  spread(relations, links);
  return relations;
}

const lower = (name: string): string => name.toLowerCase();

type Mutable = Omit<Relation, "links"> & { columns: Set<string>; links: Link[] };

function relationsOf(columns: readonly ColumnRow[], own: string): Map<string, Mutable> {
  const relations = new Map<string, Mutable>();
  for (const { relation, kind, name } of columns) {
    const known = relations.get(lower(relation)) ?? { name: relation, isView: kind === "view", columns: new Set<string>(), links: [] };
    relations.set(lower(relation), known);
    known.columns.add(lower(name));
    if (lower(name) === own) known.own = own;
  }
  return relations;
}

function singleColumn(references: readonly ReferenceRow[]): ReferenceRow[] {
  const count = new Map<string, number>();
  const nameOf = ({ relation, number }: ReferenceRow): string => `${relation} ${number}`;
  for (const each of references) count.set(nameOf(each), (count.get(nameOf(each)) ?? 0) + 1);
  return references.filter((each) => count.get(nameOf(each)) === 1);
}

/** From the tables with the column outwards, so that following first links always comes to one. */
function spread(relations: Map<string, Mutable>, links: readonly { from: string; link: Link }[]): void {
  for (let grown = true; grown;) {
    const guarded = new Set([...relations].filter(([, relation]) => isGuarded(relation)).map(([name]) => name));
    const next = links.filter(({ from, link }) => {
      const relation = relations.get(from);
      return relation && !relation.own && guarded.has(link.table) && from !== link.table && !relation.links.includes(link);
    });
    for (const { from, link } of next) relations.get(from)?.links.push(link);
    grown = next.length > 0;
  }
}

const SQLITE = [
  `SELECT l.name AS relation, l.type AS kind, c.name AS name, c.pk AS pk
   FROM pragma_table_list AS l JOIN pragma_table_info(l.name) AS c WHERE l.schema = 'main'`,
  `SELECT l.name AS relation, f.id AS number, f."from" AS name, f."table" AS target, f."to" AS key
   FROM pragma_table_list AS l JOIN pragma_foreign_key_list(l.name) AS f WHERE l.schema = 'main'`,
] as const;

const POSTGRES = [
  `SELECT c.relname AS relation, CASE WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'table' END AS kind, a.attname AS name,
          coalesce((SELECT array_position(i.indkey::int2[], a.attnum) + 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary), 0) AS pk
   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
     AND a.attnum > 0 AND NOT a.attisdropped`,
  `SELECT c.relname AS relation, f.oid::text AS number, a.attname AS name, t.relname AS target, k.attname AS key
   FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_class t ON t.oid = f.confrelid
   JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = ANY (f.conkey)
   JOIN pg_attribute k ON k.attrelid = f.confrelid AND k.attnum = f.confkey[1]
   WHERE f.contype = 'f'`,
] as const;
