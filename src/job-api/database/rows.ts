import { type Expression, isExpression, type RawBuilder, sql } from "kysely";
import { JobctlError } from "../../errors.ts";
import type { AnonymizeRule } from "./anonymize.ts";
import { type CatalogueTable, checkColumns } from "./catalogue.ts";
import type { Change } from "./change-some.ts";
import type { Condition, Scalar } from "./conditions.ts";
import type { Dialect } from "./open-database.ts";

/** Which rows of a table. */
export interface RowFilter {
  /** Rows whose instant in `column` is before `before`. The column holds UTC text (or, on PostgreSQL, a timestamp). */
  column?: string;
  before?: Date;
  /** Rows whose instant is this one or before it: what is due at `now` is due. */
  through?: Date;
  where?: readonly Condition[];
}

/** The same of a guarded table: only the organization's rows. */
export interface RestrictedFilter extends RowFilter {
  restriction?: RawBuilder<unknown>[];
}

/** How a loop over rows is cut; the names are those of the usual parameters, so that `params` itself can be given. */
export interface RowBatches {
  batchSize?: number | undefined;
  batchPause?: number | undefined;
  limit?: number | undefined;
  /** False where the rows are no items of the run, at which `minSuccess` looks. */
  asItems?: boolean | undefined;
}

/** The rows that meet a filter. Each method works in batches, in a dry run only counts, keeps its count, reports progress and writes the audit row. */
export interface Rows {
  /** How many there are, up to `limit`. */
  count(limit?: number): Promise<number>;
  /** Resolves with the number of rows deleted (in a dry run: that would be); kept as `deletedCount`, or as `count` names it. */
  delete(batches?: RowBatches & { count?: string }): Promise<number>;
  /** Sets columns where a row does not hold these values yet; `count` names the count (`anonymizedCount`), `action` is the audit row's. */
  update(set: Record<string, Assigned>, options: RowBatches & { count: string; action: string }): Promise<number>;
  /**
   * Takes what tells of a person out of the rows that `mark` does not stamp yet, and stamps them. A row whose JSON can't be
   * read loses the rest, is reported as a bad item and keeps no stamp, so that the next run reports it again.
   */
  anonymize(rule: AnonymizeRule, options: RowBatches & { count: string; action: string }): Promise<number>;
  /**
   * The rows one by one, read in pages: oldest first where the filter has a column, then by `key`, a column that is unique
   * and keeps its value. What is done to the rows meanwhile does not disturb the reading.
   */
  read<Row = Record<string, unknown>>(options: { key: string }): AsyncGenerator<Row, void>;
}

/** A value, or an expression over the row's own columns: `sql\`'gone-' || id\``. */
export type Assigned = Scalar | Expression<unknown>;

type Count = (limit: number | undefined) => RawBuilder<{ amount: number }>;

/** The statements behind Rows; every name has been checked against the catalogue, every value is bound. */
export interface RowStatements {
  count: Count;
  deleting: Change;
  /** `pending` counts the rows that do not hold the values yet; `change` sets them in some of these. */
  updating(set: Record<string, Assigned>): { pending: Count; change: Change };
  /** What the filter says, for statements that are made elsewhere. */
  wanted: RawBuilder<unknown>[];
}

export function rowStatements(dialect: Dialect, table: CatalogueTable, filter: RestrictedFilter): RowStatements {
  const wanted = [
    ...(filter.restriction ?? []),
    ...instantCondition(dialect, table, filter),
    ...(filter.where ?? []).map((each) => condition(table, each)),
  ];
  return {
    wanted,
    count: counter(table, wanted),
    deleting: { dialect, table, wanted, statement: (target, where) => sql`DELETE FROM ${target} WHERE ${where}` },
    updating(set) {
      checkColumns(table, Object.keys(set));
      const pairs = Object.entries(set).map(([column, value]) => ({ name: sql.ref(column), value: bound(table, column, value) }));
      const changes = sql.join(pairs.map((pair) => sql`${pair.name} = ${pair.value}`));
      const pending = [...wanted, differs(dialect, pairs)];
      return {
        pending: counter(table, pending),
        change: { dialect, table, wanted: pending, statement: (target, where) => sql`UPDATE ${target} SET ${changes} WHERE ${where}` },
      };
    },
  };
}

function counter({ name }: CatalogueTable, wanted: RawBuilder<unknown>[]): Count {
  return (limit) => {
    const cut = limit === undefined ? sql`` : sql`LIMIT ${limit}`;
    return sql`SELECT count(*) AS amount FROM (SELECT 1 FROM ${sql.table(name)} WHERE ${all(wanted)} ${cut}) AS found`;
  };
}

