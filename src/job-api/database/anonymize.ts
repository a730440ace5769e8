import { type RawBuilder, sql, type Transaction } from "kysely";
import type { BatchStep } from "../batches.ts";
import { type ScrubRule, scrubJson } from "../scrub.ts";
import type { AppDatabase } from "./app-tables.ts";
import { type CatalogueTable, checkColumns } from "./catalogue.ts";
import type { Dialect } from "./open-database.ts";
import { addressing, all, bound, notOneOf } from "./rows.ts";

/** How a row is anonymized; `mark` is the column that is stamped, so that no row is rewritten daily. */
export interface AnonymizeRule extends ScrubRule {
  mark: { column: string; at: Date };
}

interface Asked {
  dialect: Dialect;
  table: CatalogueTable;
  wanted: RawBuilder<unknown>[];
  rule: AnonymizeRule;
}

type Picked = Record<string, string | number | null>;

/** One batch. `bad` hears of each row whose JSON can't be read; such a row is not found again by this step. */
export function anonymizeSome({ dialect, table, wanted, rule }: Asked, bad: (row: string, column: string) => void): BatchStep {
  const columns = Object.keys(rule.scrubJson);
  checkColumns(table, [rule.mark.column, ...Object.keys(rule.set), ...columns]);
  const passedOver: (string | number)[] = [];
  const rewrite = rewriteStatement({ dialect, table, wanted, rule });
  return async (transaction, size) => {
    for (;;) {
      const picked = await pickRows(transaction, {
        dialect,
        table,
        wanted: [...wanted, notOneOf(dialect, table, passedOver)],
        columns,
        size,
      });
      if (picked.length === 0) return 0;
      const news = picked.map((row) => scrubPicked(row, rule, bad));
      const { rows } = await rewrite(news).execute(transaction);
      passedOver.push(...rows.filter(({ stamped }) => stamped === null).map(({ address }) => address));
      const done = rows.length - rows.filter(({ stamped }) => stamped === null).length;
      if (done > 0) return done;
    }
  };
}

/** The first column whose JSON can't be read. */
export function unreadable(row: Record<string, unknown>, { scrubJson: columns }: ScrubRule): string | undefined {
  return Object.entries(columns).find(([column, keys]) => scrubbed(row[column], keys) === undefined)?.[0];
}

function scrubbed(value: unknown, keys: readonly string[]): string | null | undefined {
  if (value === null || value === undefined) return null;
  return scrubJson(typeof value === "string" ? value : JSON.stringify(value), keys);
}

async function pickRows(
  transaction: Transaction<AppDatabase>,
  { dialect, table, wanted, columns, size }: Omit<Asked, "rule"> & { columns: string[]; size: number },
): Promise<Picked[]> {
  const { address, lock } = addressing(dialect, table);
  const asText = (name: RawBuilder<unknown>): RawBuilder<unknown> => (dialect === "postgres" ? sql`${name}::text` : name);
  const told = table.columns.has("id") ? sql.ref("id") : address;
  const selected = [
    sql`${asText(address)} AS "row_address"`,
    sql`${asText(told)} AS "row_name"`,
    ...columns.map((column) => sql`${asText(sql.ref(column))} AS ${sql.ref(column)}`),
  ];
  const from = sql`FROM ${sql.table(table.name)} WHERE ${all(wanted)} LIMIT ${size} ${lock}`;
  const { rows } = await sql<Picked>`SELECT ${sql.join(selected)} ${from}`.execute(transaction);
  return rows;
}

/** `[address, stamp, value of each JSON column]`; without a stamp where a value can't be read, which stays as it is. */
function scrubPicked(row: Picked, rule: AnonymizeRule, bad: (row: string, column: string) => void): unknown[] {
  const wrong = unreadable(row, rule);
  if (wrong !== undefined) bad(String(row["row_name"]), wrong);
  const values = Object.entries(rule.scrubJson).map(([column, keys]) => scrubbed(row[column], keys) ?? row[column]);
  return [row["row_address"], wrong === undefined ? rule.mark.at.toISOString() : null, ...values];
}

type Rewrite = (news: unknown[][]) => RawBuilder<{ address: string | number; stamped: string | null }>;

/** One statement for a batch: the new values go in as one JSON text. */
function rewriteStatement({ dialect, table, rule }: Asked): Rewrite {
  const { address } = addressing(dialect, table);
  const cast = (column: string, index: number): RawBuilder<unknown> =>
    dialect === "postgres" ? sql`(${place(index)})::${sql.raw(table.columns.get(column) ?? "text")}` : place(index);
  const changes = [
    ...Object.entries(rule.set).map(([column, value]) => sql`${sql.ref(column)} = ${bound(table, column, value)}`),
    sql`${sql.ref(rule.mark.column)} = ${cast(rule.mark.column, 1)}`,
    ...Object.keys(rule.scrubJson).map((column, index) => sql`${sql.ref(column)} = ${cast(column, index + 2)}`),
  ];
  const name = sql.table(table.name);
  const mark = sql.ref(rule.mark.column);
  return (news) =>
    dialect === "postgres"
      ? sql`UPDATE ${name} AS old SET ${sql.join(changes)} FROM json_array_elements(${JSON.stringify(news)}::json) AS news
            WHERE old.ctid = ANY(${news.map(([each]) => each)}::tid[]) AND old.ctid = (${place(0)})::tid
            RETURNING old.ctid::text AS address, old.${mark}::text AS stamped`
      : sql`UPDATE ${name} SET ${sql.join(changes)} FROM json_each(${JSON.stringify(news)}) AS news
            WHERE ${name}.${address} = ${place(0)} RETURNING ${address} AS address, ${mark} AS stamped`;
}

function place(index: number): RawBuilder<unknown> {
  return sql`news.value->>${sql.lit(index)}`;
}
