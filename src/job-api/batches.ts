import type { Transaction } from "kysely";
import type { AppDatabase } from "./database/app-tables.ts";
import type { AuditEntry } from "./database/audit.ts";

export interface BatchOptions {
  /** The name of the count in the result: `deletedCount`. */
  count: string;
  /** Items a batch; when not given, 500 on SQLite and 5000 on PostgreSQL at first, and then as many as keep its transaction short. */
  batchSize?: number | undefined;
  /** Milliseconds between batches; when not given, on SQLite as long as the batch took and 2.2 at least (so that other writers get their turn), on PostgreSQL none. */
  batchPause?: number | undefined;
  /** Stop after so many; the default is all. */
  limit?: number | undefined;
  /** False where what is done is no item of the run, at which `minSuccess` looks. */
  asItems?: boolean | undefined;
  /** For progress, where it is known. */
  total?: number | undefined;
  /**
   * Reads what the next batch, of `size` items at most, is to work on, in the pause before its transaction begins, so that no
   * lock is held meanwhile; false where there is nothing more. With it a batch of zero does not end the loop.
   */
  before?(size: number): Promise<boolean>;
  /** Written with the count so far in the transaction of each batch, so that it is true whenever the run ends. */
  audit?: AuditEntry;
}

/** Works on at most `size` items and returns how many it did; 0 ends the loop. */
export type BatchStep = (transaction: Transaction<AppDatabase>, size: number) => Promise<number>;

/** Works on some items in a transaction, all or none, and returns how many of them count. */
export type ItemStep<Item> = (transaction: Transaction<AppDatabase>, items: Item[]) => Promise<number>;

/** What the loop needs of its world. */
export interface BatchPorts {
  signal: AbortSignal;
  /** As in BatchOptions. */
  before?: BatchOptions["before"] | undefined;
  /** Runs one batch in a transaction. */
  once(size: number, doneBefore: number): Promise<number>;
  done(amount: number, sum: number): void;
  /** What the database has to do when a batch is committed, in the pause that follows it. */
  settle?: (() => Promise<void>) | undefined;
  /** Milliseconds of a clock that only goes forward. */
  clock(): number;
  /** Never shorter than so many milliseconds; 0 lets signals and other work have their turn. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** How large a batch is: a number, or one that begins with `first` and is held at about `aim` milliseconds. */
export type BatchSize = number | { first: number; least: number; most: number; aim: number };

/** Milliseconds from the end of a batch to the beginning of the next one; or as long as the batch took, and `least` at least. */
export type Pause = number | { least: number };

/**
 * The loop. It ends on a batch of **zero** (or as `before` says), never on a short one: concurrent updates make short batches
 * while work is left. Rejects with the signal's reason when the run is cancelled; what was done so far is counted.
 */
export async function runBatches(
  { batchSize, limit = Infinity, pause }: { batchSize: BatchSize; limit?: number | undefined; pause: Pause },
  { signal, before, once, done, settle, clock, sleep }: BatchPorts,
): Promise<number> {
  const size = sizer(batchSize);
  let sum = 0;
  let pauseEnds = 0;
  while (sum < limit) {
    signal.throwIfAborted();
    const most = Math.min(size.now(), limit - sum);
    if (before && !(await before(most))) break;
    await sleep(Math.max(0, pauseEnds - clock()), signal);
    const began = clock();
    const amount = await once(most, sum);
    if (amount === 0 && !before) break;
    if (amount === 0) continue;
    const ended = clock();
    const took = ended - began;
    size.took(took);
    sum += amount;
    done(amount, sum);
    pauseEnds = ended + (typeof pause === "number" ? pause : Math.max(pause.least, took));
    await settle?.();
  }
  return sum;
}

const BATCHES_A_LOOK = 4;

/** Judges by the fastest of some batches: the others may have waited for a busy machine, which smaller ones would do as well. */
function sizer(size: BatchSize): { now(): number; took(milliseconds: number): void } {
  if (typeof size === "number") return { now: () => size, took: () => {} };
  const { first, least, most, aim } = size;
  const state = { now: first, times: [] as number[] };
  return {
    now: () => state.now,
    took(milliseconds) {
      state.times.push(milliseconds);
      if (state.times.length < BATCHES_A_LOOK) return;
      const change = Math.min(2, Math.max(0.5, aim / Math.min(...state.times)));
      state.now = Math.round(Math.min(most, Math.max(least, state.now * change)));
      state.times = [];
    },
  };
}

/**
 * A loop over items in place of a loop until nothing is left. They are taken before the transaction begins: where they
 * are read from the same database, SQLite's one connection would wait for itself.
 */
export function itemBatches<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  work: ItemStep<Item>,
): { before(size: number): Promise<boolean>; step: BatchStep } {
  const source = items[Symbol.asyncIterator as never]
    ? (items as AsyncIterable<Item>)[Symbol.asyncIterator]()
    : (items as Iterable<Item>)[Symbol.iterator]();
  const held: { items: Item[] } = { items: [] };
  return {
    async before(size) {
      held.items = [];
      while (held.items.length < size) {
        const next = await source.next();
        if (next.done) break;
        held.items.push(next.value);
      }
      return held.items.length > 0;
    },
    step: async (transaction) => work(transaction, held.items),
  };
}
