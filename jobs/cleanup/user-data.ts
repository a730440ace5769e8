import {
  ago,
  batchParams,
  type Condition,
  defineJob,
  duration,
  itemParams,
  type JobContext,
  orphanedUploads,
  type ParamValues,
  text,
} from "jobctl";

const { batchSize, batchPause } = batchParams;
const params = {
  inactiveAfter: duration({
    default: "90d",
    description: "how long an inactive user has not logged in (or, who never did, has been there)",
  }),
  sessionsAfter: duration({ default: "30d", description: "how long ago a session expired" }),
  filesAfter: duration({ default: "30d", description: "how long ago an upload was made" }),
  auditAfter: duration({ default: "2555d", description: "how old an audit log row is" }),
  uploadsPath: text({ description: "the folder that holds the uploads" }),
  batchSize,
  batchPause,
  ...itemParams,
};

type Context = JobContext<ParamValues<typeof params>>;

/**
 * The token platform's nightly clean-up, in steps, each with its own count: inactive users are anonymized, sessions that
 * expired long ago, profiles without a user, orphaned uploads (as cleanup/orphaned-files) and very old audit logs deleted.
 *
 * A step that fails is reported and the others go on. Each changes what its name says, and writes an `audit_logs` row.
 * Safe to run again at any moment, also after a crash: what a step has done it does not find again.
 * All ages are the token platform's rules (2555 days are seven years).
 */
export default defineJob({
  description: "Anonymize inactive users; delete old sessions, profiles without user, orphaned files and very old audit logs",
  params,
  async run(context: Context) {
    await context.each(
      STEPS,
      ({ name }) => name,
      async ({ work }) => work(context),
    );
  },
});

const STEPS: { name: string; work(context: Context): Promise<unknown> }[] = [
  { name: "inactive users", work: anonymizeInactive },
  { name: "expired sessions", work: deleteSessions },
  { name: "profiles without user", work: deleteProfiles },
  { name: "orphaned files", work: deleteFiles },
  { name: "old audit logs", work: deleteAuditLogs },
];

/** Who never logged in is as old as the account. */
async function anonymizeInactive({ params, now, rows, sql }: Context): Promise<void> {
  const before = ago(now, params.inactiveAfter);
  const inactive: Condition = { column: "status", comparison: "=", value: "inactive" };
  const neverSeen: Condition = { column: "last_login_at", comparison: "=", value: null };
  const names = { name: "Anonymized User", first_name: "Anonymized", last_name: "User", phone: null, bio: null, avatar_url: null };
  const state = { status: "anonymized", digest_opt_in: 0, anonymized_at: now.toISOString() };
  const set = { ...names, ...state, email: sql`'anonymized_' || id || '@example.com'` };
  const options = { ...params, count: "usersAnonymized", action: "users.anonymized" };
  await (await rows("users", { column: "last_login_at", before, where: [inactive] })).update(set, options);
  await (await rows("users", { column: "created_at", before, where: [inactive, neverSeen] })).update(set, options);
}

async function deleteSessions({ params, now, rows }: Context): Promise<void> {
  const old = await rows("sessions", { column: "expires_at", before: ago(now, params.sessionsAfter) });
  await old.delete({ ...params, count: "sessionsDeleted" });
}

async function deleteProfiles({ params, rows }: Context): Promise<void> {
  const orphans = await rows("user_profiles", { where: [{ column: "user_id", comparison: "=", value: null }] });
  await orphans.delete({ ...params, count: "profilesDeleted" });
}

async function deleteFiles(context: Context): Promise<void> {
  const { params, now } = context;
  await orphanedUploads(context, { ...params, before: ago(now, params.filesAfter), count: "filesDeleted" });
}

async function deleteAuditLogs({ params, now, rows }: Context): Promise<void> {
  const old = await rows("audit_logs", { column: "created_at", before: ago(now, params.auditAfter) });
  await old.delete({ ...params, count: "auditLogsDeleted" });
}
