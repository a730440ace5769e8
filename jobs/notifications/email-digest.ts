import {
  ago,
  bulkMailParams,
  countOf,
  DAY,
  defineJob,
  duration,
  flag,
  HOUR,
  integer,
  itemParams,
  type JobContext,
  type MailBlock,
  REACHABLE,
  type Recipient,
  utcDay,
  utcMinute,
} from "jobctl";

/**
 * Sends the users of each organization that has the digest on, and who have opted in, what is new since the last one: users, projects,
 * upvotes, security incidents.
 *
 * It writes `outbox`: one row per mail, and one per organization and day with the content, which is made once, so that all of the
 * day's mails say the same and the next digest begins where this one ended.
 * Safe to run again at any moment: a user has one digest a day (UTC); a second run sends to those whom the first did not reach.
 * Token platform rule: working days; only when the mail server answers and fewer than `rateLimit` mails went out in the last
 * hour; one organization's failure leaves the others alone. With `scope: organization` each run is for one of them.
 */
export default defineJob({
  description: "Send each organization's users a digest of what is new",
  params: {
    batchSize: integer({ min: 1, max: 1000, default: 10, unit: "mails", description: "mails between two looks at the rate limit" }),
    rateLimit: integer({ min: 1, default: 1000, unit: "mails", description: "at most so many within an hour, by all jobs" }),
    firstPeriod: duration({ default: "1d", description: "how far back an organization's first digest looks" }),
    skipEmpty: flag({ default: false, description: "send no digest that has nothing new" }),
    ...bulkMailParams,
    ...itemParams,
  },
  async check(context) {
    const why = await context.mailer.whyUnreachable();
    if (why !== undefined) return `the mail server can't be used: ${why}`;
    return (await tooMany(context)) ?? true;
  },
  async run(context) {
    for (const name of ["organizationsProcessed", "emailsSent", "alreadySentCount", "emptyCount"]) context.count(name, 0);
    const state = { sent: 0 };
    await context.each(
      letters(context, state),
      ({ organization, to }) => `${organization.name}: ${to.address}`,
      async (letter) => {
        await context.mailer.send(toMail(context, letter));
        state.sent += 1;
      },
    );
  },
});

/** An organization whose last digest is older than so many days gets one as if it were its first. */
const LOOK_BACK = 35;

interface Values {
  batchSize: number;
  rateLimit: number;
  firstPeriod: number;
  skipEmpty: boolean;
  unsubscribe: string | undefined;
}
type Context = JobContext<Values>;

interface Organization {
  id: string;
  name: string;
}

interface Content {
  since: string;
  until: string;
  newUsers: number;
  /** How many there are: the next digest tells from these what came since, for neither has a date. */
  projects: number;
  upvotes: number;
  newProjects: number;
  newUpvotes: number;
  incidents: number;
}

async function tooMany({ mailer, clock, params }: Context, more = 0): Promise<string | undefined> {
  const sent = (await mailer.sentSince(ago(clock(), HOUR))) + more;
  return sent < params.rateLimit ? undefined : `${sent} mails were sent within an hour, and the limit is ${params.rateLimit}`;
}

function organizations({ db, read, organization }: Context): AsyncGenerator<Organization> {
  return read({ key: "id" }, (after, size) => {
    const all = db.selectFrom("organizations").select(["id", "name"]).where("status", "=", "active").where("email_digest_enabled", "=", 1);
    const asked = organization === null ? all : all.where("id", "=", organization);
    return asked.where("id", ">", after).orderBy("id").limit(size).execute();
  });
}

interface Letter {
  organization: Organization;
  content: Content;
  to: Reader;
}

/** All mails of the day. An organization whose content or readers can't be read is reported, and the next one's turn comes. */
async function* letters(context: Context, state: { sent: number }): AsyncGenerator<Letter> {
  for await (const organization of organizations(context)) {
    try {
      const content = await contentOfToday(context, organization);
      context.count("organizationsProcessed");
      if (context.params.skipEmpty && isEmpty(content)) context.count("emptyCount");
      else for await (const to of recipients(context, organization, state)) yield { organization, content, to };
    } catch (error) {
      context.fail(`organization ${organization.name} (${organization.id})`, error);
    }
  }
}

