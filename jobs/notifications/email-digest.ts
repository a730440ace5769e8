import {
  ago,
  bulkMailParams,
  countOf,
  defineJob,
  duration,
  flag,
  HOUR,
  inGroups,
  integer,
  itemParams,
  type JobContext,
  type MailBlock,
  REACHABLE,
  utcMinute,
} from "jobctl";
import {
  type Edition,
  type Editions,
  isEmpty,
  mailKey,
  makeEdition,
  noteFirst,
  type Organization,
  owed,
  reached,
  type Reader,
  storedEditions,
  subjectOf,
} from "./email-digest/editions.ts";

/**
 * Sends the users of each organization that has the digest on, and who have opted in, what is new since the last one: users, projects,
 * upvotes, security incidents.
 *
 * It writes `outbox`: one row per mail, and one per organization and day with the edition, which is made once, so that all of the
 * day's mails say the same and the next edition begins where this one ended.
 * Safe to run again at any moment: a user has one digest a day (UTC); a second run sends to those whom the first did not reach.
 * Who is not reached on a day is told with the next digest what that one would have said (of 35 days at most).
 * Token platform rule: working days; only when the mail server answers and fewer than `rateLimit` mails went out in the last
 * hour; one organization's failure leaves the others alone. With `scope: organization` each run is for one of them.
 * Readers beyond the rate limit are no failure: they are counted (`leftCount`), and the next run, whenever it is due, begins with
 * them. In a dry run with `scope: organization` each run has the whole limit to itself, for none of them sends.
 */
export default defineJob({
  description: "Send each organization's users a digest of what is new",
  params: {
    batchSize: integer({ min: 1, max: 1000, default: 10, unit: "mails", description: "mails between two looks at the rate limit" }),
    rateLimit: integer({
      min: 1,
      default: 1000,
      unit: "mails",
      description: "at most so many within an hour, by all jobs; who is left has the next run's first turn",
    }),
    firstPeriod: duration({ default: "1d", description: "how far back an organization's first digest looks" }),
    skipEmpty: flag({ default: false, description: "send no digest that has nothing new" }),
    ...bulkMailParams,
    ...itemParams,
  },
  async check({ mailer }) {
    const why = await mailer.whyUnreachable();
    return why === undefined || `the mail server can't be used: ${why}`;
  },
  async run(context) {
    for (const name of ["organizationsProcessed", "emailsSent", "alreadySentCount", "emptyCount", "leftCount"]) context.count(name, 0);
    const state: State = { sent: 0, left: 0 };
    await context.each(
      letters(context, state),
      ({ organization, to }) => `${organization.name}: ${to.address}`,
      async (letter) => {
        await context.mailer.send(toMail(context, letter));
        state.sent += 1;
      },
    );
    if (state.left > 0) context.logger.warn(LIMIT_REACHED, { rateLimit: context.params.rateLimit, leftCount: state.left });
  },
});

const LIMIT_REACHED = "the rate limit was reached: who is left gets the digest from the next run, with what is new by then";

interface Values {
  batchSize: number;
  rateLimit: number;
  firstPeriod: number;
  skipEmpty: boolean;
  unsubscribe: string | undefined;
}
type Context = JobContext<Values>;

interface State {
  sent: number;
  /** Readers for whom there was no room. */
  left: number;
}

interface Letter {
  organization: Organization;
  edition: Edition;
  content: Edition;
  to: Reader;
}

/** All mails of the day. An organization whose content or readers can't be read is reported, and the next one's turn comes. */
async function* letters(context: Context, state: State): AsyncGenerator<Letter> {
  for (const organization of await organizations(context)) {
    try {
      yield* lettersOf(context, organization, state);
    } catch (error) {
      context.signal.throwIfAborted();
      context.fail(`organization ${organization.name} (${organization.id})`, error);
    }
  }
}

