import { describe, expect, it } from "vitest";
import { DIALECTS } from "../../src/job-api/database/open-database.ts";
import { appDatabase, type TestDatabase } from "../helpers/databases.ts";
import { runSource } from "../helpers/host.ts";

const SOURCE = `import { countOf, defineJob } from "jobctl";
export default defineJob({
  description: "x",
  async run({ db, together, dialect }) {
    const names = ["a", "b", "", "d"];
    const done = await together(names, (name) => "organization " + name, async (transaction, name) => {
      await transaction.insertInto("organizations").values({ id: name, name, status: name === "" ? "none" : "active" }).execute();
    });
    return { done, dialect, found: await countOf(db.selectFrom("organizations").where("status", "=", "active")) };
  },
});`;

describe.each(DIALECTS)("together on %s", (dialect) => {
  it("does the good items where one is bad, reports that one, and tells which were done", async () => {
    const data = await appDatabase(dialect);
    const { end } = await runSource(SOURCE, { database: data.url });
    expect(end).toMatchObject({
      type: "error",
      result: { done: ["a", "b", "d"], dialect, found: 3, failures: [{ item: "organization " }] },
    });
    expect(await names(data)).toEqual(["a", "b", "d"]);
    await data.db.destroy();
  });

  it("leaves the work out in a dry run", async () => {
    const data = await appDatabase(dialect);
    const { end } = await runSource(SOURCE, { database: data.url, dryRun: true });
    expect(end).toMatchObject({ type: "result", result: { done: ["a", "b", "", "d"], found: 0 } });
    expect(await names(data)).toEqual([]);
    await data.db.destroy();
  });
});

async function names({ db }: TestDatabase): Promise<string[]> {
  const rows = await db.selectFrom("organizations").select("name").orderBy("name").execute();
  return rows.map(({ name }) => name);
}
