import type { Transaction } from "kysely";
import type { AppDatabase } from "./database/app-tables.ts";
import type { AuditEntry } from "./database/audit.ts";

export interface BatchOptions {
  /** The name of the count in the result: `deletedCount`. */
  count: string;
  /** Items a batch; the database's best when not given (SQLite 500, PostgreSQL 5000). */
  batchSize?: number | undefined;
  /** Milliseconds between batches; when not given, on SQLite as long as the batch took (so that other writers get their turn), on PostgreSQL none. */
  batchPause?: number | undefined;
  /** Stop after so many; the default is all. */
  limit?: number | undefined;
  /** For progress, where it is known. */
  total?: number | undefined;
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
  /** Runs one batch in a transaction. */
  once(size: number, doneBefore: number): Promise<number>;
  done(amount: number, sum: number): void;
  /** Milliseconds of a clock that only goes forward. */
  clock(): number;
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/**
 * The loop. It ends on a batch of **zero**, never on a short one: concurrent updates make short batches while work is
 * left. Rejects with the signal's reason when the run is cancelled; what was done so far is counted.
 */
export async function runBatches(
  { batchSize, limit = Infinity, pause }: { batchSize: number; limit?: number | undefined; pause: number | "as-long" },
  { signal, once, done, clock, sleep }: BatchPorts,
): Promise<number> {
  let sum = 0;
  while (sum < limit) {
    signal.throwIfAborted();
    const began = clock();
    const amount = await once(Math.min(batchSize, limit - sum), sum);
    if (amount === 0) break;
    sum += amount;
    done(amount, sum);
    await sleep(pause === "as-long" ? clock() - began : pause, signal);
  }
  return sum;
}

/**
 * A loop over items in place of a loop until nothing is left. They are taken before the transaction begins: where they
 * are read from the same database, SQLite's one connection would wait for itself.
 */
export function itemBatches<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  work: ItemStep<Item>,
): { step: BatchStep; around(once: BatchPorts["once"], signal: AbortSignal): BatchPorts["once"] } {
  const source = items[Symbol.asyncIterator as never]
    ? (items as AsyncIterable<Item>)[Symbol.asyncIterator]()
    : (items as Iterable<Item>)[Symbol.iterator]();
  const held: { items: Item[] } = { items: [] };
  const take = async (size: number): Promise<boolean> => {
    held.items = [];
    while (held.items.length < size) {
      const next = await source.next();
      if (next.done) break;
      held.items.push(next.value);
    }
    return held.items.length > 0;
  };
  return {
    step: async (transaction) => work(transaction, held.items),
    around: (once, signal) => async (size, doneBefore) => {
      while (await take(size)) {
        signal.throwIfAborted();
        const amount = await once(size, doneBefore);
        if (amount > 0) return amount;
      }
      return 0;
    },
  };
}
