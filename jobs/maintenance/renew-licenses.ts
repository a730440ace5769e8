import { type AppRow, DAY, defineJob, itemParams, type JobContext } from "jobctl";

type Credential = AppRow<"credentials">;

/**
 * Looks after `credentials` of kind license and subscription that are active and whose `expires_at` has come: one with
 * `auto_renew` is extended by whole periods of `renew_days` until it ends in the future, any other becomes `expired`.
 *
 * Each in a transaction of its own with its `audit_logs` row (`credential.renewed`, `credential.expired`), so it is safe to
 * run again at any moment, also after a crash. One that should be renewed but says no `renew_days` is reported and left alone.
 * The rule is the admin server's license management.
 */
export default defineJob({
  description: "Extend the licenses and subscriptions that renew themselves, and expire the others",
  params: { ...itemParams },
  async run(context) {
    context.count("renewedCount", 0);
    context.count("expiredCount", 0);
    const due = await context.rows("credentials", {
      column: "expires_at",
      through: context.now,
      where: [
        { column: "kind", comparison: "=", value: ["license", "subscription"] },
        { column: "status", comparison: "=", value: "active" },
      ],
    });
    await context.each(
      due.read<Credential>({ key: "id" }),
      ({ id }) => `credential ${id}`,
      async (credential) => (credential.auto_renew ? renew(context, credential) : expire(context, credential)),
    );
  },
});

async function renew(context: JobContext, credential: Credential): Promise<void> {
  const expiresAt = renewed(credential, context.now);
  await change(context, credential, { count: "renewedCount", action: "credential.renewed", set: { expires_at: expiresAt } });
}

async function expire(context: JobContext, credential: Credential): Promise<void> {
  const set = { status: "expired" as const, expired_at: context.now.toISOString() };
  await change(context, credential, { count: "expiredCount", action: "credential.expired", set });
}

function renewed({ expires_at: from, renew_days: days }: Credential, now: Date): string {
  if (days === null || days < 1) throw new Error(`auto_renew is set, but renew_days is ${days}; it must be a number of days`);
  const end = Date.parse(from ?? "");
  if (Number.isNaN(end)) throw new Error(`expires_at is ${JSON.stringify(from)}; it must be an instant as UTC text`);
  const periods = Math.floor((now.getTime() - end) / (days * DAY)) + 1;
  return new Date(end + periods * days * DAY).toISOString();
}

interface Change {
  count: string;
  action: string;
  set: Partial<Credential>;
}

/** Counts only what is still as it was read. */
async function change(context: JobContext, credential: Credential, { count, action, set }: Change): Promise<void> {
  const { id, kind, name, organization_id: organization, expires_at: expiredAt } = credential;
  if (context.dryRun) return context.count(count);
  const changed = await context.db.transaction().execute(async (transaction) => {
    const update = transaction.updateTable("credentials").set(set).where("id", "=", id).where("status", "=", "active");
    const { numUpdatedRows } = await update.where("expires_at", "=", expiredAt).executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    const details = { kind, name, from: expiredAt, ...("expires_at" in set ? { to: set.expires_at ?? null } : {}) };
    await context.audit(transaction, { action, resource: "credential", resourceId: id, organization, details });
    return true;
  });
  if (changed) context.count(count);
}
