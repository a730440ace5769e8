import { randomUUID } from "node:crypto";
import type { Transaction } from "kysely";
import type { Json } from "../../job.ts";
import type { AppDatabase } from "./app-tables.ts";

/** What a run did to which rows, for `audit_logs`. The count, the job and the run are added. */
export interface AuditEntry {
  /** `rows.deleted`, `rows.anonymized`, ... */
  action: string;
  /** The table. */
  resource: string;
  details: Record<string, Json>;
}

export interface AuditTrail {
  /** Writes the row at the first call and brings its count up to date at each later one. */
  record(transaction: Transaction<AppDatabase>, sum: number): Promise<void>;
}

/** One audit row for one loop of batches. */
export function auditTrail(
  { action, resource, details }: AuditEntry,
  countName: string,
  facts: { job: string; runId: number | null; runKey: string; now: Date; organization: string | null },
): AuditTrail {
  const id = randomUUID();
  const metadata = (sum: number): string =>
    JSON.stringify({ job: facts.job, runId: facts.runId, runKey: facts.runKey, ...details, [countName]: sum });
  let written = false;
  return {
    async record(transaction, sum) {
      if (written) {
        await transaction
          .updateTable("audit_logs")
          .set({ metadata: metadata(sum) })
          .where("id", "=", id)
          .execute();
        return;
      }
      await transaction
        .insertInto("audit_logs")
        .values({
          id,
          organization_id: facts.organization,
          action,
          resource_type: resource,
          metadata: metadata(sum),
          created_at: facts.now.toISOString(),
        })
        .execute();
      written = true;
    },
  };
}
