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
  /** The whole statement, on the rows of the target that meet the condition. */
  statement(target: RawBuilder<unknown>, where: RawBuilder<unknown>): RawBuilder<unknown>;
}

/** Reports a row that the database refuses to change; `row` is its id, or where it lies. */
export type Refused = (row: string, error: unknown) => void;

/** More than these are no bad items but a wrong job. */
const MOST_REFUSED = 1000;

const HELD = 50_000;

/**
 * A batch in one statement, by the rows' own addresses. `before` reads those of many rows at once, before any lock is taken, since
 * each reading may go through the whole table, or through all that was deleted before. A batch asks the condition again: the
 * row may have changed meanwhile. A reading of which nothing could be changed is the last.
 * Where the database refuses a row of a batch (a foreign key, a trigger), that batch is done row by row, what is refused is
 * reported and left out from then on, and the rest goes on.
 */
export function changeSome(
  db: Kysely<AppDatabase>,
  { dialect, table, wanted, statement }: Change,
  refused: Refused,
): { before(): Promise<boolean>; step: BatchStep } {
  const { address, text, typed, lock } = addressing(dialect, table);
  const { target, joined, among } = words(dialect, table);
  const name = sql.table(table.name);
  const bad: (string | number)[] = [];
  const state = { held: [] as string[], changed: Infinity };

  async function oneByOne(transaction: Kysely<AppDatabase>, some: string[]): Promise<number> {
    const these = sql`${among(some)} AND ${all(wanted)} ${lock}`;
    const { rows } = await sql<Record<string, unknown>>`SELECT *, ${text} AS place_of_row FROM ${target} WHERE ${these}`.execute(
      transaction,
    );
    let done = 0;
    for (const row of rows) {
      const place = row["place_of_row"] as string | number;
      const end = await attempt(transaction, statement(name, sql`${address} = ${typed(place)}`));
      if ("amount" in end) done += end.amount;
      else if (bad.push(place) > MOST_REFUSED) throw end.error;
      else refused(String(row["id"] ?? place), end.error);
    }
    return done;
  }

  return {
    async before() {
      if (state.held.length > 0) return true;
      if (state.changed === 0) return false;
      const left = all(bad.length === 0 ? wanted : [...wanted, notOneOf(dialect, table, bad)]);
      const { rows } = await sql<{ held: string | null }>`
        SELECT ${joined} AS held FROM (SELECT ${address} AS address FROM ${name} WHERE ${left} LIMIT ${HELD}) AS found`.execute(db);
      state.held = rows[0]?.held?.split(";") ?? [];
      state.changed = 0;
      return state.held.length > 0;
    },
    step: async (transaction, size) => {
      const some = state.held.splice(0, size);
      const these = sql`${among(some)} AND ${all(wanted)}`;
      // What another transaction of PostgreSQL holds is left out, so that a batch never waits.
      const unlocked = sql`${address} = ANY(ARRAY(SELECT ${address} FROM ${name} WHERE ${these} ${lock}))`;
      const end = await attempt(transaction, statement(target, dialect === "postgres" ? unlocked : these));
      const amount = "amount" in end ? end.amount : await oneByOne(transaction, some);
      state.changed += amount;
      return amount;
    },
  };
}

/** `joined`: all addresses in one text, which is read in a fraction of the time of as many rows. */
function words(dialect: Dialect, table: CatalogueTable) {
  const { address } = addressing(dialect, table);
  const name = sql.table(table.name);
  if (dialect === "postgres") {
    const among = (some: string[]) => sql`${address} = ANY(${`{"${some.join('","')}"}`}::tid[])`;
    return { target: name, joined: sql`string_agg(address::text, ';')`, among };
  }
  const among = (some: string[]) => sql`${address} IN (SELECT value FROM json_each(${`[${some.join()}]`}))`;
  // By the address, and by no index that finds all the others too.
  return { target: sql`${name} NOT INDEXED`, joined: sql`group_concat(address, ';')`, among };
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
