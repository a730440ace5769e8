import { type AppDatabase, countOf, defineJob, inGroups, integer, itemParams, type JobContext } from "jobctl";

/**
 * Recalculates every user's karma: for each membership floor(upvotes of the project x the role's weight), floored per
 * project and then summed, plus a bonus for each featured project that the user created.
 *
 * It changes `users.karma`, and only where it differs. Deleted and anonymized users are left alone, and a membership that was
 * removed counts no more. Safe to run again at any moment: it reckons anew and adds nothing up.
 * Weights and bonus are rules of the marketplace.
 */
export default defineJob({
  description: "Recalculate the karma of all users from the upvotes of their projects",
  params: {
    featuredBonus: integer({ min: 0, default: 10, unit: "points", description: "for each featured project that a user created" }),
    batchSize: integer({ min: 1, max: 10_000, default: 50, unit: "users", description: "users a batch" }),
    ...itemParams,
  },
  async run({ params: { featuredBonus, batchSize: size }, db, read, together, count, progress }) {
    for (const name of COUNTS) count(name, 0);
    const total = await countOf(livingUsers(db));
    let seen = 0;
    for await (const users of inGroups(
      read({ key: "id" }, async (after, most) => usersAfter(db, after, most)),
      size,
    )) {
      const earned = await earnedKarma(db, users, featuredBonus);
      const changes = users.map(({ id, karma }) => ({ id, karma: earned.get(id) ?? 0, change: (earned.get(id) ?? 0) - karma }));
      const done = await together(
        changes,
        ({ id }) => `user ${id}`,
        async (transaction, change) => write(transaction, [change]),
        write,
      );
      count("totalUsers", users.length);
      count("successCount", done.length);
      count("failureCount", users.length - done.length);
      count("changedCount", done.filter(({ change }) => change !== 0).length);
      count(
        "totalKarmaChange",
        done.reduce((sum, { change }) => sum + Math.abs(change), 0),
      );
      progress((seen += users.length), total);
    }
  },
});

const COUNTS = ["totalUsers", "successCount", "failureCount", "changedCount", "totalKarmaChange"];
const WEIGHTS: Record<string, number> = { creator: 1, contributor: 0.5, advisor: 0.25 };

type Database = JobContext["db"];
type User = Pick<AppDatabase["users"], "id"> & { karma: number };

function livingUsers(db: Database) {
  return db
    .selectFrom("users")
    .where("status", "not in", ["deleted", "anonymized"])
    .where("deleted_at", "is", null)
    .where("anonymized_at", "is", null);
}

async function usersAfter(db: Database, after: string, size: number): Promise<User[]> {
  return livingUsers(db).select(["id", "karma"]).where("id", ">", after).orderBy("id").limit(size).execute();
}

interface Change {
  id: string;
  karma: number;
  change: number;
}

const USERS_A_STATEMENT = 50;

/** Many in one statement, since each is a way to the server and back. */
async function write(transaction: Pick<Database, "updateTable">, changes: readonly Change[]): Promise<void> {
  const changed = changes.filter(({ change }) => change !== 0);
  for (let from = 0; from < changed.length; from += USERS_A_STATEMENT) {
    const [first, ...rest] = changed.slice(from, from + USERS_A_STATEMENT);
    if (first) await writeSome(transaction, [first, ...rest]);
  }
}

async function writeSome(transaction: Pick<Database, "updateTable">, [first, ...rest]: [Change, ...Change[]]): Promise<void> {
  await transaction
    .updateTable("users")
    .set(({ case: when, cast, val, ref }) => {
      const points = ({ karma }: Change) => cast<number>(val(karma), "integer");
      const one = when().when("id", "=", first.id).then(points(first));
      const all = rest.reduce((some, change) => some.when("id", "=", change.id).then(points(change)), one);
      return { karma: all.else(ref("karma")).end() };
    })
    .where(
      "id",
      "in",
      [first, ...rest].map(({ id }) => id),
    )
    .execute();
}

async function earnedKarma(db: Database, users: readonly User[], featuredBonus: number): Promise<Map<string, number>> {
  const memberships = await db
    .selectFrom("project_members as member")
    .innerJoin("projects as project", "project.id", "member.project_id")
    .select(["member.user_id", "member.role", "project.is_featured"])
    .select(({ selectFrom }) =>
      selectFrom("upvotes")
        .whereRef("upvotes.project_id", "=", "member.project_id")
        .select(({ fn }) => fn.countAll<number>().as("amount"))
        .as("upvotes"),
    )
    .where(
      "member.user_id",
      "in",
      users.map(({ id }) => id),
    )
    .where("member.removed_at", "is", null)
    .execute();
  const earned = new Map<string, number>();
  for (const { user_id, role, is_featured, upvotes } of memberships) {
    const bonus = role === "creator" && is_featured === 1 ? featuredBonus : 0;
    const karma = Math.floor(Number(upvotes) * (WEIGHTS[role] ?? 0)) + bonus;
    earned.set(user_id, (earned.get(user_id) ?? 0) + karma);
  }
  return earned;
}
