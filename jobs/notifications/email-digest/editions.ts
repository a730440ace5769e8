import { ago, countOf, DAY, type JobContext, utcDay } from "jobctl";

/** What is new in an organization between two instants. `outbox` keeps one per organization and day. */
export interface Edition {
  since: string;
  until: string;
  newUsers: number;
  /** How many there are: the next edition tells from these what came since, for neither has a date. */
  projects: number;
  upvotes: number;
  newProjects: number;
  newUpvotes: number;
  incidents: number;
  /** The first reader for whom the rate limit left no room: the next run begins with this one. */
  first?: string;
}

export type Editions = readonly [newest: Edition, ...earlier: Edition[]];

export interface Organization {
  id: string;
  name: string;
}

export interface Reader {
  id: string;
  address: string;
  name: string | null;
  createdAt: string;
}

type Context = JobContext<{ firstPeriod: number }>;

/** An organization whose last edition is older than so many days gets one as if it were its first, and no reader gets an older one. */
const LOOK_BACK = 35;

/** Those of the last weeks, newest first. */
export async function storedEditions(
  { db, now }: Context,
  organization: Organization,
): Promise<{ today: Edition | undefined; earlier: Edition[] }> {
  const keys = Array.from({ length: LOOK_BACK + 1 }, (_, index) => editionKey(organization, utcDay(ago(now, index * DAY))));
  const rows = await db.selectFrom("outbox").select("body").where("dedupe_key", "in", keys).orderBy("created_at", "desc").execute();
  const all = rows.map(({ body }) => JSON.parse(body) as Edition);
  const isToday = (edition: Edition): boolean => dayOf(edition) === utcDay(now);
  return { today: all.find(isToday), earlier: all.filter((each) => !isToday(each)) };
}

function dayOf({ until }: Edition): string {
  return until.slice(0, 10);
}

function editionKey({ id }: Organization, day: string): string {
  return `email-digest-content:${id}:${day}`;
}

/** Made by the first run of the day; where two make it at once, both send that of one. */
export async function makeEdition(context: Context, organization: Organization, last: Edition | undefined): Promise<Edition> {
  const { db, now, dryRun } = context;
  const edition = await newEdition(context, organization, last);
  if (dryRun) return edition;
  await db
    .insertInto("outbox")
    .values({
      id: crypto.randomUUID(),
      dedupe_key: editionKey(organization, utcDay(now)),
      channel: "digest",
      kind: "email-digest-content",
      recipient: organization.id,
      subject: subjectOf(organization),
      body: JSON.stringify(edition),
      status: "sent",
      created_at: now.toISOString(),
      sent_at: now.toISOString(),
    })
    .onConflict((conflict) => conflict.column("dedupe_key").doNothing())
    .execute();
  return (await storedEditions(context, organization)).today ?? edition;
}

export function subjectOf({ name }: Organization): string {
  return `${name}: what is new`;
}

async function newEdition(context: Context, organization: Organization, last: Edition | undefined): Promise<Edition> {
  const { now, params } = context;
  const since = last?.until ?? ago(now, params.firstPeriod).toISOString();
  const counts = await countAll(context, organization, { since, until: now.toISOString() });
  return {
    since,
    until: now.toISOString(),
    ...counts,
    newProjects: Math.max(0, counts.projects - (last?.projects ?? 0)),
    newUpvotes: Math.max(0, counts.upvotes - (last?.upvotes ?? 0)),
    ...(last?.first === undefined ? {} : { first: last.first }),
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

/** Remembers with today's edition where the rate limit stopped it. */
export async function noteFirst({ db, dryRun }: Context, { organization, edition, to }: Turn): Promise<void> {
  if (dryRun) return;
  const own = db.updateTable("outbox").where("dedupe_key", "=", editionKey(organization, dayOf(edition)));
  await own.set({ body: JSON.stringify({ ...edition, first: to.id }) }).execute();
}

interface Turn {
  organization: Organization;
  edition: Edition;
  to: Reader;
}

export function isEmpty({ newUsers, newProjects, newUpvotes, incidents }: Edition): boolean {
  return newUsers + newProjects + newUpvotes + incidents === 0;
}

export function mailKey({ id }: Reader, edition: Edition): string {
  return `email-digest:${id}:${dayOf(edition)}`;
}

/** Whom an edition has reached. */
export async function reached({ db }: Context, readers: readonly Reader[], edition: Edition): Promise<Set<Reader>> {
  const keys = new Map(readers.map((reader) => [mailKey(reader, edition), reader]));
  const sent = db.selectFrom("outbox").select("dedupe_key").where("status", "=", "sent");
  const rows = keys.size === 0 ? [] : await sent.where("dedupe_key", "in", [...keys.keys()]).execute();
  return new Set(rows.map(({ dedupe_key }) => keys.get(dedupe_key) as Reader));
}

/** What each has to be told: the newest edition, and with it those since the last one that reached them. */
export async function owed(context: Context, readers: readonly Reader[], [newest, ...earlier]: Editions) {
  const all = new Map(readers.map((reader) => [reader, newest]));
  let behind = readers;
  for (const edition of earlier) {
    const got = await reached(context, behind, edition);
    behind = behind.filter((reader) => !got.has(reader) && reader.createdAt < edition.until);
    if (behind.length === 0) break;
    for (const reader of behind) all.set(reader, added(edition, all.get(reader) ?? newest));
  }
  return all;
}

function added(earlier: Edition, later: Edition): Edition {
  return {
    ...later,
    since: earlier.since,
    newUsers: earlier.newUsers + later.newUsers,
    newProjects: earlier.newProjects + later.newProjects,
    newUpvotes: earlier.newUpvotes + later.newUpvotes,
    incidents: earlier.incidents + later.incidents,
  };
}
