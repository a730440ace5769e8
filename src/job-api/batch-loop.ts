import { type BatchOptions, type BatchPorts, type BatchStep, itemBatches, runBatches } from "./batches.ts";
import type { JobDatabase } from "./database/job-database.ts";
import type { JobContext } from "./job-context.ts";
import { sleep, turn } from "./turn.ts";

interface Room {
  facts: { dryRun: boolean };
  ports: { signal: AbortSignal; progress(done: number, total: number | undefined, text: string | undefined): void };
  context: JobContext;
  database(): JobDatabase;
  /** Keeps a count, and that so many items succeeded, unless they are none. */
  done(count: string, amount: number, asItems?: boolean): void;
}

/** The context's `batches` and `eachBatch`: loops in the database, with counts and progress. */
export function batchLoop(room: Room): Pick<JobContext, "batches" | "eachBatch"> {
  return {
    batches: async (options, step) => loop(room, options, step),
    async eachBatch(items, options, work) {
      if (room.facts.dryRun) return countItems(room, options, items);
      const { before, step } = itemBatches(items, work);
      return loop(room, { ...options, before }, step);
    },
  };
}

async function loop(room: Room, options: BatchOptions, step: BatchStep): Promise<number> {
  const { ports, context, done } = room;
  const { limit, total = limit } = options;
  done(options.count, 0);
  const { once, batchSize, pause, settle } = room.database().batchPlan(context, options, step);
  const seen = { batches: 0, longestMs: 0 };
  const sum = await runBatches(
    { batchSize, limit, pause },
    {
      signal: ports.signal,
      before: options.before,
      settle,
      once: timed(once, seen),
      done(amount, all) {
        done(options.count, amount, options.asItems);
        ports.progress(all, total, undefined);
      },
      clock: () => performance.now(),
      sleep: atLeast,
    },
  );
  context.logger.debug("transactions", { [options.count]: sum, ...seen });
  return sum;
}

/**
 * A timer counts whole milliseconds from when the event loop last looked at the clock, which was before the batch: by itself
 * it ends early, by as much as the batch took.
 */
async function atLeast(milliseconds: number, signal: AbortSignal): Promise<void> {
  const end = performance.now() + milliseconds;
  await turn();
  const left = Math.floor(end - performance.now());
  if (left > 0) await sleep(left, signal);
  while (performance.now() < end) await turn();
}

function timed(once: BatchPorts["once"], seen: { batches: number; longestMs: number }): BatchPorts["once"] {
  return async (size, doneBefore) => {
    const began = performance.now();
    const amount = await once(size, doneBefore);
    seen.batches += 1;
    seen.longestMs = Math.max(seen.longestMs, Math.round((performance.now() - began) * 10) / 10);
    return amount;
  };
}

async function countItems(
  { ports, done }: Room,
  options: BatchOptions,
  items: Iterable<unknown> | AsyncIterable<unknown>,
): Promise<number> {
  let found = 0;
  for await (const _ of items) {
    ports.signal.throwIfAborted();
    found += 1;
    if (found === options.limit) break;
  }
  done(options.count, found);
  return found;
}
