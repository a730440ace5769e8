import type { Generated } from "kysely";

/** What users are told, and the mails that went out. */
export interface MailTables {
  notifications: NotificationsTable;
  notification_email_queue: NotificationEmailQueueTable;
  notification_email_items: NotificationEmailItemsTable;
  outbox: OutboxTable;
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
