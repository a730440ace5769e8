import type { Insertable } from "kysely";
import type { AppDatabase } from "../database/app-tables.ts";
import { days } from "./seed-people.ts";
import type { SeedWorld } from "./seed.ts";

type Rows<Table extends keyof AppDatabase> = Insertable<AppDatabase[Table]>[];

/** Hourly, a little longer than they are kept. */
const HOURS = 32 * 24;

export function makeHealthChecks({ random, now }: SeedWorld): Rows<"health_checks"> {
  return hours(now).flatMap((checked_at) =>
    ["database", "disk", "memory"].map((component) => ({
      id: random.uuid(),
      checked_at,
      component,
      status: random.chance(0.005) ? ("degraded" as const) : ("ok" as const),
      latency_ms: random.between(1, 30),
      detail: component === "database" ? "the database answers" : `${random.between(30, 60)}% used`,
    })),
  );
}

export function makeSamples({ random, now }: SeedWorld): Rows<"performance_samples"> {
  return hours(now).flatMap((sampled_at) =>
    Object.entries({
      loadPerCore: 0.6 + random.next(),
      memoryUsedPercent: random.between(35, 65),
      diskUsedPercent: random.between(40, 45),
      databaseLatencyMs: 0.2 + random.next(),
    }).map(([metric, value]) => ({ id: random.uuid(), sampled_at, metric, value: Math.round(value * 100) / 100 })),
  );
}

function hours(now: Date): string[] {
  return Array.from({ length: HOURS }, (_, index) => days(now, -(index + 1) / 24));
}

/** The daily ones of last week; newer ones are for the job to make. */
export function makeReports({ random, now }: SeedWorld): Rows<"reports"> {
  return Array.from({ length: 7 }, (_, index) => {
    const [period_start, period_end] = [day(now, index + 3), day(now, index + 2)] as const;
    const data = JSON.stringify({
      kind: "daily",
      period: { start: period_start, end: period_end },
      actions: { total: random.between(100, 900) },
    });
    return { id: random.uuid(), kind: "daily" as const, period_start, period_end, data, generated_at: period_end };
  });
}

const day = (now: Date, ago: number): string => `${days(now, -ago).slice(0, 10)}T00:00:00.000Z`;

/** Three that were pruned, so that no file is missed. */
export function makeBackups({ random, now }: SeedWorld): Rows<"backups"> {
  return Array.from({ length: 3 }, (_, index) => {
    const started_at = days(now, -20 - index);
    const file_path = `/var/backups/app-${started_at.slice(0, 10)}.db`;
    return {
      id: random.uuid(),
      started_at,
      finished_at: started_at,
      file_path,
      size_bytes: random.between(1, 9) * 1_000_000,
      status: "pruned" as const,
    };
  });
}

/** One that has been kept as long as it must. */
export function makeArchives({ random, now }: SeedWorld): Rows<"audit_log_archives"> {
  const at = days(now, -2600);
  const rows = { row_count: 1200, first_created_at: days(now, -2720), last_created_at: days(now, -2690) };
  const file = { file_path: `/var/archives/audit_logs-${at.slice(0, 10)}.ndjson.gz`, sha256: "0".repeat(64) };
  return [{ id: random.uuid(), ...file, ...rows, archived_at: at, deleted_at: at, purged_at: days(now, -40) }];
}
