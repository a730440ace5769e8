import type { Generated } from "kysely";

/** Whoever has an account, and what belongs to the account. */
export interface PeopleTables {
  organizations: OrganizationsTable;
  users: UsersTable;
  user_profiles: UserProfilesTable;
  sessions: SessionsTable;
  auth_tokens: AuthTokensTable;
  push_tokens: PushTokensTable;
  consent_records: ConsentRecordsTable;
  credentials: CredentialsTable;
  deletion_requests: DeletionRequestsTable;
}

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

interface PushTokensTable {
  id: string;
  user_id: string;
  last_used_at: string;
}

interface ConsentRecordsTable {
  id: string;
  user_id: string;
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
