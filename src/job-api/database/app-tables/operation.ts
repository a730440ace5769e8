/** What the jobs keep of the system itself. */
export interface OperationTables {
  reports: ReportsTable;
  health_checks: HealthChecksTable;
  performance_samples: PerformanceSamplesTable;
  backups: BackupsTable;
}

interface ReportsTable {
  id: string;
  kind: "daily" | "weekly" | "monthly";
  period_start: string;
  period_end: string;
  data: string;
  file_path: string | null;
  generated_at: string;
}

interface HealthChecksTable {
  id: string;
  checked_at: string;
  component: string;
  status: "ok" | "degraded" | "down";
  latency_ms: number | null;
  detail: string | null;
}

interface PerformanceSamplesTable {
  id: string;
  sampled_at: string;
  metric: string;
  value: number;
}

interface BackupsTable {
  id: string;
  started_at: string;
  finished_at: string | null;
  file_path: string;
  size_bytes: number | null;
  sha256: string | null;
  status: "running" | "ok" | "failed" | "pruned";
  error_message: string | null;
}
