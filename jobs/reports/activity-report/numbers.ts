import type { JobContext } from "jobctl";
import { daysOf, type Kind, type Period, periodBefore } from "./period.ts";
import { logged, percent, type Totals, totalsOf } from "./totals.ts";

type Database = JobContext["db"];

/** One bar of a chart and one row of its table. */
export interface Slice {
  label: string;
  count: number;
  failures: number;
}

export interface Numbers extends Totals {
  kind: Kind;
  period: { start: string; end: string };
  before: Totals;
  topActions: { action: string; count: number; failures: number; share: number }[];
  /** The 24 hours of the day, `00` to `23`, over all days of the period. */
  hours: Slice[];
  days: Slice[];
  /** The first of the busiest hours. */
  peakHour: { hour: number; count: number } | null;
}

const TOP = 20;

/** Everything that a report of any kind tells. Instants are compared as UTC text. */
export async function numbersOf(db: Database, kind: Kind, period: Period): Promise<Numbers> {
  const totals = await totalsOf(db, period);
  const hours = await slices(db, period, { from: 12, length: 2, labels: HOURS });
  const peak = hours.reduce((most, each) => (each.count > most.count ? each : most));
  return {
    kind,
    period: { start: period.start.toISOString(), end: period.end.toISOString() },
    ...totals,
    before: await totalsOf(db, periodBefore(kind, period.start)),
    topActions: await topActions(db, period, totals.actions.total),
    hours,
    days: await slices(db, period, { from: 1, length: 10, labels: daysOf(period) }),
    peakHour: peak.count === 0 ? null : { hour: Number(peak.label), count: peak.count },
  };
}

const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0"));

async function topActions(db: Database, period: Period, total: number): Promise<Numbers["topActions"]> {
  const actions = await counted(db, period)
    .select("action")
    .groupBy("action")
    .orderBy("count", "desc")
    .orderBy("action")
    .limit(TOP)
    .execute();
  return actions.map(({ action, count, failures }) => ({
    action,
    count: Number(count),
    failures: Number(failures),
    share: percent(Number(count), total),
  }));
}

/** What happened by a part of the instant's text (from 1), with a slice for every label, also where nothing happened. */
async function slices(
  db: Database,
  period: Period,
  { from, length, labels }: { from: number; length: number; labels: string[] },
): Promise<Slice[]> {
  const found = await counted(db, period)
    .select(({ fn, lit }) => fn<string>("substr", ["created_at", lit(from), lit(length)]).as("label"))
    .groupBy("label")
    .execute();
  const by = new Map(found.map((each) => [each.label, each]));
  return labels.map((label) => ({ label, count: Number(by.get(label)?.count ?? 0), failures: Number(by.get(label)?.failures ?? 0) }));
}

function counted(db: Database, period: Period) {
  return logged(db, period).select(({ fn, case: choose, lit }) => [
    fn.countAll<number>().as("count"),
    fn.sum<number>(choose().when("status", "=", "failure").then(lit(1)).else(lit(0)).end()).as("failures"),
  ]);
}
