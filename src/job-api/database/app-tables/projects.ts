import type { Generated } from "kysely";

/** What users work on together, and what clients pay for. */
export interface ProjectTables {
  projects: ProjectsTable;
  project_members: ProjectMembersTable;
  upvotes: UpvotesTable;
  invitations: InvitationsTable;
  uploads: UploadsTable;
  deliverables: DeliverablesTable;
  project_payment_status: ProjectPaymentStatusTable;
  payment_reminders: PaymentRemindersTable;
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

interface DeliverablesTable {
  id: string;
  project_id: string;
  status: Generated<string>;
  final_delivered_at: string | null;
  expires_at: string | null;
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
