import { setImmediate as turn } from "node:timers/promises";

/** Reads at most `size` items whose id comes after `after` (all of them where it is undefined), in the order of their ids. */
export type ReadPage<Item> = (after: string | undefined, size: number) => Promise<Item[]>;

/** The pages of a long list, one after the other: memory does not grow with the table, and what is deleted meanwhile skips nothing. */
export async function* readPages<Item extends { id: string }>(
  { size, total }: { size: number; total?: number | undefined },
  read: ReadPage<Item>,
  { signal, progress }: { signal: AbortSignal; progress(done: number, total?: number): void },
): AsyncGenerator<Item[], void> {
  let done = 0;
  for (let after: string | undefined; ;) {
    // SQLite answers without a turn of the event loop, in which alone a signal is seen.
    await turn();
    signal.throwIfAborted();
    const page = await read(after, size);
    if (page.length === 0) return;
    yield page;
    after = page.at(-1)?.id;
    progress((done += page.length), total);
  }
}
