import { afterEach, describe, expect, it } from "vitest";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import { cancelAt, isHalfWay } from "../../helpers/cancel.ts";
import { appDatabase, type TestDatabase } from "../../helpers/databases.ts";
import { runEntry } from "../../helpers/entry.ts";
import { forbid } from "../../helpers/forbid.ts";
import { NOW } from "../../helpers/host.ts";

const ENTRY = "recalculate-karma";
const USERS = { event: "UPDATE", table: "users", column: "id" } as const;
const at = new Date(NOW).toISOString();

const open: TestDatabase[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ db }) => db.destroy()));
});

describe.each(DIALECTS)("recalculate-karma on %s", (dialect) => {
  async function marketplace(): Promise<TestDatabase> {
    const data = await appDatabase(dialect);
    open.push(data);
    await addUsers(data, { creator: 0, helper: 5, advisor: 7, steady: 3, idle: 9, gone: 40, nameless: 41, ...fans(7) });
    await data.db.updateTable("users").set({ status: "deleted", deleted_at: at }).where("id", "=", "gone").execute();
    await data.db.updateTable("users").set({ status: "anonymized", anonymized_at: at }).where("id", "=", "nameless").execute();
    await addProject(data, "big", { featured: true, upvotes: 7, team: { creator: "creator", helper: "contributor", advisor: "advisor" } });
    await addProject(data, "small", {
      upvotes: 3,
      team: { helper: "contributor", advisor: "advisor", steady: "creator", idle: "manager" },
    });
    await addProject(data, "tiny", { upvotes: 3, team: { helper: "contributor", advisor: "creator", gone: "contributor" } });
    return data;
  }

  it("floors per project before the sum, adds the bonus to creators of featured projects, and leaves who is gone alone", async () => {
    const data = await marketplace();
    // helper: floor(3.5) + floor(1.5) + floor(1.5) = 5, where the floor of the sum would be 6; advisor: 1 + 0 + 3 = 4.
    const karma = { creator: 17, helper: 5, advisor: 4, steady: 3, idle: 0, gone: 40, nameless: 41 };
    const counts = { totalUsers: 12, successCount: 12, failureCount: 0, changedCount: 3, totalKarmaChange: 17 + 3 + 9 };
    const dry = await runEntry(ENTRY, data, { args: ["--dry-run"] });
    expect(dry).toMatchObject({ status: "succeeded", result: counts });
    expect(await karmaOf(data)).toMatchObject({ creator: 0, helper: 5, idle: 9 });
    expect(await runEntry(ENTRY, data)).toMatchObject({ status: "succeeded", exitCode: 0, result: counts });
    expect(await karmaOf(data)).toMatchObject(karma);
    expect(await runEntry(ENTRY, data)).toMatchObject({ result: { totalUsers: 12, changedCount: 0, totalKarmaChange: 0 } });
  });

  it("does not write users whose karma stays", async () => {
    const data = await marketplace();
    await forbid(data, { ...USERS, values: ["helper", "steady"] });
    expect(await runEntry(ENTRY, data)).toMatchObject({ status: "succeeded", result: { changedCount: 3, failureCount: 0 } });
  });

  it("does not count a membership that was removed", async () => {
    const data = await marketplace();
    await data.db.updateTable("project_members").set({ removed_at: at }).where("user_id", "=", "creator").execute();
    await runEntry(ENTRY, data);
    expect(await karmaOf(data)).toMatchObject({ creator: 0 });
  });

  it("reports a user that can't be written, and goes on with the others of the batch", async () => {
    const data = await marketplace();
    await forbid(data, { ...USERS, values: ["creator"] });
    const run = await runEntry(ENTRY, data);
    expect(run).toMatchObject({
      status: "failed",
      exitCode: 1,
      result: { successCount: 11, failureCount: 1, changedCount: 2, totalKarmaChange: 12 },
    });
    expect(run.result["failures"]).toEqual([{ item: "user creator", error: expect.stringContaining("not this one") }]);
    expect(await karmaOf(data)).toMatchObject({ advisor: 4, idle: 0, creator: 0 });
    const enough = await runEntry(ENTRY, data, { args: ["--set", "minSuccess=90"] });
    expect(enough).toMatchObject({ status: "succeeded", result: { failureCount: 1 } });
  });

  it("keeps what it has done and counted when it is cancelled half-way; the next run finishes", async () => {
    const data = await appDatabase(dialect);
    open.push(data);
    await addUsers(data, Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`u${index}`, 1])));
    const cancelled = await cancelAt("wait:5", ENTRY, data, { set: { batchSize: 5 } });
    const left = Object.values(await karmaOf(data)).filter((karma) => karma === 1).length;
    expect(isHalfWay(left, 40)).toBe(true);
    expect(cancelled).toMatchObject({ status: "cancelled", result: { changedCount: 40 - left, totalUsers: 40 - left } });
    expect(await runEntry(ENTRY, data)).toMatchObject({ status: "succeeded", result: { totalUsers: 40, changedCount: left } });
  });
});

function fans(amount: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: amount }, (_, index) => [`fan${index}`, 0]));
}

async function addUsers({ db }: TestDatabase, karma: Record<string, number>): Promise<void> {
  const rows = Object.entries(karma).map(([id, points]) => ({ id, email: `${id}@example.com`, created_at: at, karma: points }));
  await db.insertInto("users").values(rows).execute();
}

interface Project {
  featured?: boolean;
  upvotes: number;
  team: Record<string, "creator" | "contributor" | "advisor" | "manager">;
}

async function addProject({ db }: TestDatabase, id: string, { featured = false, upvotes, team }: Project): Promise<void> {
  await db
    .insertInto("projects")
    .values({ id, title: id, is_featured: Number(featured) })
    .execute();
  const members = Object.entries(team).map(([user_id, role]) => ({ id: `${id}-${user_id}`, project_id: id, user_id, role }));
  await db.insertInto("project_members").values(members).execute();
  const votes = Array.from({ length: upvotes }, (_, index) => ({ id: `${id}-${index}`, project_id: id, user_id: `fan${index}` }));
  await db.insertInto("upvotes").values(votes).execute();
}

async function karmaOf({ db }: TestDatabase): Promise<Record<string, number>> {
  const rows = await db.selectFrom("users").select(["id", "karma"]).execute();
  return Object.fromEntries(rows.map(({ id, karma }) => [id, karma]));
}