/** Made by the first run of the day, and found by the others. */
async function contentOfToday(context: Context, organization: Organization): Promise<Content> {
  const { db, now, dryRun } = context;
  const key = contentKey(organization, now);
  const made = await storedContent(context, [key]);
  if (made) return made;
  const content = await makeContent(context, organization);
  if (dryRun) return content;
  await db
    .insertInto("outbox")
    .values({
      id: crypto.randomUUID(),
      dedupe_key: key,
      channel: "digest",
      kind: "email-digest-content",
      recipient: organization.id,
      subject: subjectOf(organization),
      body: JSON.stringify(content),
      status: "sent",
      created_at: now.toISOString(),
      sent_at: now.toISOString(),
    })
    .onConflict((conflict) => conflict.column("dedupe_key").doNothing())
    .execute();
  return (await storedContent(context, [key])) ?? content;
}

/** The newest under these keys. */
async function storedContent({ db }: Context, keys: string[]): Promise<Content | undefined> {
  const row = await db
    .selectFrom("outbox")
    .select("body")
    .where("dedupe_key", "in", keys)
    .orderBy("created_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return row && (JSON.parse(row.body) as Content);
}

function contentKey({ id }: Organization, day: Date): string {
  return `email-digest-content:${id}:${utcDay(day)}`;
}

async function makeContent(context: Context, organization: Organization): Promise<Content> {
  const { now, params } = context;
  const earlier = Array.from({ length: LOOK_BACK }, (_, index) => contentKey(organization, ago(now, (index + 1) * DAY)));
  const last = await storedContent(context, earlier);
  const since = last?.until ?? ago(now, params.firstPeriod).toISOString();
  const counts = await countAll(context, organization, { since, until: now.toISOString() });
  return {
    since,
    until: now.toISOString(),
    ...counts,
    newProjects: Math.max(0, counts.projects - (last?.projects ?? 0)),
    newUpvotes: Math.max(0, counts.upvotes - (last?.upvotes ?? 0)),
  };
}

async function countAll({ db }: Context, { id }: Organization, { since, until }: { since: string; until: string }) {
  const users = db.selectFrom("users").where("organization_id", "=", id).where("created_at", ">", since).where("created_at", "<=", until);
  const projects = db.selectFrom("projects").where("organization_id", "=", id);
  const upvotes = db.selectFrom("upvotes as v").innerJoin("projects as p", "p.id", "v.project_id").where("p.organization_id", "=", id);
  const incidents = db
    .selectFrom("security_incidents")
    .where("organization_id", "=", id)
    .where("detected_at", ">", since)
    .where("detected_at", "<=", until);
  return {
    newUsers: await countOf(users),
    projects: await countOf(projects),
    upvotes: await countOf(upvotes),
    incidents: await countOf(incidents),
  };
}

function isEmpty({ newUsers, newProjects, newUpvotes, incidents }: Content): boolean {
  return newUsers + newProjects + newUpvotes + incidents === 0;
}

/** In batches; no batch begins when the limit is reached. */
function recipients(context: Context, organization: Organization, state: { sent: number }): AsyncGenerator<Reader> {
  return context.read({ key: "id", size: context.params.batchSize }, async (after, size) => {
    const batch = await readers(context, organization, { after, size });
    const why = batch.length === 0 ? undefined : await tooMany(context, context.dryRun ? state.sent : 0);
    if (why !== undefined) throw new Error(`${why}; a later run goes on`);
    return batch;
  });
}

type Reader = Recipient & { id: string };

async function readers({ db }: Context, { id }: Organization, { after, size }: { after: string; size: number }): Promise<Reader[]> {
  return db
    .selectFrom("users")
    .select(["id", "email as address", "name"])
    .where("organization_id", "=", id)
    .where("digest_opt_in", "=", 1)
    .where("status", "in", REACHABLE)
    .where("id", ">", after)
    .orderBy("id")
    .limit(size)
    .execute();
}

function subjectOf({ name }: Organization): string {
  return `${name}: what is new`;
}

function toMail({ now, params }: Context, { organization, to, content }: Letter) {
  const { since, until, newUsers, newProjects, newUpvotes, incidents } = content;
  const facts = { "New users": newUsers, "New projects": newProjects, "New upvotes": newUpvotes, "Security incidents": incidents };
  const blocks: MailBlock[] = [
    isEmpty(content) ? "Nothing is new." : { facts },
    `From ${utcMinute(new Date(since))} to ${utcMinute(new Date(until))}.`,
  ];
  return { key: `email-digest:${to.id}:${utcDay(now)}`, kind: "email-digest", to, subject: subjectOf(organization), blocks, bulk: params };
}
