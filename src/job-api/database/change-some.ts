import { type CompiledQuery, type Kysely, type RawBuilder, sql } from "kysely";
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

/** A batch whose statement is made before the transaction, so that no lock is held meanwhile. */
interface Ready {
  piece: Piece;
  quick: CompiledQuery;
}

/** More than these are no bad items but a wrong job. */
const MOST_REFUSED = 1000;

/**
 * A batch in one statement. Where the database refuses a row of a batch (a foreign key, a trigger), that batch is done row by
 * row, what is refused is reported and left out from then on, and the rest goes on.
 *
 * On PostgreSQL the statement that goes through the rows once is tried first, and undone where it finds more than the batch may
 * hold, or has to wait for another transaction; from then on rows are locked before they are changed, which takes about twice as long.
 */
export function changeSome(
  db: Kysely<AppDatabase>,
  { dialect, table, wanted, statement }: Change,
  refused: Refused,
): { before: NonNullable<BatchOptions["before"]>; step: BatchStep } {
  const state: { savepoint?: boolean; ready?: Ready; contended?: boolean } = {};
  const pieces = cutInPieces(db, { dialect, table, wanted });
  const { address, text, typed } = addressing(dialect, table);
  const name = sql.table(table.name);

  const locking = ({ from, where, tail }: Piece): CompiledQuery =>
    statement(from, sql`${address} = ANY(ARRAY(SELECT ${address} FROM ${from} WHERE ${where} ${tail}))`).compile(db);

  async function whole(transaction: Kysely<AppDatabase>, { piece, quick }: Ready, size: number): Promise<End> {
    if (dialect === "sqlite") return attempt(transaction, state, quick);
    if (!state.contended) {
      const end = await attempt(transaction, { ...state, impatient: true, most: size }, quick);
      if ("amount" in end || isRefusal(end.error)) return end;
      state.contended = end.error !== TOO_MANY;
    }
    return attempt(transaction, state, locking(piece));
  }

  async function oneByOne(transaction: Kysely<AppDatabase>, { from, where, tail }: Piece): Promise<{ seen: number; changed: number }> {
    const found = sql<Record<string, unknown>>`SELECT *, ${text} AS place_of_row FROM ${from} WHERE ${where} ${tail}`;
    const { rows } = await found.execute(transaction);
    let changed = 0;
    for (const row of rows) {
      const place = row["place_of_row"] as string | number;
      const end = await attempt(transaction, state, statement(name, sql`${address} = ${typed(place)}`).compile(db));
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
    async before(size) {
      state.savepoint ??= dialect === "postgres" || (await failsHalfway(db));
      if (!(await pieces.next())) return false;
      const piece = pieces.take(size);
      state.ready = { piece, quick: statement(piece.from, piece.where).compile(db) };
      return true;
    },
    async step(transaction, size) {
      const ready = state.ready as Ready;
      const began = performance.now();
      const end = await whole(transaction, ready, size);
      const { seen, changed } = "amount" in end ? { seen: end.amount, changed: end.amount } : await oneByOne(transaction, ready.piece);
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

type End = { amount: number } | { error: unknown };

interface Terms {
  savepoint?: boolean;
  /** Waits for no other transaction's lock. */
  impatient?: boolean;
  /** So many rows at most. */
  most?: number;
}

const TOO_MANY = new Error("more rows than a batch may hold");
const PATIENCE_MS = 10;
const LOCK_NOT_AVAILABLE = "55P03";

async function attempt(
  transaction: Kysely<AppDatabase>,
  { savepoint, impatient = false, most = Infinity }: Terms,
  statement: CompiledQuery,
): Promise<End> {
  const say = async (command: string): Promise<unknown> => savepoint && sql.raw(command).execute(transaction);
  await say(`SAVEPOINT change_some${impatient ? `; SET LOCAL lock_timeout = ${PATIENCE_MS}` : ""}`);
  try {
    const { numAffectedRows } = await transaction.executeQuery(statement);
    const amount = Number(numAffectedRows ?? 0n);
    if (amount > most) throw TOO_MANY;
    await say(`RELEASE SAVEPOINT change_some${impatient ? "; SET LOCAL lock_timeout TO DEFAULT" : ""}`);
    return { amount };
  } catch (error) {
    if (!isRefusal(error) && error !== TOO_MANY && !(impatient && errnoCode(error) === LOCK_NOT_AVAILABLE)) throw error;
    await say("ROLLBACK TO SAVEPOINT change_some");
    await say("RELEASE SAVEPOINT change_some");
    return { error };
  }
}

/** PostgreSQL: integrity constraint violation, raise_exception (Appendix A of its manual). */
function isRefusal(error: unknown): boolean {
  return /^(SQLITE_CONSTRAINT|23|P0001$)/.test(errnoCode(error) ?? "");
}
