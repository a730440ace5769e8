import type { Insertable } from "kysely";
import type { AppDatabase } from "../database/app-tables.ts";
import { DAY, utcDay } from "../instants.ts";
import { days } from "./seed-people.ts";
import type { SeedWorld } from "./seed.ts";

type Rows<Table extends keyof AppDatabase> = Insertable<AppDatabase[Table]>[];

/** One project in three is paid in two parts; a third of these balances is overdue. */
export function makePayments({ random, now, projects }: SeedWorld): Rows<"project_payment_status"> {
  return projects
    .filter((_, index) => index % 3 === 0)
    .map(({ id: project_id }) => {
      const advanced = -random.next() * 20;
      return {
        project_id,
        balance_minor: random.between(10_000, 900_000),
        advance_paid_at: days(now, advanced),
        balance_paid_at: random.chance(0.6) ? days(now, advanced / 2) : null,
      };
    });
}

/** Those of last week. */
export function makePaymentReminders({ random, now }: SeedWorld, payments: Rows<"project_payment_status">): Rows<"payment_reminders"> {
  return payments
    .filter((_, index) => index % 5 === 0)
    .map(({ project_id }) => {
      const at = days(now, -7);
      return {
        id: random.uuid(),
        project_id,
        status: "SENT" as const,
        reminder_date: at.slice(0, 10),
        scheduled_for: at,
        sent_at: at,
        recipient_email: "client@example.com",
        email_subject: "Your balance",
        email_template: "balance-due",
      };
    });
}

/** Delivered up to 400 days ago, and to be had for 365. */
export function makeDeliverables({ random, now, projects }: SeedWorld): Rows<"deliverables"> {
  return projects.map(({ id: project_id }) => {
    const delivered = -random.next() * 400;
    const final_delivered_at = days(now, delivered);
    return { id: random.uuid(), project_id, status: "delivered", final_delivered_at, expires_at: days(now, delivered + 365) };
  });
}

/** One user in ten keeps the accounts of two years; the latest of some was changed this week. */
export function makeSnapshots({ random, now, users }: SeedWorld): Rows<"yearly_snapshots"> {
  return users
    .filter((_, index) => index % 10 === 4)
    .flatMap(({ id: user_id }) => {
      const latest = random.next() * 340;
      return [latest, latest + 354].map((age, index) => {
        const at = days(now, -age);
        const hijri = hijriDate(new Date(at));
        const drafts = index === 0 && random.chance(0.1);
        return {
          id: random.uuid(),
          user_id,
          status: drafts ? ("draft" as const) : ("finalized" as const),
          gregorian_year: Number(at.slice(0, 4)),
          hijri_year: hijri.year,
          hijri_month: hijri.month,
          hijri_day: hijri.day,
          zakat_minor: random.between(20_000, 400_000),
          nisab_threshold_minor: 550_000,
          nisab_type: random.pick(["gold", "silver"]),
          methodology_used: "standard",
          asset_breakdown: JSON.stringify({ cash: random.between(1, 90) * 10_000, gold: random.between(0, 9) * 50_000 }),
          created_at: at,
          updated_at: index === 0 && random.chance(0.3) ? days(now, -random.next() * Math.min(6, age)) : at,
        };
      });
    });
}

function hijriDate(instant: Date): { year: number; month: number; day: number } {
  const parts = Object.fromEntries(HIJRI.formatToParts(instant).map(({ type, value }) => [type, Number.parseInt(value, 10)]));
  return { year: parts["year"] ?? 0, month: parts["month"] ?? 1, day: parts["day"] ?? 1 };
}

const HIJRI = new Intl.DateTimeFormat("en-u-ca-islamic-umalqura", { year: "numeric", month: "numeric", day: "numeric", timeZone: "UTC" });

/** Up to three a snapshot, after it was made. */
export function makeZakatPayments({ random, now }: SeedWorld, snapshots: Rows<"yearly_snapshots">): Rows<"zakat_payments"> {
  return snapshots.flatMap(({ id: snapshot_id, user_id, zakat_minor, created_at }) =>
    Array.from({ length: random.between(0, 3) }, () => ({
      id: random.uuid(),
      snapshot_id,
      user_id,
      amount_minor: Math.round((zakat_minor * random.between(10, 45)) / 100),
      recipient_type: random.pick(["poor", "debtors", "wayfarers", null]),
      updated_at: days(now, -random.next() * ((now.getTime() - Date.parse(created_at)) / DAY)),
    })),
  );
}

/** Of the snapshots that are older than a year. */
export function makeSummaries({ random, now }: SeedWorld, snapshots: Rows<"yearly_snapshots">): Rows<"annual_summaries"> {
  return snapshots
    .filter(({ created_at }) => created_at < days(now, -354))
    .map((snapshot) => ({
      id: random.uuid(),
      user_id: snapshot.user_id,
      snapshot_id: snapshot.id,
      gregorian_year: snapshot.gregorian_year,
      hijri_year: snapshot.hijri_year,
      start_date: utcDay(new Date(Date.parse(snapshot.created_at) - 354 * DAY)),
      end_date: snapshot.created_at.slice(0, 10),
      total_calculated_minor: snapshot.zakat_minor,
      total_paid_minor: 0,
      outstanding_minor: snapshot.zakat_minor,
      completion_percent: 0,
      number_of_payments: 0,
      recipient_summary: "{}",
      nisab_info: JSON.stringify({ type: snapshot.nisab_type, thresholdMinor: snapshot.nisab_threshold_minor }),
      methodology_used: snapshot.methodology_used,
      generated_at: days(now, -340),
    }));
}

/** One of last year for some. */
export function makeReminders({ random, now }: SeedWorld, snapshots: Rows<"yearly_snapshots">): Rows<"reminder_events"> {
  return snapshots
    .filter((_, index) => index % 8 === 1)
    .map(({ id, user_id }) => ({
      id: random.uuid(),
      user_id,
      event_type: "hijri-anniversary-30d",
      trigger_date: days(now, -330).slice(0, 10),
      title: "Your zakat year ends soon",
      message: "Thirty days are left.",
      status: "acknowledged" as const,
      related_snapshot_id: id,
      created_at: days(now, -360),
    }));
}
