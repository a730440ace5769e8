import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { defineJob } from "../../../src/job-api/define-job.ts";
import type { JobContext } from "../../../src/job-api/job-context.ts";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import type { Json } from "../../../src/job.ts";
import { appDatabase, type TestDatabase } from "../../helpers/databases.ts";
import { runInProcess } from "../../helpers/in-process.ts";
import { fill, ORG } from "./world.ts";

const open: TestDatabase[] = [];
afterAll(async () => void (await Promise.all(open.map(({ db }) => db.destroy()))));

describe.each(DIALECTS)("what a job's context does for one organization on %s", (dialect) => {
  const state: { data?: TestDatabase } = {};
  beforeEach(async () => {
    state.data = await appDatabase(dialect);
    open.push(state.data);
    await fill(state.data);
  });
  const data = (): TestDatabase => state.data as TestDatabase;
  const asAcme = async (run: (context: JobContext) => Promise<Json | void>) =>
    runInProcess(defineJob({ description: "t", run: async (context) => run(context as JobContext) }), data(), { organization: ORG });

  it.each([
    ["by its own column", "users", { ann: 2, left: ["bob", "zoe"] }],
    ["by a reference", "sessions", { ann: 1, left: ["s-bob"] }],
    ["not where it is everybody's", "health_checks", { ann: 1, left: [] }],
  ] as const)("keeps rows of a table to the organization %s", async (_, table, { ann: count, left }) => {
    const { result } = await asAcme(async ({ rows }) => {
      const all = await rows(table, {});
      return { count: await all.count(), deleted: await all.delete() };
    });
    expect(result).toEqual({ count, deleted: count, deletedCount: count });
    const ids = await data().db.selectFrom(table).select("id").orderBy("id").execute();
    expect(ids.map(({ id }) => id)).toEqual(left);
  });

  it("reads, updates and anonymizes the organization's rows only", async () => {
    const { result } = await asAcme(async ({ rows, now }) => {
      const users = await rows("users", {});
      const read: string[] = [];
      for await (const { id } of users.read<{ id: string }>({ key: "id" })) read.push(id);
      const updated = await users.update({ bio: "b" }, { count: "updatedCount", action: "users.updated" });
      const rule = { set: { phone: null }, scrubJson: {}, mark: { column: "anonymized_at", at: now } };
      return {
        organizations: await (await rows("organizations", {})).count(),
        read,
        updated,
        anonymized: await users.anonymize(rule, { count: "anonymizedCount", action: "users.anonymized" }),
      };
    });
    expect(result).toMatchObject({ organizations: 1, read: ["ann", "ben"], updated: 2, anonymized: 2 });
    const others = await data().db.selectFrom("users").select(["bio", "anonymized_at"]).where("id", "in", ["bob", "zoe"]).execute();
    expect(others).toEqual(["bob", "zoe"].map(() => ({ bio: null, anonymized_at: null })));
    const audits = await data().db.selectFrom("audit_logs").select(["action", "organization_id"]).orderBy("action").execute();
    expect(audits.map(({ organization_id }) => organization_id)).toEqual([ORG, ORG]);
  });

  it("refuses what forgets the organization in a batch, and what concerns the whole database", async () => {
    const batch = asAcme(async ({ batches }) => {
      const audit = { action: "x", resource: "users", details: {} };
      await batches({ count: "n", audit }, async (trx) => (await trx.deleteFrom("users").execute()).length);
    });
    await expect(batch).rejects.toThrow(/it deletes from users/);
    await expect(asAcme(async ({ database }) => database.backUp("/tmp/never", { pgDump: "pg_dump" }))).rejects.toThrow(
      "a backup concerns every organization, and this run is for acme alone",
    );
    await expect(
      asAcme(async ({ database }) => void (await database.callFunction("f", [], () => ({ action: "x", resource: "f", details: {} })))),
    ).rejects.toThrow(/^what a function of the database does concerns every organization/);
  });

  it("audits what a batch of the job's own did, and refuses to audit in another's name", async () => {
    const audit = (organization?: string) => ({ action: "x", resource: "users", details: {}, ...(organization ? { organization } : {}) });
    const done = { times: 0 };
    await asAcme(async ({ batches }) => {
      const step = async () => (done.times++ < 2 ? 1 : 0);
      await batches({ count: "n", batchSize: 1, audit: audit() }, step);
    });
    const rows = await data().db.selectFrom("audit_logs").select(["organization_id", "metadata"]).execute();
    expect(rows.map(({ organization_id, metadata }) => [organization_id, JSON.parse(metadata ?? "").n])).toEqual([[ORG, 2]]);
    const other = asAcme(async (context) => context.db.transaction().execute(async (trx) => context.audit(trx, audit("beta"))));
    await expect(other).rejects.toThrow(/rows inserted into audit_logs need organization_id/);
  });
});
