import type { Json } from "../job.ts";
import { turn } from "./turn.ts";

/** How the items of a run went: counts, and the first ten that failed. */
export interface ItemBook {
  each<Item>(items: Iterable<Item> | AsyncIterable<Item>, name: (item: Item) => string, work: (item: Item) => unknown): Promise<void>;
  fail(item: string, error: unknown): void;
  /** Items that were done elsewhere than in `each`: the share that must succeed is of all. */
  succeed(amount: number): void;
  /** Undefined where every item was done; `enough` tells whether minSuccess (percent) is met. */
  verdict(minSuccess: number): { enough: boolean; text: string; failures: Json } | undefined;
}

const KEPT = 10;

export interface ItemPorts {
  readonly signal: AbortSignal;
  report(item: string, message: string): void;
  progress(done: number, total: number | undefined): void;
}

export function itemBook(ports: ItemPorts): ItemBook {
  const { report, progress } = ports;
  const failures: { item: string; error: string }[] = [];
  const counts = { done: 0, failed: 0 };
  const fail = (item: string, error: unknown): void => {
    const message = error instanceof Error ? error.message : String(error);
    counts.failed += 1;
    if (failures.length < KEPT) failures.push({ item, error: message });
    report(item, message);
  };
  return {
    fail,
    succeed: (amount) => void (counts.done += amount),
    async each(items, name, work) {
      const total = Array.isArray(items) ? items.length : undefined;
      let seen = 0;
      for await (const item of items) {
        // SQLite answers without waiting, so a signal would not be heard before the last item.
        await turn();
        ports.signal.throwIfAborted();
        try {
          await work(item);
          counts.done += 1;
        } catch (error) {
          // What an abort makes throw is no bad item.
          ports.signal.throwIfAborted();
          fail(name(item), error);
        }
        progress((seen += 1), total);
      }
    },
    verdict(minSuccess) {
      if (counts.failed === 0) return undefined;
      const all = counts.done + counts.failed;
      const percent = (counts.done / all) * 100;
      return { enough: percent >= minSuccess, text: tell(counts.failed, all, minSuccess, failures), failures };
    },
  };
}

function tell(failed: number, all: number, minSuccess: number, failures: { item: string; error: string }[]): string {
  const goal = minSuccess < 100 ? ` (at least ${minSuccess}% must succeed)` : "";
  const more = failed > failures.length ? [`and ${failed - failures.length} more`] : [];
  return [`${failed} of ${all} items failed${goal}:`, ...failures.map(({ item, error }) => `  ${item}: ${error}`), ...more].join("\n");
}
