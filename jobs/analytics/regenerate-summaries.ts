import { ago, DAY, defineJob, duration, integer, itemParams, type JobContext } from "jobctl";
import { summaryOf } from "./regenerate-summaries/summary.ts";

/**
 * Regenerates the annual summaries of finalized snapshots that were touched within `within`, or had a payment touched in that
 * time, and whose summary is older than that; oldest first, `limit` a run.
 *
 * It changes `annual_summaries`: one row a snapshot, whose version goes up. Safe to run again at any moment: what is up to
 * date is not due. What would be out of `within` before two more days have passed is served beyond the limit, so that no
 * backlog is ever forgotten. The window and the hundred a run are rules of the zakat tracker.
 */
export default defineJob({
  description: "Regenerate the annual summaries of snapshots that changed or got a payment",
  params: {
    within: duration({ default: "7d", description: "how long ago a snapshot or one of its payments was touched at most" }),
    limit: integer({ min: 1, default: 100, unit: "summaries", description: "summaries a run" }),
    batchSize: integer({ min: 1, max: 1000, default: 20, unit: "summaries", description: "summaries a transaction" }),
    ...itemParams,
  },
  async run({ params: { within, limit, batchSize }, now, db, signal, dryRun, together, count, progress }) {
    const due = await dueSnapshots(db, ago(now, within), now);
    const lastCall = ago(now, within - LAST_CALL).toISOString();
    const taken = due.filter(({ touched }, index) => index < limit || touched < lastCall);
    count("dueCount", due.length);
    count("remainingCount", due.length - taken.length);
    for (const name of ["regeneratedCount", "failedCount"]) count(name, 0);
    for (let from = 0; from < taken.length; from += batchSize) {
      signal.throwIfAborted();
      const batch = taken.slice(from, from + batchSize);
      const done = await together(
        batch,
        ({ id }) => `snapshot ${id}`,
        async (transaction, { id }) => putSummary(transaction, await summaryOf(transaction, id, now)),
      );
      count("regeneratedCount", done.length);
      count("failedCount", batch.length - done.length);
      progress(from + batch.length, taken.length, dryRun ? "dry run" : undefined);
    }
  },
});

const LAST_CALL = 2 * DAY;

type Database = JobContext["db"];

/** Oldest first, by when the snapshot or one of its payments was touched last. */
async function dueSnapshots(db: Database, since: Date, until: Date): Promise<{ id: string; touched: string }[]> {
  const [from, to] = [since.toISOString(), until.toISOString()];
  const snapshots = await db
    .selectFrom("yearly_snapshots as snapshot")
    .leftJoin("annual_summaries as summary", "summary.snapshot_id", "snapshot.id")
    .select(["snapshot.id", "snapshot.updated_at", "summary.generated_at"])
    .select(({ selectFrom }) =>
      selectFrom("zakat_payments")
        .whereRef("zakat_payments.snapshot_id", "=", "snapshot.id")
        .where("zakat_payments.updated_at", "<=", to)
        .select(({ fn }) => fn.max("zakat_payments.updated_at").as("paid_at"))
        .as("paid_at"),
    )
    .where("snapshot.status", "=", "finalized")
    .where(({ and, or, eb, selectFrom }) =>
      or([
        and([eb("snapshot.updated_at", ">=", from), eb("snapshot.updated_at", "<=", to)]),
        eb(
          "snapshot.id",
          "in",
          selectFrom("zakat_payments").select("snapshot_id").where("updated_at", ">=", from).where("updated_at", "<=", to),
        ),
      ]),
    )
    .execute();
  return snapshots
    .map(({ id, updated_at, paid_at, generated_at }) => ({
      id,
      generated_at,
      touched: newest(updated_at <= to ? updated_at : "", paid_at ?? ""),
    }))
    .filter(({ touched, generated_at }) => generated_at === null || touched > generated_at)
    .toSorted((a, b) => compare(a.touched, b.touched) || compare(a.id, b.id));
}

const newest = (...instants: string[]): string => instants.toSorted(compare).at(-1) ?? "";
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

async function putSummary(db: Database, summary: Awaited<ReturnType<typeof summaryOf>>): Promise<void> {
  const { id: _, snapshot_id: __, ...values } = summary;
  await db
    .insertInto("annual_summaries")
    .values(summary)
    .onConflict((conflict) =>
      conflict.column("snapshot_id").doUpdateSet(({ eb, ref }) => ({ ...values, version: eb(ref("annual_summaries.version"), "+", 1) })),
    )
    .execute();
}
