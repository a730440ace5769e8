import { randomUUID } from "node:crypto";
import { ago, DAY, type JobContext } from "jobctl";
import type { Sample } from "./measure.ts";

type Database = JobContext["db"];

/** The median of a metric's samples in the seven days before an instant; null where there are fewer than `least`. */
export async function medianBefore(db: Database, metric: string, now: Date, least: number): Promise<number | null> {
  const samples = await db
    .selectFrom("performance_samples")
    .select("value")
    .where("metric", "=", metric)
    .where("sampled_at", ">=", ago(now, 7 * DAY).toISOString())
    .where("sampled_at", "<", now.toISOString())
    .execute();
  return samples.length < least ? null : medianOf(samples.map(({ value }) => value));
}

/** The middle value, or the mean of the two in the middle; 0 of none. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

/** In place of samples of the very same instant: a run that is done again must not count twice. */
export async function keepSamples(db: Database, now: Date, samples: readonly Sample[]): Promise<void> {
  const sampled_at = now.toISOString();
  await db.transaction().execute(async (transaction) => {
    await transaction.deleteFrom("performance_samples").where("sampled_at", "=", sampled_at).execute();
    await transaction
      .insertInto("performance_samples")
      .values(samples.map(({ metric, value }) => ({ id: randomUUID(), sampled_at, metric, value })))
      .execute();
  });
}
