import { ago, type AppRow, type Condition, defineJob, duration, itemParams, type JobContext } from "jobctl";

type Request = AppRow<"deletion_requests">;
type Transaction = Parameters<JobContext["audit"]>[0];

/**
 * Carries out the deletion requests that are older than `grace`, each in a transaction of its own: the user is anonymized
 * (`anonymize_contributions`) or deleted with all data, and the request is `completed` with its outcome. The request's row
 * outlives the user; one whose user is gone already is completed as `already_gone`.
 *
 * Each writes one `audit_logs` row (`user.anonymized`, `user.deleted`), which names the request and no person. A request
 * that fails keeps its `last_error`, is reported, and is tried again by the next run, as is one that a dead worker left
 * `processing`; cancelled ones are left alone. So it is safe to run again at any moment, also after a crash.
 * The 30 days of grace are the marketplace's rule: so long a user may take the request back.
 */
export default defineJob({
  description: "Anonymize or delete the users whose deletion request is past its grace",
  params: {
    grace: duration({ default: "30d", description: "how long before now a request was made" }),
    ...itemParams,
  },
  async run(context) {
    const cutoff = ago(context.now, context.params.grace);
    for (const outcome of ["anonymized", "deleted", "already_gone"] as const) context.count(COUNTS[outcome], 0);
    const due = await context.rows("deletion_requests", { column: "requested_at", before: cutoff, where: [isOpen] });
    const name = ({ id }: Request): string => `request ${id}`;
    await context.each(due.read<Request>({ key: "id" }), name, async (request) => finalize(context, request));
    return { cutoff: cutoff.toISOString() };
  },
});

const OPEN: Request["status"][] = ["pending", "processing", "failed"];
const isOpen: Condition = { column: "status", comparison: "=", value: OPEN };
const COUNTS = { anonymized: "anonymizedCount", deleted: "deletedCount", already_gone: "alreadyGoneCount" } as const;
type Outcome = keyof typeof COUNTS;

async function finalize(context: JobContext, request: Request): Promise<void> {
  const { db, dryRun } = context;
  try {
    const outcome = dryRun ? await outcomeFor(db, request) : await db.transaction().execute(async (all) => complete(context, all, request));
    if (outcome) context.count(COUNTS[outcome]);
  } catch (error) {
    const last_error = error instanceof Error ? error.message : String(error);
    const open = db.updateTable("deletion_requests").where("id", "=", request.id).where("status", "!=", "completed");
    if (!dryRun) await open.set({ status: "failed", last_error }).execute();
    throw error;
  }
}

async function outcomeFor(db: Pick<Transaction, "selectFrom">, { user_id, anonymize_contributions }: Request): Promise<Outcome> {
  const user = await db.selectFrom("users").select("id").where("id", "=", user_id).executeTakeFirst();
  if (!user) return "already_gone";
  return anonymize_contributions ? "anonymized" : "deleted";
}

/** Undefined where the request was taken back, or another worker finished it, since it was read. */
async function complete(context: JobContext, transaction: Transaction, request: Request): Promise<Outcome | undefined> {
  const now = context.now.toISOString();
  const own = transaction.updateTable("deletion_requests").where("id", "=", request.id);
  const { numUpdatedRows } = await own.where("status", "in", OPEN).set({ status: "processing" }).executeTakeFirst();
  if (numUpdatedRows === 0n) return undefined;
  const outcome = await outcomeFor(transaction, request);
  if (outcome === "anonymized") await anonymize(transaction, request.user_id ?? "", now);
  if (outcome === "deleted") await erase(transaction, request.user_id ?? "");
  await own.set({ status: "completed", outcome, completed_at: now, last_error: null }).execute();
  const details = { requestedAt: request.requested_at };
  await context.audit(transaction, { action: `user.${outcome}`, resource: "deletion_request", resourceId: request.id, details });
  return outcome;
}

/** The account stays, as nobody's: what it contributed keeps its place. Whoever was logged in is no longer. */
async function anonymize(transaction: Transaction, id: string, now: string): Promise<void> {
  await forgetAddress(transaction, id);
  for (const table of ["push_tokens", "auth_tokens", "sessions", "consent_records", "notification_email_queue"] as const) {
    await transaction.deleteFrom(table).where("user_id", "=", id).execute();
  }
  await transaction.updateTable("audit_logs").set({ user_id: null }).where("user_id", "=", id).execute();
  const nobody = { name: "[Deleted User]", first_name: null, last_name: null, phone: null, bio: null, avatar_url: null };
  const hidden = { show_email_on_profile: 0, include_in_search: 0, show_activity_publicly: 0, digest_opt_in: 0 };
  await transaction
    .updateTable("users")
    .set({ ...nobody, ...hidden, email: deletedAddress(id), status: "anonymized", anonymized_at: now })
    .where("id", "=", id)
    .execute();
}

/** The database's own keys take what belongs to the user, and unlink the audit rows; a profile would stay behind without its user. */
async function erase(transaction: Transaction, id: string): Promise<void> {
  await forgetAddress(transaction, id);
  await transaction.deleteFrom("user_profiles").where("user_id", "=", id).execute();
  await transaction.deleteFrom("users").where("id", "=", id).execute();
}

/** The address is also where no key leads: in mails that were sent, and in reminders, which stay for the project. */
async function forgetAddress(transaction: Transaction, id: string): Promise<void> {
  const { email } = await transaction.selectFrom("users").select("email").where("id", "=", id).executeTakeFirstOrThrow();
  await transaction.deleteFrom("outbox").where("recipient", "=", email).execute();
  await transaction
    .updateTable("payment_reminders")
    .set({ recipient_email: deletedAddress(id) })
    .where("recipient_user_id", "=", id)
    .execute();
}

function deletedAddress(id: string): string {
  return `deleted-${id}@deleted.local`;
}
