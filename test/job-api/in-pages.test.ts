import { defineJob, inGroups } from "jobctl";
import { runJob } from "jobctl/testing";
import { describe, expect, it } from "vitest";

const ALL = ["a", "b", "c", "d", "e"].map((id) => ({ id }));
const page = async (after: string, size: number) => ALL.filter(({ id }) => id > after).slice(0, size);

describe("read", () => {
  it("gives every row once, a page at a time, and inGroups so many at once", async () => {
    const asked: unknown[] = [];
    const job = defineJob({
      description: "x",
      async run({ read }) {
        const rows = read({ key: "id", size: 2 }, async (after, size) => {
          asked.push(`${after}:${size}`);
          return page(after, size);
        });
        const groups: string[] = [];
        for await (const group of inGroups(rows, 3)) groups.push(group.map(({ id }) => id).join(""));
        return groups;
      },
    });
    expect((await runJob(job)).result).toEqual(["abc", "de"]);
    expect(asked).toEqual([":2", "b:2", "d:2", "e:2"]);
  });

  it("begins where numbers do, and does not lose what is deleted meanwhile", async () => {
    const job = defineJob({
      description: "x",
      async run({ read, db, sql, count }) {
        const carts = db.withTables<{ carts: { id: number } }>();
        const rows = read({ key: "id", after: 0, size: 2 }, (after, size) =>
          carts.selectFrom("carts").select("id").where("id", ">", after).orderBy("id").limit(size).execute(),
        );
        for await (const { id } of rows) {
          await sql`DELETE FROM carts WHERE id <= ${id}`.execute(db);
          count("seenCount");
        }
      },
    });
    const rows = { carts: [{}, {}, {}, {}, {}] };
    expect((await runJob(job, { schema: "CREATE TABLE carts (id INTEGER PRIMARY KEY)", rows })).result).toEqual({ seenCount: 5 });
  });

  it("ends with the signal's reason between two pages, although nothing is waited for", async () => {
    const controller = new AbortController();
    const job = defineJob({
      description: "x",
      async run({ read, count }) {
        setImmediate(() => controller.abort(new Error("enough")));
        for await (const _ of read({ key: "id", size: 1 }, page)) count("seenCount");
      },
    });
    const run = await runJob(job, { signal: controller.signal });
    expect(run).toMatchObject({ status: "cancelled", error: "enough" });
    expect((run.result as { seenCount?: number } | null)?.seenCount ?? 0).toBeLessThan(ALL.length);
  });
});
