import type { Generated } from "kysely";

/** What was done, and what of it looks like an attack. */
export interface AuditTables {
  audit_logs: AuditLogsTable;
  audit_log_archives: AuditLogArchivesTable;
  security_incidents: SecurityIncidentsTable;
}

interface AuditLogsTable {
  id: string;
  organization_id: string | null;
  user_id: string | null;
  action: string;
  resource_type: string | null;
  resource_id: string | null;
  status: Generated<"success" | "failure" | "warning">;
  ip_address: string | null;
  user_agent: string | null;
  metadata: string | null;
  created_at: string;
  anonymized_at: string | null;
}

interface AuditLogArchivesTable {
  id: string;
  file_path: string;
  sha256: string;
  row_count: number;
  first_created_at: string;
  last_created_at: string;
  archived_at: string;
  deleted_at: string | null;
  purged_at: string | null;
}

interface SecurityIncidentsTable {
  id: string;
  organization_id: string | null;
  type: string;
  severity: "low" | "medium" | "high" | "critical";
  details: string | null;
  detected_at: string;
  notified_at: string | null;
}
