import { type Kysely, type RawBuilder, sql } from "kysely";
import { errnoCode } from "../../errors.ts";
import type { BatchOptions, BatchStep } from "../batches.ts";
import type { AppDatabase } from "./app-tables.ts";
import { cutInPieces, type Piece, type Wanted } from "./pieces.ts";
import { addressing } from "./rows.ts";

export interface Change extends Wanted {
  /** The whole statement, on the rows of the target that meet the condition. */
  statement(target: RawBuilder<unknown>, where: RawBuilder<unknown>): RawBuilder<unknown>;
}

/** Reports a row that the database refuses to change; `row` is its id, or where it lies. */
export type Refused = (row: string, error: unknown) => void;

/** More than these are no bad items but a wrong job. */
const MOST_REFUSED = 1000;

/**
 * A batch in one statement, by the rows' own addresses. Where the database refuses a row of a batch (a foreign key, a
 * trigger), that batch is done row by row, what is refused is reported and left out from then on, and the rest goes on.
 */
export function changeSome(
  db: Kysely<AppDatabase>,
  { dialect, table, wanted, statement }: Change,
  refused: Refused,
): { before: NonNullable<BatchOptions["before"]>; step: BatchStep } {
  const state: { savepoint?: boolean } = {};
  const pieces = cutInPieces(db, { dialect, table, wanted });
  const { address, text, typed } = addressing(dialect, table);
  const name = sql.table(table.name);

  const whole = ({ from, where, tail }: Piece): RawBuilder<unknown> =>
    dialect === "postgres"
      ? statement(from, sql`${address} = ANY(ARRAY(SELECT ${address} FROM ${from} WHERE ${where} ${tail}))`)
      : statement(from, where);

  async function oneByOne(transaction: Kysely<AppDatabase>, { from, where, tail }: Piece): Promise<{ seen: number; changed: number }> {
    const found = sql<Record<string, unknown>>`SELECT *, ${text} AS place_of_row FROM ${from} WHERE ${where} ${tail}`;
    const { rows } = await found.execute(transaction);
    let changed = 0;
    for (const row of rows) {
      const place = row["place_of_row"] as string | number;
      const end = await attempt(transaction, state, statement(name, sql`${address} = ${typed(place)}`));
      if ("amount" in end) {
        changed += end.amount;
        continue;
      }
      pieces.leaveOut(place);
      if (pieces.leftOut > MOST_REFUSED) throw end.error;
      refused(String(row["id"] ?? place), end.error);
    }
    return { seen: rows.length, changed };
  }

  return {
    before: async () => pieces.next(),
    step: async (transaction, size) => {
      state.savepoint ??= dialect === "postgres" || (await failsHalfway(transaction));
      const piece = pieces.take(size);
      const began = performance.now();
      const end = await attempt(transaction, state, whole(piece));
      const { seen, changed } = "amount" in end ? { seen: end.amount, changed: end.amount } : await oneByOne(transaction, piece);
      pieces.took(seen, changed, performance.now() - began);
      return changed;
    },
  };
}

/**
 * PostgreSQL takes nothing more in a transaction in which a statement has failed. SQLite undoes a failed statement by itself, and
 * a savepoint would copy every page that it changes; but where a trigger or a constraint says FAIL, what the statement had done stays.
 */
async function failsHalfway(db: Kysely<AppDatabase>): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM sqlite_schema WHERE sql LIKE '%raise%fail%' OR sql LIKE '%conflict%fail%' LIMIT 1`.execute(db);
  return rows.length > 0;
}

async function attempt(
  transaction: Kysely<AppDatabase>,
  state: { savepoint?: boolean },
  statement: RawBuilder<unknown>,
): Promise<{ amount: number } | { error: unknown }> {
  const savepoint = async (command: RawBuilder<unknown>): Promise<unknown> => state.savepoint && command.execute(transaction);
  await savepoint(sql`SAVEPOINT change_some`);
  try {
    const { numAffectedRows } = await statement.execute(transaction);
    await savepoint(sql`RELEASE SAVEPOINT change_some`);
    return { amount: Number(numAffectedRows ?? 0n) };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await savepoint(sql`ROLLBACK TO SAVEPOINT change_some`);
    await savepoint(sql`RELEASE SAVEPOINT change_some`);
    return { error };
  }
}

/** PostgreSQL: integrity constraint violation, raise_exception (Appendix A of its manual). */
function isRefusal(error: unknown): boolean {
  return /^(SQLITE_CONSTRAINT|23|P0001$)/.test(errnoCode(error) ?? "");
}
