import type { Generated } from "kysely";

/** What users reckon and give in a Hijri year. */
export interface ZakatTables {
  yearly_snapshots: YearlySnapshotsTable;
  zakat_payments: ZakatPaymentsTable;
  annual_summaries: AnnualSummariesTable;
  reminder_events: ReminderEventsTable;
  analytics_metrics: AnalyticsMetricsTable;
}

interface YearlySnapshotsTable {
  id: string;
  user_id: string;
  status: "draft" | "finalized" | "unlocked";
  gregorian_year: number;
  hijri_year: number;
  hijri_month: number;
  hijri_day: number;
  currency: Generated<string>;
  zakat_minor: number;
  nisab_threshold_minor: number;
  nisab_type: string;
  methodology_used: string;
  asset_breakdown: string | null;
  created_at: string;
  updated_at: string;
}

interface ZakatPaymentsTable {
  id: string;
  snapshot_id: string;
  user_id: string;
  amount_minor: number;
  recipient_type: string | null;
  updated_at: string;
}

interface AnnualSummariesTable {
  id: string;
  user_id: string;
  snapshot_id: string;
  gregorian_year: number;
  hijri_year: number;
  start_date: string;
  end_date: string;
  total_calculated_minor: number;
  total_paid_minor: number;
  outstanding_minor: number;
  completion_percent: number;
  number_of_payments: number;
  recipient_summary: string;
  asset_breakdown: string | null;
  comparative_analysis: string | null;
  nisab_info: string;
  methodology_used: string;
  generated_at: string;
  version: Generated<number>;
}

interface ReminderEventsTable {
  id: string;
  user_id: string;
  event_type: string;
  trigger_date: string;
  title: string;
  message: string;
  priority: Generated<"low" | "medium" | "high">;
  status: Generated<"pending" | "shown" | "acknowledged" | "dismissed">;
  related_snapshot_id: string | null;
  metadata: string | null;
  created_at: string;
}

interface AnalyticsMetricsTable {
  id: string;
  user_id: string;
  metric_type: string;
  calculated_value: string;
  calculated_at: string;
  expires_at: string;
}
