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
  const found = inPages<Record<string, unknown>, unknown[] | undefined>(undefined, {
    signal,
    page: async (after) => (await page(reading, after).execute(db)).rows,
    placeOf: (last) => places(order).map((place) => last[place]),
  });
  for await (const row of found) yield withoutPlaces(row, order);
}

/** The place of a row is selected as text on PostgreSQL: a JavaScript date would cut its microseconds and the page would repeat. */
function page({ dialect, table, wanted, order }: Reading, after: unknown[] | undefined): RawBuilder<Record<string, unknown>> {
  const columns = order.map((column) => sql.ref(column));
  const told = columns.map(
    (column, index) => sql`${dialect === "postgres" ? sql`${column}::text` : column} AS ${sql.ref(`place_${index}`)}`,
  );
  const rest = after
    ? [sql`(${sql.join(columns)}) > (${sql.join(after.map((value, index) => typed(dialect, table, order[index], value)))})`]
    : [];
  return sql`SELECT *, ${sql.join(told)} FROM ${sql.table(table.name)} WHERE ${all([...wanted, ...rest])} ORDER BY ${sql.join(columns)} LIMIT ${PAGE}`;
}

/** The type is the catalogue's own text. */
function typed(dialect: Dialect, table: CatalogueTable, column: string | undefined, value: unknown): RawBuilder<unknown> {
  return dialect === "postgres"
    ? sql`${value}::${sql.raw(table.columns.get(column ?? "") ?? ADDRESSES[column ?? ""] ?? "text")}`
    : sql`${value}`;
}

function places(order: string[]): string[] {
  return order.map((_, index) => `place_${index}`);
}

function withoutPlaces(row: Record<string, unknown>, order: string[]): Record<string, unknown> {
  for (const place of places(order)) delete row[place];
  return row;
}
