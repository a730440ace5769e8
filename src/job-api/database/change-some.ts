import { type Kysely, type RawBuilder, sql } from "kysely";
import { errnoCode } from "../../errors.ts";
import type { BatchStep } from "../batches.ts";
import type { AppDatabase } from "./app-tables.ts";
import type { CatalogueTable } from "./catalogue.ts";
import type { Dialect } from "./open-database.ts";
import { addressing, all, notOneOf } from "./rows.ts";

export interface Change {
  dialect: Dialect;
  table: CatalogueTable;
  wanted: RawBuilder<unknown>[];
  /** The whole statement, on the rows that meet the condition. */
  statement(where: RawBuilder<unknown>): RawBuilder<unknown>;
}

/** Reports a row that the database refuses to change; `row` is its id, or where it lies. */
export type Refused = (row: string, error: unknown) => void;

/** More than these are no bad items but a wrong job. */
const MOST_REFUSED = 1000;

/**
 * A batch in one statement. Where the database refuses a row of it (a foreign key, a trigger), that batch is done row by row,
 * what is refused is reported and left out from then on, and the rest goes on.
 */
export function changeSome({ dialect, table, wanted, statement }: Change, refused: Refused): BatchStep {
  const { address, lock, text, typed } = addressing(dialect, table);
  const bad: (string | number)[] = [];
  const left = (): RawBuilder<unknown> => all(bad.length === 0 ? wanted : [...wanted, notOneOf(dialect, table, bad)]);
  const some = (columns: RawBuilder<unknown>, size: number): RawBuilder<Record<string, unknown>> =>
    sql`SELECT ${columns} FROM ${sql.table(table.name)} WHERE ${left()} LIMIT ${size} ${lock}`;

  async function oneByOne(transaction: Kysely<AppDatabase>, size: number): Promise<number> {
    const { rows } = await some(sql`*, ${text} AS place_of_row`, size).execute(transaction);
    let done = 0;
    for (const row of rows) {
      const place = row["place_of_row"] as string | number;
      const end = await attempt(transaction, statement(sql`${address} = ${typed(place)}`));
      if ("amount" in end) done += end.amount;
      else if (bad.push(place) > MOST_REFUSED) throw end.error;
      else refused(String(row["id"] ?? place), end.error);
    }
    return done === 0 && rows.length > 0 ? oneByOne(transaction, size) : done;
  }

  return async (transaction, size) => {
    const picked = some(address, size);
    const end = await attempt(
      transaction,
      statement(dialect === "postgres" ? sql`${address} = ANY(ARRAY(${picked}))` : sql`${address} IN (${picked})`),
    );
    return "amount" in end ? end.amount : oneByOne(transaction, size);
  };
}

/** A savepoint, since PostgreSQL takes nothing more in a transaction in which a statement has failed. */
async function attempt(transaction: Kysely<AppDatabase>, statement: RawBuilder<unknown>): Promise<{ amount: number } | { error: unknown }> {
  await sql`SAVEPOINT change_some`.execute(transaction);
  try {
    const { numAffectedRows } = await statement.execute(transaction);
    await sql`RELEASE SAVEPOINT change_some`.execute(transaction);
    return { amount: Number(numAffectedRows ?? 0n) };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await sql`ROLLBACK TO SAVEPOINT change_some`.execute(transaction);
    await sql`RELEASE SAVEPOINT change_some`.execute(transaction);
    return { error };
  }
}

/** PostgreSQL: integrity constraint violation, raise_exception (Appendix A of its manual). */
function isRefusal(error: unknown): boolean {
  return /^(SQLITE_CONSTRAINT|23|P0001$)/.test(errnoCode(error) ?? "");
}
