import { randomUUID } from "node:crypto";
import { ago, type JobContext, startOfDay } from "jobctl";
import type { Finding } from "./probe.ts";

/**
 * A row for each; rows older than `keepFor` (ms) at the last midnight go, so that the table is cleaned, and that is audited,
 * once a day. Where the database itself is down, that is said, and the findings are still the run's result.
 */
export async function keepFindings(context: JobContext<unknown>, findings: readonly Finding[], keepFor: number): Promise<void> {
  const { db, now, dryRun, rows, fail, signal } = context;
  const checked_at = now.toISOString();
  const found = findings.map(({ name, status, latencyMs, detail }) => ({
    id: randomUUID(),
    checked_at,
    component: name,
    status,
    latency_ms: latencyMs,
    detail,
  }));
  try {
    if (!dryRun && found.length > 0) await db.insertInto("health_checks").values(found).execute();
    const old = await rows("health_checks", { column: "checked_at", before: ago(startOfDay(now), keepFor) });
    await old.delete();
  } catch (error) {
    signal.throwIfAborted();
    fail("the findings could not be kept", error);
  }
}
