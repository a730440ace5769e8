import { ago, defineJob, duration, itemParams, type JobContext, REACHABLE, utcDay } from "jobctl";

/**
 * Reminds the primary contact of each project whose advance is paid and whose balance is not, once a day until it is.
 *
 * It writes one row of `payment_reminders` per project and day, which its UNIQUE key keeps to one, `outbox`, and sends the mail.
 * Safe to run again at any moment: a project that was reminded today is not reminded again; one whose mail failed is.
 * Client portal rule: more than three days after the advance. Only a contact who is still a member is written to; a
 * project without one is skipped and counted.
 */
export default defineJob({
  description: "Remind the clients of overdue balances, once a day",
  params: {
    after: duration({ default: "3d", description: "how long after the advance was paid a balance is overdue" }),
    ...itemParams,
  },
  async run(context) {
    const { params, now, each } = context;
    for (const name of ["overdueCount", "emailsSent", "alreadySentCount", "noContactCount"]) context.count(name, 0);
    const cutoff = ago(now, params.after).toISOString();
    await each(
      overdue(context, cutoff),
      ({ id, title }) => `project ${id} (${title})`,
      (project) => remind(context, project),
    );
    return { cutoff };
  },
});

type Context = JobContext<unknown>;

interface Project {
  id: string;
  title: string;
  balance: number;
  currency: string;
}

function overdue({ db, read }: Context, cutoff: string): AsyncGenerator<Project> {
  return read({ key: "id" }, (after, size) =>
    db
      .selectFrom("project_payment_status as payment")
      .innerJoin("projects as p", "p.id", "payment.project_id")
      .select(["p.id", "p.title", "payment.balance_minor as balance", "payment.currency"])
      .where("payment.advance_paid_at", "<", cutoff)
      .where("payment.balance_paid_at", "is", null)
      .where("payment.balance_minor", ">", 0)
      .where("p.id", ">", after)
      .orderBy("p.id")
      .limit(size)
      .execute(),
  );
}

async function remind(context: Context, project: Project): Promise<void> {
  context.count("overdueCount");
  const contact = await contactOf(context, project);
  if (!contact) return context.count("noContactCount");
  const subject = `Open balance of ${project.title}`;
  const day = utcDay(context.now);
  if (!(await reserve(context, { project, contact, subject, day }))) return context.count("alreadySentCount");
  const mail = {
    key: `payment-reminder:${project.id}:${day}`,
    kind: "payment-reminder",
    to: { address: contact.email, name: contact.name },
    subject,
    blocks: [
      `Hello${contact.name ? ` ${contact.name}` : ""},`,
      `the advance of ${project.title} is paid, the balance is still open.`,
      { facts: { Project: project.title, "Open balance": money(project) } },
      "If you have paid in the meantime, please ignore this mail.",
    ],
  };
  try {
    const outcome = await context.mailer.send(mail);
    if (outcome !== "elsewhere")
      await settle(context, { project, day }, { status: "SENT", sent_at: context.clock().toISOString(), last_error: null });
  } catch (error) {
    await settle(context, { project, day }, { status: "FAILED", last_error: String(error instanceof Error ? error.message : error) });
    throw error;
  }
}

interface Contact {
  id: string;
  email: string;
  name: string | null;
}

async function contactOf({ db }: Context, { id }: Project): Promise<Contact | undefined> {
  return db
    .selectFrom("project_members as member")
    .innerJoin("users as u", "u.id", "member.user_id")
    .select(["u.id", "u.email", "u.name"])
    .where("member.project_id", "=", id)
    .where("member.is_primary_contact", "=", 1)
    .where("member.removed_at", "is", null)
    .where("u.status", "in", REACHABLE)
    .orderBy("member.id")
    .executeTakeFirst();
}

interface Reminder {
  project: Project;
  contact: Contact;
  subject: string;
  day: string;
}

/** The day's row of this project, made or found; false where it says that the mail is out. */
async function reserve({ db, dryRun, now }: Context, { project, contact, subject, day }: Reminder): Promise<boolean> {
  if (!dryRun) {
    await db
      .insertInto("payment_reminders")
      .values({
        id: crypto.randomUUID(),
        project_id: project.id,
        type: TYPE,
        status: "PENDING",
        reminder_date: day,
        scheduled_for: now.toISOString(),
        recipient_user_id: contact.id,
        recipient_email: contact.email,
        email_subject: subject,
        email_template: "balance-due",
      })
      .onConflict((conflict) => conflict.columns(["project_id", "type", "reminder_date"]).doNothing())
      .execute();
  }
  const row = await db
    .selectFrom("payment_reminders")
    .select("status")
    .where("project_id", "=", project.id)
    .where("type", "=", TYPE)
    .where("reminder_date", "=", day)
    .executeTakeFirst();
  return row?.status !== "SENT";
}

const TYPE = "BALANCE_DUE";

async function settle(
  { db, dryRun }: Context,
  { project, day }: { project: Project; day: string },
  values: { status: "SENT" | "FAILED"; sent_at?: string; last_error: string | null },
): Promise<void> {
  if (dryRun) return;
  await db
    .updateTable("payment_reminders")
    .set(({ eb }) => Object.assign({ attempts: eb("attempts", "+", 1) }, values))
    .where("project_id", "=", project.id)
    .where("type", "=", TYPE)
    .where("reminder_date", "=", day)
    .execute();
}

/** Minor units as people write them: how many digits a currency has is Intl's to know (ISO 4217). */
function money({ balance, currency }: Project): string {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return format.format(balance / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}
