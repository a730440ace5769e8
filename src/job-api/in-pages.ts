import { turn } from "./turn.ts";

/** How `read` goes on from page to page. */
export interface ReadOptions<Key extends string, After> {
  /** A column that is unique and keeps its value. What is done to the rows meanwhile does not disturb the reading. */
  key: Key;
  /** What comes before every key: the empty text when not given, so give a number (0) where keys are numbers. */
  after?: After;
  /** Rows a page; 500 when not given. */
  size?: number;
}

/** Reads at most `size` rows whose key comes after `after`, in the order of that key. */
export type ReadPage<Row, After> = (after: After, size: number) => Promise<Row[]>;

/** All rows, one page in memory at a time; an empty page ends. Rejects with the signal's reason between two pages. */
export async function* inPages<Row, Place>(
  first: Place,
  { signal, page, placeOf }: { signal: AbortSignal; page(after: Place): Promise<Row[]>; placeOf(last: Row): Place },
): AsyncGenerator<Row, void> {
  for (let after = first; ;) {
    // SQLite answers without a turn of the event loop, in which alone a signal is seen.
    await turn();
    signal.throwIfAborted();
    const rows = await page(after);
    const last = rows.at(-1);
    if (last === undefined) return;
    after = placeOf(last);
    yield* rows;
  }
}

/** Items in groups of `size`; the last one may be smaller. */
export async function* inGroups<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<Item[], void> {
  let group: Item[] = [];
  for await (const item of items) {
    if (group.push(item) < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
