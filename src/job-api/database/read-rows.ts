import { type Kysely, type RawBuilder, sql } from "kysely";
import { type CatalogueTable, checkColumns } from "./catalogue.ts";
import type { Dialect } from "./open-database.ts";
import { inPages } from "../in-pages.ts";
import { all } from "./rows.ts";

/** What a reading needs: the table, its conditions, and the columns that give an order without ties. */
export interface Reading {
  dialect: Dialect;
  table: CatalogueTable;
  wanted: RawBuilder<unknown>[];
  order: string[];
  signal: AbortSignal;
}

const PAGE = 1000;

/** The database's own name of a row may be an order too, where nothing moves rows meanwhile. */
const ADDRESSES: Record<string, string> = { rowid: "integer", ctid: "tid" };

/** The rows in the order asked for, a page at a time: each page begins after the last row of the one before, so nothing is skipped by what is deleted meanwhile. */
export async function* readRows<Tables>(db: Kysely<Tables>, reading: Reading): AsyncGenerator<Record<string, unknown>, void> {
  checkColumns(
    reading.table,
    reading.order.filter((column) => !(column in ADDRESSES)),
  );
  const { order, signal } = reading;
  const places = order.map((column, index) => placeOf(reading, column, index));
  const added = places.filter((place) => !order.includes(place));
  const found = inPages<Record<string, unknown>, unknown[] | undefined>(undefined, {
    signal,
    page: async (after) => (await page(reading, after).execute(db)).rows,
    placeOf: (last) => places.map((place) => last[place]),
  });
  for await (const row of found) yield added.length === 0 ? row : without(row, added);
}

/** The place of a row is selected as text on PostgreSQL where it is none: a JavaScript date would cut its microseconds and the page would repeat. */
function page(reading: Reading, after: unknown[] | undefined): RawBuilder<Record<string, unknown>> {
  const { dialect, table, wanted, order } = reading;
  const columns = order.map((column) => sql.ref(column));
  const told = columns.flatMap((column, index) => {
    const place = placeOf(reading, order[index] ?? "", index);
    return place === order[index] ? [] : [sql`${dialect === "postgres" ? sql`${column}::text` : column} AS ${sql.ref(place)}`];
  });
  const rest = after
    ? [sql`(${sql.join(columns)}) > (${sql.join(after.map((value, index) => typed(dialect, table, order[index], value)))})`]
    : [];
  return sql`SELECT ${sql.join([sql`*`, ...told])} FROM ${sql.table(table.name)} WHERE ${all([...wanted, ...rest])} ORDER BY ${sql.join(columns)} LIMIT ${PAGE}`;
}

/** The type is the catalogue's own text. */
function typed(dialect: Dialect, table: CatalogueTable, column: string | undefined, value: unknown): RawBuilder<unknown> {
  return dialect === "postgres"
    ? sql`${value}::${sql.raw(table.columns.get(column ?? "") ?? ADDRESSES[column ?? ""] ?? "text")}`
    : sql`${value}`;
}

/** Under which name a row tells its place: the column's own, where what is read of it is all that it holds. */
function placeOf({ dialect, table }: Reading, column: string, index: number): string {
  const whole = !(column in ADDRESSES) && (dialect === "sqlite" || table.columns.get(column) === "text");
  return whole ? column : `place_${index}`;
}

function without(row: Record<string, unknown>, places: readonly string[]): Record<string, unknown> {
  for (const place of places) delete row[place];
  return row;
}
