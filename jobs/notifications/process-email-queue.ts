import { ago, bulkMailParams, defineJob, integer, itemParams, type JobContext, type Mail, MINUTE, REACHABLE } from "jobctl";

/**
 * Sends the notification mails of `notification_email_queue` that are due: one mail per row, with all of the row's notifications.
 *
 * It changes the queue's rows (claim, attempts, outcome) and writes `outbox`. A row is claimed before it is sent; the
 * claim of a worker that died ends after five minutes, longer than any try to send lasts.
 * Safe to run again at any moment and beside itself: a mail is sent once per row; a worker that dies between the server's
 * answer and the record of it makes one repeat at most, with the same Message-ID.
 * Client portal rule: a mail that could not be sent waits 2 minutes, 10 minutes, 1 hour, then it is `abandoned`. One that
 * the server will never take (5xx) is `failed` at once; one without notifications or without a user to read them is abandoned.
 */
export default defineJob({
  description: "Send the notification mails that are due, each once",
  params: {
    limit: integer({ min: 1, max: 10_000, default: 50, unit: "mails", description: "at most so many a run" }),
    ...bulkMailParams,
    ...itemParams,
  },
  async run(context) {
    const { params, each } = context;
    for (const name of ["emailsSent", "retryCount", "failedCount", "abandonedCount"]) context.count(name, 0);
    const rows = await dueRows(context, params.limit);
    const state = { serverGone: false };
    await each(
      whileServed(rows, state),
      ({ id }) => `mail ${id}`,
      (row) => serve(context, row, state),
    );
  },
});

/** How long to wait after the first, second and third failure. */
const WAITS = [2 * MINUTE, 10 * MINUTE, 60 * MINUTE];
const LEASE = 5 * MINUTE;

type Context = JobContext<{ unsubscribe: string | undefined }>;

interface Row {
  id: string;
  user_id: string;
  attempts: number;
}

async function dueRows(context: Context, limit: number): Promise<Row[]> {
  return context.db
    .selectFrom("notification_email_queue")
    .select(["id", "user_id", "attempts"])
    .where(isDue(context))
    .orderBy("scheduled_for")
    .orderBy("id")
    .limit(limit)
    .execute();
}

/** Its time has come, or the worker that had it is dead. */
function isDue({ sql, now, clock }: Context) {
  const left = ago(clock(), LEASE).toISOString();
  return sql<boolean>`((status = 'pending' AND scheduled_for <= ${now.toISOString()})
    OR (status = 'processing' AND (claimed_at IS NULL OR claimed_at < ${left})))`;
}

function* whileServed(rows: Row[], state: { serverGone: boolean }): Generator<Row> {
  for (const row of rows) {
    if (state.serverGone) return;
    yield row;
  }
}

async function serve(context: Context, row: Row, state: { serverGone: boolean }): Promise<void> {
  if (!context.dryRun && !(await claim(context, row))) return;
  const mail = await compose(context, row);
  if ("impossible" in mail) return giveUp(context, row, mail.impossible);
  const outcome = await send(context, row, mail);
  if (!("reason" in outcome)) {
    if (outcome.status !== "elsewhere") await settle(context, row, { status: "sent", sent_at: context.clock().toISOString() });
    return;
  }
  state.serverGone = outcome.status === "unreachable";
  await postpone(context, row, outcome);
  throw new Error(outcome.reason);
}

/** One of two runners who try gets it: the other's update finds it no longer due. */
async function claim(context: Context, { id }: Row): Promise<boolean> {
  const { numUpdatedRows } = await context.db
    .updateTable("notification_email_queue")
    .set(({ eb }) => ({
      status: "processing" as const,
      claimed_by: context.runKey,
      claimed_at: context.clock().toISOString(),
      attempts: eb("attempts", "+", 1),
    }))
    .where("id", "=", id)
    .where(isDue(context))
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

async function compose({ db, params }: Context, { id, user_id, attempts }: Row): Promise<Mail | { impossible: string }> {
  if (attempts > WAITS.length) return { impossible: `${attempts} workers died while they sent it` };
  const user = await db.selectFrom("users").select(["email", "name", "status"]).where("id", "=", user_id).executeTakeFirst();
  if (!user || !REACHABLE.some((status) => status === user.status)) return { impossible: `the user is ${user?.status ?? "gone"}` };
  const items = await db
    .selectFrom("notification_email_items as item")
    .innerJoin("notifications as n", "n.id", "item.notification_id")
    .leftJoin("projects as p", "p.id", "n.project_id")
    .select(["n.title", "n.message", "p.title as project"])
    .where("item.queue_id", "=", id)
    .orderBy("n.created_at")
    .orderBy("n.id")
    .execute();
  const [first, ...more] = items;
  if (!first) return { impossible: "it has no notifications" };
  return {
    key: `notification-queue:${id}`,
    kind: "notification",
    to: { address: user.email, name: user.name },
    subject: more.length === 0 ? first.title : `${items.length} new notifications`,
    blocks: items.map(({ title, message, project }) => `${project === null ? title : `${project}: ${title}`}\n${message}`),
    bulk: params,
  };
}

/** One try: the queue has its own waits. A cancelled run gives its claim back. */
async function send(context: Context, row: Row, mail: Mail) {
  try {
    return await context.mailer.attempt(mail, { tries: 1 });
  } catch (error) {
    await settle(context, row, { status: "pending", attempts: row.attempts });
    throw error;
  }
}

async function postpone(context: Context, row: Row, { status, reason }: { status: string; reason: string }): Promise<void> {
  const wait = WAITS[row.attempts];
  const next = status === "refused" ? "failed" : wait === undefined ? "abandoned" : "pending";
  context.count(({ failed: "failedCount", abandoned: "abandonedCount", pending: "retryCount" } as const)[next]);
  const later = next === "pending" ? { scheduled_for: ago(context.clock(), -(wait ?? 0)).toISOString() } : {};
  await settle(context, row, { status: next, error_message: reason, ...later });
}

async function giveUp(context: Context, row: Row, reason: string): Promise<void> {
  context.count("abandonedCount");
  context.logger.warn("abandoned", { mail: row.id, why: reason });
  await settle(context, row, { status: "abandoned", error_message: reason });
}

interface Settled {
  status: "pending" | "sent" | "failed" | "abandoned";
  attempts?: number;
  scheduled_for?: string;
  sent_at?: string;
  error_message?: string;
}

/** Ends our claim, where it is still ours. */
async function settle({ db, dryRun, runKey }: Context, { id }: Row, values: Settled): Promise<void> {
  if (dryRun) return;
  await db
    .updateTable("notification_email_queue")
    .set({ error_message: null, ...values, claimed_by: null, claimed_at: null })
    .where("id", "=", id)
    .where("status", "=", "processing")
    .where("claimed_by", "=", runKey)
    .execute();
}
