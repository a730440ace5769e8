import { randomUUID } from "node:crypto";
import type { Transaction } from "kysely";
import type { Json } from "../../job.ts";
import type { AppDatabase } from "./app-tables.ts";

/** What a run did to which rows, for `audit_logs`. The count, the job and the run are added. */
export interface AuditEntry {
  /** `rows.deleted`, `rows.anonymized`, ... */
  action: string;
  /** The table, or the kind of thing. */
  resource: string;
  /** Which one of them. */
  resourceId?: string;
  /** Whose it is; the run's own organization when not given. */
  organization?: string | null;
  details: Record<string, Json>;
}

export interface AuditTrail {
  /** Writes the row at the first call and brings its count up to date at each later one. */
  record(transaction: Transaction<AppDatabase>, sum: number): Promise<void>;
}

interface Facts {
  job: string;
  runId: number | null;
  runKey: string;
  now: Date;
  organization: string | null;
}

/** One audit row for one loop of batches. */
export function auditTrail(entry: AuditEntry, countName: string, facts: Facts): AuditTrail {
  const id = randomUUID();
  const details = (sum: number) => ({ ...entry.details, [countName]: sum });
  let written = false;
  return {
    async record(transaction, sum) {
      if (written) {
        const { metadata } = auditRow({ ...entry, details: details(sum) }, facts, id);
        await transaction.updateTable("audit_logs").set({ metadata }).where("id", "=", id).execute();
        return;
      }
      await writeAudit(transaction, { ...entry, details: details(sum) }, facts, id);
      written = true;
    },
  };
}

/** One audit row for one thing. */
export async function writeAudit(transaction: Transaction<AppDatabase>, entry: AuditEntry, facts: Facts, id = randomUUID()): Promise<void> {
  await transaction
    .insertInto("audit_logs")
    .values(auditRow(entry, facts, id))
    .execute();
}

function auditRow({ action, resource, resourceId, organization, details }: AuditEntry, facts: Facts, id: string) {
  const { job, runId, runKey } = facts;
  return {
    id,
    organization_id: organization === undefined ? facts.organization : organization,
    action,
    resource_type: resource,
    resource_id: resourceId ?? null,
    metadata: JSON.stringify({ job, runId, runKey, ...details }),
    created_at: facts.now.toISOString(),
  };
}
