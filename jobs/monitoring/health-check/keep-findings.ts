import { randomUUID } from "node:crypto";
import { forgetOld, type JobContext } from "jobctl";
import type { Finding } from "./probe.ts";

/** A row for each; old ones go. Where the database itself is down, that is said, and the findings are still the run's result. */
export async function keepFindings(context: JobContext<unknown>, findings: readonly Finding[], keepFor: number): Promise<void> {
  const { db, now, dryRun, fail, signal } = context;
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
    await forgetOld(context, { table: "health_checks", column: "checked_at", keepFor });
  } catch (error) {
    signal.throwIfAborted();
    fail("the findings could not be kept", error);
  }
}
