import type { Kysely, Transaction } from "kysely";
import type { AppDatabase } from "./database/app-tables.ts";
import type { ItemBook } from "./items.ts";
import { turn } from "./turn.ts";

export type TransactionWork<Item> = (transaction: Transaction<AppDatabase>, item: Item) => Promise<unknown>;

interface Work<Item> {
  name(item: Item): string;
  work: TransactionWork<Item>;
  /** The work for all of them in fewer statements. */
  atOnce?: TransactionWork<readonly Item[]> | undefined;
}

/**
 * The work for all items in one transaction; where one of them throws, each in a transaction of its own, since
 * PostgreSQL takes nothing more in a transaction that has failed. Resolves with the items that were done.
 */
export async function doTogether<Item>(
  items: readonly Item[],
  { name, work, atOnce }: Work<Item>,
  { db, book, signal }: { db: Kysely<AppDatabase>; book: ItemBook; signal: AbortSignal },
): Promise<Item[]> {
  const inOne = async (some: readonly Item[], whole?: TransactionWork<readonly Item[]>): Promise<void> =>
    db.transaction().execute(async (transaction) => {
      if (whole) return void (await whole(transaction, some));
      for (const item of some) await work(transaction, item);
    });
  // SQLite answers without a turn of the event loop, in which alone a signal is seen.
  await turn();
  signal.throwIfAborted();
  try {
    await inOne(items, atOnce);
    book.succeed(items.length);
    return [...items];
  } catch {
    const done: Item[] = [];
    await book.each(items, name, async (item) => {
      await inOne([item]);
      done.push(item);
    });
    return done;
  }
}