/** Those that have waited longest come first. */
async function organizations({ db, organization }: Context): Promise<Organization[]> {
  const all = db
    .selectFrom("organizations as o")
    .select(["o.id", "o.name"])
    .where("o.status", "=", "active")
    .where("o.email_digest_enabled", "=", 1);
  if (organization !== null) return all.where("o.id", "=", organization).execute();
  return all
    .leftJoin("outbox as last", (join) => join.onRef("last.recipient", "=", "o.id").on("last.kind", "=", "email-digest-content"))
    .groupBy(["o.id", "o.name"])
    .orderBy(({ fn, val }) => fn.coalesce(fn.max("last.created_at"), val("")))
    .orderBy("o.id")
    .execute();
}

/** Without room for one mail no edition is made: that of a later run tells all. */
async function* lettersOf(context: Context, organization: Organization, state: State): AsyncGenerator<Letter> {
  const { today, earlier } = await storedEditions(context, organization);
  if (!today && (await room(context, state)) <= 0) return leave(context, state, await countOf(readers(context, organization)));
  const editions: Editions = [today ?? (await makeEdition(context, organization, earlier[0])), ...earlier];
  context.count("organizationsProcessed");
  if (context.params.skipEmpty && isEmpty(editions[0])) context.count("emptyCount");
  yield* inTurn(context, { organization, editions }, state);
}

function leave(context: Context, state: State, amount: number): void {
  state.left += amount;
  context.count("leftCount", amount);
}

interface Issue {
  organization: Organization;
  editions: Editions;
}

/** How many mails may be sent now. */
async function room({ mailer, clock, params, dryRun }: Context, { sent }: State): Promise<number> {
  return params.rateLimit - (await mailer.sentSince(ago(clock(), HOUR))) - (dryRun ? sent : 0);
}

/** A look at the rate limit before each batch; the next run begins with the first for whom there was no room. */
async function* inTurn(context: Context, issue: Issue, state: State): AsyncGenerator<Letter> {
  let noted = false;
  for await (const batch of inGroups(waiting(context, issue), context.params.batchSize)) {
    const free = Math.max(0, await room(context, state));
    yield* batch.slice(0, free);
    const [first, ...others] = batch.slice(free);
    if (!first) continue;
    leave(context, state, 1 + others.length);
    if (!noted) await noteFirst(context, first);
    noted = true;
  }
}

/** One for each reader whom today's edition has not reached. */
async function* waiting(context: Context, { organization, editions }: Issue): AsyncGenerator<Letter> {
  const { params } = context;
  for await (const group of inGroups(inOrder(context, organization, editions[0].first ?? ""), params.batchSize)) {
    const got = await reached(context, group, editions[0]);
    context.count("alreadySentCount", got.size);
    const contents = await owed(
      context,
      group.filter((reader) => !got.has(reader)),
      editions,
    );
    for (const [to, content] of contents)
      if (!params.skipEmpty || !isEmpty(content)) yield { organization, edition: editions[0], content, to };
  }
}

/** All of them, from one on and around. */
async function* inOrder(context: Context, organization: Organization, first: string): AsyncGenerator<Reader> {
  const all = readers(context, organization).select(["u.id", "u.email as address", "u.name", "u.created_at as createdAt"]);
  for (const comparison of [">=", "<"] as const) {
    const some = all.where("u.id", comparison, first);
    yield* context.read({ key: "id" }, (after, size) => some.where("u.id", ">", after).orderBy("u.id").limit(size).execute());
  }
}

function readers({ db }: Pick<Context, "db">, { id }: Organization) {
  return db
    .selectFrom("users as u")
    .where("u.organization_id", "=", id)
    .where("u.digest_opt_in", "=", 1)
    .where("u.status", "in", REACHABLE);
}

function toMail({ params }: Context, { organization, edition, to, content }: Letter) {
  const { since, until, newUsers, newProjects, newUpvotes, incidents } = content;
  const facts = { "New users": newUsers, "New projects": newProjects, "New upvotes": newUpvotes, "Security incidents": incidents };
  const blocks: MailBlock[] = [
    isEmpty(content) ? "Nothing is new." : { facts },
    `From ${utcMinute(new Date(since))} to ${utcMinute(new Date(until))}.`,
  ];
  return { key: mailKey(to, edition), kind: "email-digest", to, subject: subjectOf(organization), blocks, bulk: params };
}
