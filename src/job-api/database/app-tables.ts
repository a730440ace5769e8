/** The tables of jobs/schema, as Kysely sees them. Instants are UTC text `YYYY-MM-DDTHH:MM:SS.sssZ`, flags 0/1, JSON text, money in minor units. */
import type { Generated, Selectable } from "kysely";

export interface AppDatabase {
  organizations: OrganizationsTable;
  users: UsersTable;
  user_profiles: UserProfilesTable;
  sessions: SessionsTable;
  auth_tokens: AuthTokensTable;
  credentials: CredentialsTable;
  audit_logs: AuditLogsTable;
  audit_log_archives: AuditLogArchivesTable;
  consent_records: ConsentRecordsTable;
  push_tokens: PushTokensTable;
  deletion_requests: DeletionRequestsTable;
  projects: ProjectsTable;
  project_members: ProjectMembersTable;
  upvotes: UpvotesTable;
  invitations: InvitationsTable;
  uploads: UploadsTable;
  notifications: NotificationsTable;
  notification_email_queue: NotificationEmailQueueTable;
  notification_email_items: NotificationEmailItemsTable;
  project_payment_status: ProjectPaymentStatusTable;
  payment_reminders: PaymentRemindersTable;
  deliverables: DeliverablesTable;
  analytics_metrics: AnalyticsMetricsTable;
  yearly_snapshots: YearlySnapshotsTable;
  zakat_payments: ZakatPaymentsTable;
  annual_summaries: AnnualSummariesTable;
  reminder_events: ReminderEventsTable;
  security_incidents: SecurityIncidentsTable;
  outbox: OutboxTable;
  reports: ReportsTable;
  health_checks: HealthChecksTable;
  performance_samples: PerformanceSamplesTable;
  backups: BackupsTable;
}

/** A row of a table, as it is read. */
export type AppRow<Table extends keyof AppDatabase> = Selectable<AppDatabase[Table]>;

interface OrganizationsTable {
  id: string;
  name: string;
  status: Generated<"active" | "suspended" | "closed">;
  email_digest_enabled: Generated<number>;
}

interface UsersTable {
  id: string;
  organization_id: string | null;
  email: string;
  name: string | null;
  first_name: string | null;
  last_name: string | null;
  phone: string | null;
  bio: string | null;
  avatar_url: string | null;
  role: Generated<string>;
  status: Generated<"active" | "inactive" | "anonymized" | "deleted">;
  timezone: Generated<string>;
  digest_opt_in: Generated<number>;
  show_email_on_profile: Generated<number>;
  include_in_search: Generated<number>;
  show_activity_publicly: Generated<number>;
  karma: Generated<number>;
  last_login_at: string | null;
  created_at: string;
  deletion_requested_at: string | null;
  deleted_at: string | null;
  anonymized_at: string | null;
}

interface UserProfilesTable {
  id: string;
  user_id: string | null;
}

interface SessionsTable {
  id: string;
  user_id: string;
  is_active: Generated<number>;
  created_at: string;
  last_activity_at: string | null;
  expires_at: string;
  revoked_at: string | null;
  revoke_reason: string | null;
  ip_address: string | null;
}

interface AuthTokensTable {
  id: string;
  user_id: string | null;
  kind: "email_verification" | "password_reset" | "refresh" | "magic_link";
  created_at: string;
  expires_at: string;
  used_at: string | null;
  revoked_at: string | null;
}

interface CredentialsTable {
  id: string;
  organization_id: string | null;
  owner_user_id: string | null;
  kind: "api_key" | "certificate" | "license" | "subscription";
  name: string;
  status: Generated<"active" | "expired" | "revoked">;
  auto_renew: Generated<number>;
  renew_days: number | null;
  expires_at: string | null;
  expired_at: string | null;
  revoked_at: string | null;
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

interface ConsentRecordsTable {
  id: string;
  user_id: string;
}

interface PushTokensTable {
  id: string;
  user_id: string;
  last_used_at: string;
}

interface DeletionRequestsTable {
  id: string;
  user_id: string | null;
  status: Generated<"pending" | "processing" | "completed" | "cancelled" | "failed">;
  anonymize_contributions: Generated<number>;
  requested_at: string;
  completed_at: string | null;
  outcome: "anonymized" | "deleted" | "already_gone" | null;
  last_error: string | null;
}

interface ProjectsTable {
  id: string;
  organization_id: string | null;
  title: string;
  image_url: string | null;
  is_featured: Generated<number>;
}

interface ProjectMembersTable {
  id: string;
  project_id: string;
  user_id: string;
  role: "creator" | "contributor" | "advisor" | "manager" | "client";
  is_primary_contact: Generated<number>;
  removed_at: string | null;
}

interface UpvotesTable {
  id: string;
  project_id: string;
  user_id: string | null;
}

interface InvitationsTable {
  id: string;
  project_id: string | null;
  invited_by_id: string | null;
  created_at: string;
  expires_at: string | null;
  accepted_at: string | null;
  declined_at: string | null;
}

interface UploadsTable {
  id: string;
  filename: string;
  size_bytes: Generated<number>;
  uploaded_by: string | null;
  created_at: string;
}

interface NotificationsTable {
  id: string;
  user_id: string;
  project_id: string | null;
  category: string;
  title: string;
  message: string;
  created_at: string;
}

interface NotificationEmailQueueTable {
  id: string;
  user_id: string;
  status: Generated<"pending" | "processing" | "sent" | "failed" | "abandoned">;
  scheduled_for: string;
  attempts: Generated<number>;
  claimed_by: string | null;
  claimed_at: string | null;
  sent_at: string | null;
  error_message: string | null;
}

interface NotificationEmailItemsTable {
  queue_id: string;
  notification_id: string;
}

interface ProjectPaymentStatusTable {
  project_id: string;
  currency: Generated<string>;
  balance_minor: number;
  advance_paid_at: string | null;
  balance_paid_at: string | null;
}

interface PaymentRemindersTable {
  id: string;
  project_id: string;
  payment_id: string | null;
  type: Generated<string>;
  status: Generated<"PENDING" | "SENT" | "FAILED">;
  reminder_date: string;
  scheduled_for: string;
  sent_at: string | null;
  recipient_user_id: string | null;
  recipient_email: string;
  email_subject: string;
  email_template: string;
  attempts: Generated<number>;
  last_error: string | null;
}

interface DeliverablesTable {
  id: string;
  project_id: string;
  status: Generated<string>;
  final_delivered_at: string | null;
  expires_at: string | null;
}

interface AnalyticsMetricsTable {
  id: string;
  user_id: string;
  metric_type: string;
  calculated_value: string;
  calculated_at: string;
  expires_at: string;
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

interface SecurityIncidentsTable {
  id: string;
  organization_id: string | null;
  type: string;
  severity: "low" | "medium" | "high" | "critical";
  details: string | null;
  detected_at: string;
  notified_at: string | null;
}

interface OutboxTable {
  id: string;
  dedupe_key: string;
  channel: Generated<string>;
  kind: string;
  recipient: string;
  subject: string;
  body: string;
  status: Generated<"queued" | "sent" | "failed">;
  created_at: string;
  sent_at: string | null;
  error_message: string | null;
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
