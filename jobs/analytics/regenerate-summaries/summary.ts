import { randomUUID } from "node:crypto";
import { ago, type AppDatabase, DAY, type JobContext, utcDay } from "jobctl";

type Database = JobContext["db"];

/** What zakat a snapshot asks for and what was paid of it, as a row of `annual_summaries`; money in minor units. */
export async function summaryOf(db: Database, snapshotId: string, now: Date) {
  const snapshot = await db.selectFrom("yearly_snapshots").selectAll().where("id", "=", snapshotId).executeTakeFirstOrThrow();
  const recipients = await paidByRecipient(db, snapshotId);
  const paid = sum(Object.values(recipients).map(({ totalMinor }) => totalMinor));
  const due = snapshot.zakat_minor;
  return {
    id: randomUUID(),
    user_id: snapshot.user_id,
    snapshot_id: snapshotId,
    gregorian_year: snapshot.gregorian_year,
    hijri_year: snapshot.hijri_year,
    ...yearUpTo(new Date(snapshot.created_at)),
    total_calculated_minor: due,
    total_paid_minor: paid,
    outstanding_minor: Math.max(0, due - paid),
    completion_percent: due === 0 ? 100 : Math.min(100, percent(paid, due)),
    number_of_payments: sum(Object.values(recipients).map(({ payments }) => payments)),
    recipient_summary: JSON.stringify(recipients),
    asset_breakdown: snapshot.asset_breakdown,
    comparative_analysis: await comparison(db, snapshot),
    nisab_info: JSON.stringify({ type: snapshot.nisab_type, thresholdMinor: snapshot.nisab_threshold_minor }),
    methodology_used: snapshot.methodology_used,
    generated_at: now.toISOString(),
  };
}

type Recipients = Record<string, { payments: number; totalMinor: number }>;

async function paidByRecipient(db: Database, snapshotId: string): Promise<Recipients> {
  const groups = await db
    .selectFrom("zakat_payments")
    .select(({ fn }) => ["recipient_type", fn.countAll<number>().as("payments"), fn.sum<number>("amount_minor").as("total")])
    .where("snapshot_id", "=", snapshotId)
    .groupBy("recipient_type")
    .orderBy("recipient_type")
    .execute();
  return Object.fromEntries(
    groups
      .map(
        ({ recipient_type, payments, total }) =>
          [recipient_type ?? "unspecified", { payments: Number(payments), totalMinor: Number(total) }] as const,
      )
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** The lunar year of 354 days that ends on the day of the snapshot. */
function yearUpTo(end: Date): { start_date: string; end_date: string } {
  return { start_date: utcDay(ago(end, 354 * DAY)), end_date: utcDay(end) };
}

/** Against the user's finalized snapshot of the Hijri year before, where there is one. */
async function comparison(
  db: Database,
  { user_id, hijri_year, zakat_minor }: Pick<AppDatabase["yearly_snapshots"], "user_id" | "hijri_year" | "zakat_minor">,
): Promise<string | null> {
  const before = await db
    .selectFrom("yearly_snapshots")
    .select(["hijri_year", "zakat_minor"])
    .where("user_id", "=", user_id)
    .where("status", "=", "finalized")
    .where("hijri_year", "<", hijri_year)
    .orderBy("hijri_year", "desc")
    .orderBy("updated_at", "desc")
    .limit(1)
    .executeTakeFirst();
  if (!before) return null;
  const change = zakat_minor - before.zakat_minor;
  const changePercent = before.zakat_minor === 0 ? null : percent(change, before.zakat_minor);
  return JSON.stringify({ hijriYear: before.hijri_year, calculatedMinor: before.zakat_minor, changeMinor: change, changePercent });
}

/** Two decimals: a REAL of PostgreSQL holds about six digits. */
const percent = (part: number, whole: number): number => Math.round((part / whole) * 10_000) / 100;
const sum = (numbers: number[]): number => numbers.reduce((total, each) => total + each, 0);
