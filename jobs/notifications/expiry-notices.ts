import { adminsOf, ago, DAY, defineJob, duration, HOUR, itemParams, type JobContext, list, type Person, utcMinute } from "jobctl";

/**
 * Tells an organization's admins of its API keys, certificates, licences and subscriptions that are about to expire: once
 * for each lead (30 days, 7 days, 1 day before).
 *
 * It sends mail and writes `outbox`; the credentials stay as they are.
 * Safe to run again at any moment: the key of a mail names the credential, its expiry, the lead and the admin. One that is
 * found late is told once, for the shortest lead that it is within; one that is renewed is told anew when that expires.
 * Admin server rule: 30, 7 and 1 days. Where nobody can be told, the credential is skipped and counted.
 */
export default defineJob({
  description: "Tell admins of credentials that are about to expire",
  params: {
    leads: list(duration({ description: "how long before" }), {
      default: ["30d", "7d", "1d"],
      description: "how long before the expiry admins are told",
    }),
    ...itemParams,
  },
  async run(context) {
    for (const name of ["expiringCount", "emailsSent", "alreadySentCount", "noContactCount"]) context.count(name, 0);
    await context.each(
      notices(context, context.params.leads),
      ({ credential, admin }) => `${credential.name} (${credential.id}) to ${admin.address}`,
      (notice) => context.mailer.send(toMail(notice)),
    );
  },
});

type Context = JobContext<unknown>;

interface Credential {
  id: string;
  name: string;
  kind: string;
  organization: string | null;
  organizationName: string | null;
  autoRenew: number;
  expiresAt: string;
}

interface Notice {
  credential: Credential;
  admin: Person;
  /** Milliseconds. */
  lead: number;
}

/** One per credential and admin. */
async function* notices(context: Context, leads: number[]): AsyncGenerator<Notice> {
  const admins = new Map<string | null, Promise<Person[]>>();
  for await (const credential of expiring(context, Math.max(0, ...leads))) {
    context.count("expiringCount");
    const { organization, expiresAt } = credential;
    if (!admins.has(organization)) admins.set(organization, adminsOf(context.db, organization));
    const told = (await admins.get(organization)) ?? [];
    if (told.length === 0) context.count("noContactCount");
    const lead = Math.min(...leads.filter((each) => Date.parse(expiresAt) - context.now.getTime() <= each));
    for (const admin of told) yield { credential, admin, lead };
  }
}

function expiring({ db, read, now }: Context, longest: number): AsyncGenerator<Credential> {
  return read({ key: "id" }, (after, size) =>
    db
      .selectFrom("credentials as c")
      .leftJoin("organizations as o", "o.id", "c.organization_id")
      .select(["c.id", "c.name", "c.kind", "c.organization_id as organization", "o.name as organizationName"])
      .select("c.auto_renew as autoRenew")
      .select(({ ref }) => ref("c.expires_at").$notNull().as("expiresAt"))
      .where("c.status", "=", "active")
      .where("c.expires_at", ">", now.toISOString())
      .where("c.expires_at", "<=", ago(now, -longest).toISOString())
      .where("c.id", ">", after)
      .orderBy("c.id")
      .limit(size)
      .execute(),
  );
}

function toMail({ credential, admin, lead }: Notice) {
  const { id, name, kind, expiresAt, organizationName, autoRenew } = credential;
  const within = lead % DAY === 0 ? `${lead / DAY} ${lead === DAY ? "day" : "days"}` : `${Math.round(lead / HOUR)} hours`;
  return {
    key: `expiry-notice:${id}:${expiresAt}:${lead}:${admin.id}`,
    kind: "expiry-notice",
    to: admin,
    subject: `Expires within ${within}: ${kind.replace("_", " ")} ${name}`,
    blocks: [
      {
        facts: {
          Name: name,
          Kind: kind.replace("_", " "),
          ...(organizationName ? { Organization: organizationName } : {}),
          Expires: utcMinute(new Date(expiresAt)),
        },
      },
      autoRenew === 1 ? "It is set to renew itself." : "Renew or replace it before then.",
    ],
  };
}
