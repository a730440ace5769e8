import {
  ago,
  batchParams,
  type Condition,
  defineJob,
  duration,
  itemParams,
  type JobContext,
  list,
  orphanedUploads,
  type ParamValues,
  text,
} from "jobctl";

const { batchSize, batchPause } = batchParams;
const schema = {
  inactiveAfter: duration({
    default: "90d",
    description: "how long an inactive user has not logged in (or, who never did, has been there)",
  }),
  sessionsAfter: duration({ default: "30d", description: "how long ago a session expired" }),
  filesAfter: duration({ default: "30d", description: "how long ago an upload was made" }),
  auditAfter: duration({ default: "2555d", description: "how old an audit log row is" }),
  uploadsPath: text({ description: "the folder that holds the uploads" }),
  notify: list(text({ description: "an address" }), { default: [], description: "who gets the summary of a completed run by mail" }),
  batchSize,
  batchPause,
  ...itemParams,
};

type Context = JobContext<ParamValues<typeof schema>>;

/**
 * The token platform's nightly clean-up, in steps, each with its own count: inactive users are anonymized, sessions that
 * expired long ago, profiles without a user, orphaned uploads (as cleanup/orphaned-files) and very old audit logs deleted.
 * Then `notify` gets a summary by mail, one a run.
 *
 * A step that fails is reported and the others go on. Each changes what its name says, and writes an `audit_logs` row.
 * Safe to run again at any moment, also after a crash: what a step has done it does not find again.
 * All ages are the token platform's rules (2555 days are seven years).
 */
export default defineJob({
  description: "Anonymize inactive users; delete old sessions, profiles without user, orphaned files and very old audit logs",
  params: schema,
  async run(context: Context) {
    const summary: Record<string, number | string> = Object.fromEntries(STEPS.map(({ name }) => [name, "failed"]));
    await context.each(
      STEPS,
      ({ name }) => name,
      async ({ name, work }) => void (summary[name] = await work(context)),
    );
    await context.each(
      context.params.notify,
      (address) => `summary to ${address}`,
      async (address) => tell(context, address, summary),
    );
  },
});

async function tell({ job, scheduledFor, mailer }: Context, address: string, summary: Record<string, number | string>): Promise<void> {
  const at = scheduledFor.toISOString();
  const [title, blocks] = ["User data clean-up completed", [`Run of ${job} for ${at}.`, { facts: summary }]] as const;
  await mailer.send({ key: `${job}/${at}/${address}`, kind: "cleanup-summary", to: { address }, subject: title, blocks });
}

const STEPS: { name: string; work(context: Context): Promise<number> }[] = [
  { name: "inactive users anonymized", work: anonymizeInactive },
  { name: "expired sessions deleted", work: deleteSessions },
  { name: "profiles without user deleted", work: deleteProfiles },
  { name: "orphaned files deleted", work: deleteFiles },
  { name: "old audit logs deleted", work: deleteAuditLogs },
];

/** Who never logged in is as old as the account. */
async function anonymizeInactive({ params, now, rows, sql }: Context): Promise<number> {
  const before = ago(now, params.inactiveAfter);
  const inactive: Condition = { column: "status", comparison: "=", value: "inactive" };
  const neverSeen: Condition = { column: "last_login_at", comparison: "=", value: null };
  const names = { name: "Anonymized User", first_name: "Anonymized", last_name: "User", phone: null, bio: null, avatar_url: null };
  const state = { status: "anonymized", digest_opt_in: 0, anonymized_at: now.toISOString() };
  const set = { ...names, ...state, email: sql`'anonymized_' || id || '@example.com'` };
  const options = { ...params, count: "usersAnonymized", action: "users.anonymized" };
  const away = await rows("users", { column: "last_login_at", before, where: [inactive] });
  const never = await rows("users", { column: "created_at", before, where: [inactive, neverSeen] });
  return (await away.update(set, options)) + (await never.update(set, options));
}

async function deleteSessions({ params, now, rows }: Context): Promise<number> {
  const old = await rows("sessions", { column: "expires_at", before: ago(now, params.sessionsAfter) });
  return old.delete({ ...params, count: "sessionsDeleted" });
}

async function deleteProfiles({ params, rows }: Context): Promise<number> {
  const orphans = await rows("user_profiles", { where: [{ column: "user_id", comparison: "=", value: null }] });
  return orphans.delete({ ...params, count: "profilesDeleted" });
}

async function deleteFiles(context: Context): Promise<number> {
  const { params, now } = context;
  return orphanedUploads(context, { ...params, before: ago(now, params.filesAfter), count: "filesDeleted" });
}

async function deleteAuditLogs({ params, now, rows }: Context): Promise<number> {
  const old = await rows("audit_logs", { column: "created_at", before: ago(now, params.auditAfter) });
  return old.delete({ ...params, count: "auditLogsDeleted" });
}
