import { ago, DAY, defineJob, duration, itemParams, type JobContext, list, REACHABLE, utcDay } from "jobctl";

/**
 * Makes a reminder for each user whose Hijri anniversary is near: the day and month of the latest finalized snapshot, in a later year.
 *
 * It inserts rows of `reminder_events` and changes nothing else.
 * Safe to run again at any moment: a user has one reminder of a kind for a date (UNIQUE), and none within seven days of
 * another. The lead is a window, not a day: what a missed run did not make, the next one does.
 * Zakat tracker rule: the calendar is Umm al-Qura (`islamic-umalqura`), 30 days ahead; in a month that has no 30th day the
 * anniversary is its last.
 */
export default defineJob({
  description: "Remind users of their Hijri anniversaries",
  params: {
    leads: list(duration({ description: "how long before" }), {
      default: ["30d"],
      description: "how long before the anniversary, in whole days",
    }),
    quiet: duration({ default: "7d", description: "no second reminder of a kind within this" }),
    ...itemParams,
  },
  async run(context) {
    for (const name of ["snapshotsDue", "generatedCount", "alreadyRemindedCount"]) context.count(name, 0);
    const days = comingDays(context.now, Math.max(0, ...context.params.leads));
    await context.each(
      due(context, days),
      ({ snapshot }) => `user ${snapshot.user_id}`,
      (anniversary) => remind(context, anniversary),
    );
  },
});

type Context = JobContext<{ leads: number[]; quiet: number }>;

interface HijriDay {
  /** Gregorian, `2026-11-22`. */
  date: string;
  daysAway: number;
  year: number;
  month: number;
  day: number;
  lastOfMonth: boolean;
}

/** Today (UTC) and the days after it. */
function comingDays(now: Date, lead: number): HijriDay[] {
  const all = Array.from({ length: Math.floor(lead / DAY) + 2 }, (_, daysAway) => {
    const at = ago(now, -daysAway * DAY);
    return { date: utcDay(at), daysAway, ...hijri(at) };
  });
  return all.slice(0, -1).map((each, index) => Object.assign(each, { lastOfMonth: all[index + 1]?.day === 1 }));
}

const FORMAT = new Intl.DateTimeFormat("en-u-ca-islamic-umalqura-nu-latn", {
  timeZone: "UTC",
  year: "numeric",
  month: "numeric",
  day: "numeric",
});

function hijri(instant: Date): { year: number; month: number; day: number } {
  const parts = FORMAT.formatToParts(instant);
  const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((each) => each.type === type)?.value);
  return { year: part("year"), month: part("month"), day: part("day") };
}

interface Snapshot {
  id: string;
  user_id: string;
  hijri_year: number;
  hijri_month: number;
  hijri_day: number;
}

interface Anniversary {
  snapshot: Snapshot;
  on: HijriDay;
}

async function* due(context: Context, days: HijriDay[]): AsyncGenerator<Anniversary> {
  const months = [...new Set(days.map(({ month }) => month))];
  for await (const snapshot of latestSnapshots(context, months)) {
    const on = days.find((day) => isAnniversary(day, snapshot));
    if (!on) continue;
    context.count("snapshotsDue");
    yield { snapshot, on };
  }
}

function isAnniversary({ year, month, day, lastOfMonth }: HijriDay, { hijri_year, hijri_month, hijri_day }: Snapshot): boolean {
  return year > hijri_year && month === hijri_month && (day === hijri_day || (lastOfMonth && hijri_day > day));
}

/** Of users who are still there: the finalized snapshot after which there is none, where it is of one of these months. */
function latestSnapshots({ db, read, sql }: Context, months: number[]): AsyncGenerator<Snapshot> {
  return read({ key: "user_id" }, (after, size) =>
    db
      .selectFrom("yearly_snapshots as s")
      .innerJoin("users as u", "u.id", "s.user_id")
      .select(["s.id", "s.user_id", "s.hijri_year", "s.hijri_month", "s.hijri_day"])
      .where("u.status", "in", REACHABLE)
      .where("s.status", "=", "finalized")
      .where("s.hijri_month", "in", months)
      .where("s.user_id", ">", after)
      .where(
        sql<boolean>`NOT EXISTS (SELECT 1 FROM yearly_snapshots AS later WHERE later.user_id = s.user_id AND later.status = 'finalized'
            AND (later.hijri_year, later.created_at, later.id) > (s.hijri_year, s.created_at, s.id))`,
      )
      .orderBy("s.user_id")
      .limit(size)
      .execute(),
  );
}

async function remind(context: Context, { snapshot, on }: Anniversary): Promise<void> {
  const { db, now, params, dryRun } = context;
  const lead = Math.min(...params.leads.filter((each) => each >= on.daysAway * DAY)) / DAY;
  const type = `hijri-anniversary-${lead}d`;
  const recent = await db
    .selectFrom("reminder_events")
    .select("id")
    .where("user_id", "=", snapshot.user_id)
    .where("event_type", "=", type)
    .where(({ or, eb }) => or([eb("trigger_date", "=", on.date), eb("created_at", ">", ago(now, params.quiet).toISOString())]))
    .executeTakeFirst();
  if (recent) return context.count("alreadyRemindedCount");
  if (!dryRun && !(await insert(context, { snapshot, on }, type))) return context.count("alreadyRemindedCount");
  context.count("generatedCount");
}

async function insert({ db, now }: Context, { snapshot, on }: Anniversary, type: string): Promise<boolean> {
  const when = on.daysAway === 0 ? "today" : on.daysAway === 1 ? "tomorrow" : `in ${on.daysAway} days`;
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("reminder_events")
    .values({
      id: crypto.randomUUID(),
      user_id: snapshot.user_id,
      event_type: type,
      trigger_date: on.date,
      title: "Your zakat anniversary is near",
      message: `A Hijri year after your last finalized snapshot ends ${when}, on ${on.date} (${on.day}/${on.month}/${on.year} AH). Record this year's wealth and zakat.`,
      priority: on.daysAway <= 7 ? "high" : "medium",
      related_snapshot_id: snapshot.id,
      metadata: JSON.stringify({ hijriYear: on.year, hijriMonth: on.month, hijriDay: on.day, daysAway: on.daysAway }),
      created_at: now.toISOString(),
    })
    .onConflict((conflict) => conflict.columns(["user_id", "event_type", "trigger_date"]).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}
