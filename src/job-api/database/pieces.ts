import { type Kysely, type RawBuilder, sql } from "kysely";
import type { AppDatabase } from "./app-tables.ts";
import type { CatalogueTable } from "./catalogue.ts";
import type { Dialect } from "./open-database.ts";
import { addressing, all, notOneOf } from "./rows.ts";

/** Which rows of a table a loop of batches changes: a row that was changed meets the condition no more. */
export interface Wanted {
  dialect: Dialect;
  table: CatalogueTable;
  wanted: RawBuilder<unknown>[];
}

/** The rows of one batch, as what follows SELECT columns: `FROM from WHERE where tail`. */
export interface Piece {
  from: RawBuilder<unknown>;
  where: RawBuilder<unknown>;
  tail: RawBuilder<unknown>;
}

/** A table cut into batches so that none of them looks through what the ones before have done with. */
export interface Pieces {
  /** Looks where the next piece is, outside of any transaction; false once all was gone through and nothing could be changed. */
  next(): Promise<boolean>;
  /** The next piece, of `size` rows at most. Its rows meet the condition still. */
  take(size: number): Piece;
  /** What came of it: rows looked at, rows changed, and the milliseconds that it took. */
  took(seen: number, changed: number, milliseconds: number): void;
  /** A row that can't be changed is in no later piece. */
  leaveOut(place: string | number): void;
  /** How many were left out. */
  readonly leftOut: number;
}

export function cutInPieces(db: Kysely<AppDatabase>, { dialect, table, wanted }: Wanted): Pieces {
  const bad: (string | number)[] = [];
  const left = (): RawBuilder<unknown>[] => (bad.length === 0 ? wanted : [...wanted, notOneOf(dialect, table, bad)]);
  return {
    ...(dialect === "postgres" ? windows : heldAddresses)(db, table, left),
    leaveOut: (place) => void bad.push(place),
    get leftOut() {
      return bad.length;
    },
  };
}

type Cut = Pick<Pieces, "next" | "take" | "took">;
type Left = () => RawBuilder<unknown>[];

const FIRST_BLOCKS = 32;
/** Where little is wanted, a batch takes more blocks while it is shorter than this, and fewer only where it is much longer: a busy machine alone is no reason. */
const AIM_MS = 15;
const LONG_MS = 60;

/**
 * PostgreSQL leaves deleted rows where they are until a vacuum, so a search from the start goes through them again and again.
 * So a batch takes what is wanted of some blocks of the table, as many as hold about as many rows as it may take and are
 * looked through in a short time; where an index finds the rows sooner than a look at those blocks, the planner takes that.
 * What another transaction holds is left out, so that a batch never waits; the next round finds it.
 */
function windows(db: Kysely<AppDatabase>, table: CatalogueTable, left: Left): Cut {
  const { address, lock } = addressing("postgres", table);
  const state = { at: 0, end: 0, blocks: FIRST_BLOCKS, size: 0, changed: Infinity };
  const block = (number: number): RawBuilder<unknown> => sql`${`(${number},0)`}::tid`;
  return {
    async next() {
      if (state.at < state.end) return true;
      if (state.changed === 0) return false;
      const { rows } = await sql<{ blocks: number }>`
        SELECT pg_relation_size(quote_ident(${table.name})::regclass) / current_setting('block_size')::int AS blocks`.execute(db);
      Object.assign(state, { at: 0, end: rows[0]?.blocks ?? 0, changed: 0 });
      return state.end > 0;
    },
    take(size) {
      state.size = size;
      const to = state.at + state.blocks;
      const range = [sql`${address} >= ${block(state.at)}`, ...(to < state.end ? [sql`${address} < ${block(to)}`] : [])];
      return { from: sql.table(table.name), where: all([...range, ...left()]), tail: sql`LIMIT ${size} ${lock}` };
    },
    took(seen, changed, milliseconds) {
      state.changed += changed;
      const full = seen >= state.size;
      if (!full) state.at += state.blocks;
      const fitting = full ? 0.5 : (0.9 * state.size) / seen;
      const most = milliseconds < AIM_MS ? 2 : milliseconds < LONG_MS ? 1 : 0.5;
      state.blocks = Math.ceil(state.blocks * Math.min(most, Math.max(0.5, fitting)));
    },
  };
}

const HELD = 100_000;

/**
 * SQLite locks the whole database, so the addresses of many rows are read at once before any lock is taken: each reading may go
 * through the whole table.
 */
function heldAddresses(db: Kysely<AppDatabase>, table: CatalogueTable, left: Left): Cut {
  const { address } = addressing("sqlite", table);
  const name = sql.table(table.name);
  const state = { held: [] as string[], changed: Infinity };
  return {
    async next() {
      if (state.held.length > 0) return true;
      if (state.changed === 0) return false;
      // One text is read in a fraction of the time of as many rows.
      const { rows } = await sql<{ held: string | null }>`
        SELECT group_concat(address, ';') AS held FROM (SELECT ${address} AS address FROM ${name} WHERE ${all(left())} LIMIT ${HELD}) AS found`.execute(
        db,
      );
      Object.assign(state, { held: rows[0]?.held?.split(";") ?? [], changed: 0 });
      return state.held.length > 0;
    },
    take(size) {
      const among = sql`${address} IN (SELECT value FROM json_each(${`[${state.held.splice(0, size).join()}]`}))`;
      // By the address, and by no index that finds all the others too.
      return { from: sql`${name} NOT INDEXED`, where: all([among, ...left()]), tail: sql`` };
    },
    took: (_seen, changed) => void (state.changed += changed),
  };
}
