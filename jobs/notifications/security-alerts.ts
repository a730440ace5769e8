import {
  adminsOf,
  ago,
  type AppRow,
  defineJob,
  duration,
  integer,
  itemParams,
  type JobContext,
  list,
  type Mail,
  type Recipient,
  stableId,
  text,
  utcMinute,
} from "jobctl";
import { fields, findSigns, type SignParams } from "./security-alerts/signs.ts";

const action = text({ description: "an action of audit_logs" });

/**
 * Finds signs of an attack in the audit log of the last half hour, and tells the organization's admins of each incident once.
 *
 * It writes `security_incidents` (a kind and subject once in a window, although windows overlap), stamps `notified_at`,
 * writes `outbox` and sends the mail. The audit log stays as it is.
 * Safe to run again at any moment: an incident that not everybody could be told of is told by the next run to the others.
 * Admin server rules: 5 failed logins from one address in 30 minutes are HIGH; a user from 3 addresses is MEDIUM; more than
 * 5 grants of the admin role are HIGH; 5 failed second factors of a user are HIGH. A row has failed when its status is
 * `failure` or its action ends in `.failed`. An incident of which nobody can be told stays open, and is counted.
 */
export default defineJob({
  description: "Find signs of an attack in the audit log and tell the admins",
  params: {
    window: duration({ default: "30m", description: "how far back the audit log is read" }),
    failedLogins: integer({ min: 1, default: 5, unit: "logins", description: "so many failed ones from one address are an incident" }),
    addresses: integer({ min: 2, default: 3, unit: "addresses", description: "one user from so many is an incident" }),
    adminGrants: integer({ min: 0, default: 5, unit: "grants", description: "more than so many of the admin role are an incident" }),
    failedMfa: integer({ min: 1, default: 5, unit: "tries", description: "so many failed second factors of one user are an incident" }),
    loginActions: list(action, { default: ["login", "login.failed"], description: "what a login is called" }),
    mfaActions: list(action, { default: ["mfa", "mfa.verify", "mfa.failed"], description: "what a second factor is called" }),
    roleActions: list(action, {
      default: ["role.changed", "role.granted", "user.role_changed"],
      description: "what a change of role is called; metadata names the new one as role, newRole, new_role or to",
    }),
    to: list(text({ description: "address" }), { default: [], description: "mail addresses told besides the admins" }),
    ...itemParams,
  },
  async run(context) {
    for (const name of ["incidentsDetected", "notifiedCount", "emailsSent", "noContactCount"]) context.count(name, 0);
    const fresh = await newIncidents(context);
    context.count("incidentsDetected", fresh.length);
    if (!context.dryRun) await insert(context, fresh);
    await context.each(
      untold(context, context.dryRun ? fresh : []),
      ({ id, type }) => `incident ${id} (${type})`,
      (incident) => tell(context, incident),
    );
  },
});

type Context = JobContext<SignParams & { to: string[] }>;

/** `details` is JSON with the subject, what was found and how often. */
type Incident = Omit<AppRow<"security_incidents">, "notified_at">;

/** What the window shows and no incident of the same window tells already. */
async function newIncidents(context: Context): Promise<Incident[]> {
  const { db, now, params } = context;
  const from = ago(now, params.window).toISOString();
  const known = await db.selectFrom("security_incidents").select(["type", "details"]).where("detected_at", ">=", from).execute();
  const told = new Set(known.map(({ type, details }) => `${type} ${subjectOf(details)}`));
  const signs = await findSigns(context);
  const bucket = Math.floor(now.getTime() / Math.max(1, params.window));
  return signs
    .filter(({ type, subject }) => !told.has(`${type} ${subject}`))
    .map(({ type, severity, organization, ...details }) => ({
      id: stableId("security-incident", type, details.subject, String(bucket)),
      organization_id: organization,
      type,
      severity,
      details: JSON.stringify(details),
      detected_at: now.toISOString(),
    }));
}

function subjectOf(details: string | null): string {
  return String(fields(details)["subject"]);
}

async function insert({ db }: Context, incidents: Incident[]): Promise<void> {
  for (const incident of incidents) {
    await db
      .insertInto("security_incidents")
      .values(incident)
      .onConflict((conflict) => conflict.column("id").doNothing())
      .execute();
  }
}

async function* untold({ db, read }: Context, fresh: Incident[]): AsyncGenerator<Incident> {
  yield* read({ key: "id" }, (after, size) =>
    db
      .selectFrom("security_incidents")
      .selectAll()
      .where("notified_at", "is", null)
      .where("id", ">", after)
      .orderBy("id")
      .limit(size)
      .execute(),
  );
  yield* fresh;
}

/** Notified is an incident of which somebody was told, and nobody is left who could be told by a later run. */
async function tell(context: Context, incident: Incident): Promise<void> {
  const recipients = await recipientsOf(context, incident);
  if (recipients.length === 0) return context.count("noContactCount");
  const reasons: string[] = [];
  const state = { told: false, open: false };
  for (const to of recipients) {
    const outcome = await context.mailer.attempt(toMail(incident, to));
    if ("reason" in outcome) reasons.push(`${to.address}: ${outcome.reason}`);
    if (outcome.status === "sent" || outcome.status === "already-sent") state.told = true;
    else if (outcome.status !== "refused") state.open = true;
  }
  if (state.told && !state.open) await stamp(context, incident);
  if (reasons.length > 0) throw new Error(reasons.join("; "));
}

async function recipientsOf({ db, params }: Context, incident: Incident): Promise<Recipient[]> {
  const admins: Recipient[] = await adminsOf(db, incident.organization_id);
  const known = new Set(admins.map(({ address }) => address));
  return [...admins, ...params.to.filter((address) => !known.has(address)).map((address) => ({ address }))];
}

async function stamp({ db, count, clock, dryRun }: Context, { id }: Incident): Promise<void> {
  count("notifiedCount");
  if (dryRun) return;
  await db
    .updateTable("security_incidents")
    .set({ notified_at: clock().toISOString() })
    .where("id", "=", id)
    .where("notified_at", "is", null)
    .execute();
}

function toMail({ id, type, severity, details, detected_at }: Incident, to: Recipient): Mail {
  const { subject = "unknown", found = type, amount } = fields(details);
  return {
    key: `security-alert:${id}:${to.address}`,
    kind: "security-alert",
    to,
    subject: `[${severity.toUpperCase()}] Security: ${String(found)}`,
    blocks: [
      `A pattern that may be an attack was found in the audit log.`,
      {
        facts: {
          What: String(found),
          Subject: String(subject),
          ...(amount === undefined ? {} : { Count: String(amount) }),
          Severity: severity,
          Detected: utcMinute(new Date(detected_at)),
          Incident: id,
        },
      },
    ],
  };
}
