import { type Kysely, type RawBuilder, sql, type Transaction } from "kysely";
import type { BatchStep } from "../batches.ts";
import { type ScrubRule, scrubJson } from "../scrub.ts";
import type { AppDatabase } from "./app-tables.ts";
import { checkColumns } from "./catalogue.ts";
import { cutInPieces, type Piece, type Wanted } from "./pieces.ts";
import { addressing, bound } from "./rows.ts";

/** How a row is anonymized; `mark` is the column that is stamped, so that no row is rewritten daily. */
export interface AnonymizeRule extends ScrubRule {
  mark: { column: string; at: Date };
}

interface Asked extends Wanted {
  rule: AnonymizeRule;
}

type Picked = Record<string, string | number | null>;

/** `bad` hears of each row whose JSON can't be read; such a row is not found again by this step. */
export function anonymizeSome(
  db: Kysely<AppDatabase>,
  asked: Asked,
  bad: (row: string, column: string) => void,
): { before(): Promise<boolean>; step: BatchStep } {
  const { table, rule } = asked;
  checkColumns(table, [rule.mark.column, ...Object.keys(rule.set), ...Object.keys(rule.scrubJson)]);
  const pieces = cutInPieces(db, asked);
  const rewrite = rewriteStatement(asked);
  return {
    before: async () => pieces.next(),
    step: async (transaction, size) => {
      const piece = pieces.take(size);
      const began = performance.now();
      const picked = await pickRows(transaction, asked, piece);
      const news = picked.map((row) => scrubPicked(row, rule, bad));
      const { rows } = news.length === 0 ? { rows: [] } : await rewrite(news).execute(transaction);
      const unread = rows.filter(({ stamped }) => stamped === null);
      for (const { address } of unread) pieces.leaveOut(address);
      const changed = rows.length - unread.length;
      pieces.took(picked.length, changed, performance.now() - began);
      return changed;
    },
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
  { dialect, table, rule }: Asked,
  { from, where, tail }: Piece,
): Promise<Picked[]> {
  const { address } = addressing(dialect, table);
  const asText = (name: RawBuilder<unknown>): RawBuilder<unknown> => (dialect === "postgres" ? sql`${name}::text` : name);
  const told = table.columns.has("id") ? sql.ref("id") : address;
  const selected = [
    sql`${asText(address)} AS "row_address"`,
    sql`${asText(told)} AS "row_name"`,
    ...Object.keys(rule.scrubJson).map((column) => sql`${asText(sql.ref(column))} AS ${sql.ref(column)}`),
  ];
  const { rows } = await sql<Picked>`SELECT ${sql.join(selected)} FROM ${from} WHERE ${where} ${tail}`.execute(transaction);
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