/** Rows that hold all the values already are left alone: a second run finds nothing, and the loop ends. */
function differs(dialect: Dialect, pairs: { name: RawBuilder<unknown>; value: RawBuilder<unknown> }[]): RawBuilder<unknown> {
  const isNot = dialect === "sqlite" ? sql`IS NOT` : sql`IS DISTINCT FROM`;
  return sql`(${sql.join(
    pairs.map(({ name, value }) => sql`${name} ${isNot} ${value}`),
    sql` OR `,
  )})`;
}

/**
 * How the database itself names a row, so that no key need be known and no index is read twice, and how a batch holds its rows:
 * PostgreSQL leaves out what another transaction holds, so that a batch never waits.
 */
export function addressing(dialect: Dialect, { name, hasRowId }: CatalogueTable) {
  if (dialect === "postgres") {
    const address = sql.ref("ctid");
    return { address, text: sql`${address}::text`, typed: (place: unknown) => sql`${place}::tid`, lock: sql`FOR UPDATE SKIP LOCKED` };
  }
  if (!hasRowId) throw new JobctlError("config", `table "${name}" is WITHOUT ROWID; jobctl works on tables that have one`);
  const address = sql.ref("rowid");
  return { address, text: address, typed: (place: unknown) => sql`${place}`, lock: sql`` };
}

/** Rows at other addresses than these; one bound value, however many they are. */
export function notOneOf(dialect: Dialect, table: CatalogueTable, passedOver: readonly (string | number)[]): RawBuilder<unknown> {
  const { address } = addressing(dialect, table);
  return dialect === "postgres"
    ? sql`NOT (${address} = ANY(${passedOver}::tid[]))`
    : sql`${address} NOT IN (SELECT value FROM json_each(${JSON.stringify(passedOver)}))`;
}

export function all(conditions: RawBuilder<unknown>[]): RawBuilder<unknown> {
  return conditions.length === 0 ? sql`1 = 1` : sql.join(conditions, sql` AND `);
}

/** SQLite would take every number for older than any text, so a column that does not hold text is refused. */
function instantCondition(dialect: Dialect, table: CatalogueTable, { column, before, through }: RowFilter): RawBuilder<unknown>[] {
  if (column === undefined || (before ?? through) === undefined) return [];
  checkColumns(table, [column]);
  const type = table.columns.get(column) ?? "";
  if (!(dialect === "sqlite" ? /char|clob|text/ : /char|text|timestamp|date/).test(type)) {
    throw new JobctlError(
      "config",
      `column "${column}" of table "${table.name}" is ${type || "of no type"}; an age needs a column of instants as UTC text (2026-01-31T23:59:59.000Z)${dialect === "sqlite" ? "" : " or a timestamp"}`,
    );
  }
  const [comparison, instant] = before ? [sql`<`, before] : [sql`<=`, through];
  return [sql`${sql.ref(column)} ${comparison} ${instant?.toISOString()}`];
}

function condition(table: CatalogueTable, { column, comparison, value }: Condition): RawBuilder<unknown> {
  checkColumns(table, [column]);
  const name = sql.ref(column);
  if (Array.isArray(value)) return oneOf(table, column, comparison === "=", value);
  if (value === null) return comparison === "=" ? sql`${name} IS NULL` : sql`${name} IS NOT NULL`;
  return sql`${name} ${sql.raw(comparison)} ${bound(table, column, value)}`;
}

/** A NULL in the list is meant as one of the values, which SQL's IN does not know. */
function oneOf(table: CatalogueTable, column: string, is: boolean, values: Scalar[]): RawBuilder<unknown> {
  const name = sql.ref(column);
  const parts: RawBuilder<unknown>[] = [];
  const known = values.filter((value) => value !== null);
  if (known.length > 0) {
    const items = sql.join(known.map((value) => bound(table, column, value)));
    parts.push(is ? sql`${name} IN (${items})` : sql`${name} NOT IN (${items})`);
  }
  if (known.length < values.length) parts.push(is ? sql`${name} IS NULL` : sql`${name} IS NOT NULL`);
  return sql`(${sql.join(parts, is ? sql` OR ` : sql` AND `)})`;
}

/** Flags are 0 and 1 in the shipped tables, and in every one of SQLite, but a boolean column of PostgreSQL wants a boolean. */
export function bound(table: CatalogueTable, column: string, value: Assigned): RawBuilder<unknown> {
  if (isExpression(value)) return sql`${value}`;
  const isFlag = typeof value === "boolean" && (table.dialect === "sqlite" || table.columns.get(column) !== "boolean");
  return sql`${isFlag ? Number(value) : value}`;
}
