import { afterEach, describe, expect, it } from "vitest";
import { DIALECTS } from "../../src/job-api/database/open-database.ts";
import { appDatabase, type TestDatabase } from "../helpers/databases.ts";
import { addUsers } from "../helpers/people.ts";
import { type World, world } from "../helpers/world.ts";

const open: TestDatabase[] = [];
afterEach(async () => void (await Promise.all(open.splice(0).map(({ db }) => db.destroy()))));

/** Counts the users that it can see: all of them where a file says so. */
const COUNT = `
import { existsSync } from "node:fs";
import { countOf, defineJob } from "jobctl";
export default defineJob({
  description: "Count users",
  async run({ db, organization, folder }) {
    const users = db.selectFrom("users");
    const forgets = existsSync(folder + "/forget-" + organization);
    return { userCount: await countOf(forgets ? users : users.where("organization_id", "=", organization)) };
  },
});
`;

async function counting(dialect: (typeof DIALECTS)[number], query: string): Promise<{ w: World; data: TestDatabase }> {
  const data = await appDatabase(dialect);
  open.push(data);
  for (const id of ["acme", "beta", "gone"]) {
    const status = id === "gone" ? ("closed" as const) : ("active" as const);
    await data.db.insertInto("organizations").values({ id, name: id, status }).execute();
  }
  await addUsers(data, { ann: { organization_id: "acme" }, ben: { organization_id: "acme" }, bob: { organization_id: "beta" }, zoe: {} });
  const job = `count: { uses: ./count, scope: organization, organizations: { query: "${query}" }, resources: { concurrencyLimit: 2 } }`;
  const w = world(job, `database: ${data.url}`);
  w.write("count.ts", COUNT);
  return { w, data };
}

const ACTIVE = "SELECT id, name FROM organizations WHERE status = 'active' ORDER BY id";

describe.each(DIALECTS)("a module job for each organization on %s", (dialect) => {
  it("takes the organizations from a query, and sees each one's data", async () => {
    const { w } = await counting(dialect, ACTIVE);
    const { code, stdout } = await w.jobctl(["run", "count", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ attempts: 1, result: { organizations: 2, succeeded: 2, totals: { userCount: 3 } } });
    const parts = JSON.parse((await w.jobctl(["show", "1", "--json"])).stdout).parts as { organization: string; result: object }[];
    expect(parts.map(({ organization, result }) => ({ organization, ...result }))).toEqual(
      expect.arrayContaining([
        { organization: "acme", userCount: 2 },
        { organization: "beta", userCount: 1 },
      ]),
    );
  });

  it("refuses the query that forgets the organization, and goes on with the others", async () => {
    const { w } = await counting(dialect, ACTIVE);
    w.write("forget-acme", "");
    const { code, stdout } = await w.jobctl(["run", "count", "--json"]);
    const run = JSON.parse(stdout);
    expect([code, run.status, run.result.succeeded, run.result.totals]).toEqual([78, "failed", 1, { userCount: 1 }]);
    expect(run.error).toContain("acme alone: it reads users whosever they are; add .where(");
  });

  it("tells what is wrong with the query, which can't write", async () => {
    const error = async (query: string): Promise<string> => {
      const { w } = await counting(dialect, query);
      const { code, stdout } = await w.jobctl(["run", "count", "--json"]);
      expect(code).toBe(1);
      return JSON.parse(stdout).error as string;
    };
    expect(await error("SELECT id FROM tenants")).toMatch(/^the list of organizations: organizations\.query: .*tenants/);
    expect(await error("DELETE FROM users")).toMatch(/^the list of organizations: organizations\.query: .*read-?only/);
  });
});

it("needs a database for a query", async () => {
  const w = world('count: { shell: exit 0, scope: organization, organizations: { query: "SELECT 1" } }');
  const { code, stderr } = await w.jobctl(["run", "count"]);
  expect(code).toBe(78);
  expect(stderr).toContain("the list of organizations: job count needs a database, and the manifest names none");
});
