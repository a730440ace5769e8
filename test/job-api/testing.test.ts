import { ago, defineJob, duration, integer, itemParams, startOfDay } from "jobctl";
import { runJob } from "jobctl/testing";
import { describe, expect, it } from "vitest";

const CARTS = "CREATE TABLE carts (id INTEGER PRIMARY KEY, touched_at TEXT, kept INTEGER NOT NULL DEFAULT 0)";
const NOW = "2026-01-31T00:00:00Z";

const purge = defineJob({
  description: "Purge carts",
  params: { olderThan: duration({ default: "1d", description: "age" }), most: integer({ optional: true, description: "most" }) },
  async run({ params, now, rows, clock }) {
    const old = await rows("carts", { column: "touched_at", before: ago(now, params.olderThan) });
    return { deletedCount: await old.delete({ limit: params.most }), at: clock().toISOString() };
  },
});

describe("runJob", () => {
  it("runs a job on a database in memory, with a clock that stands still", async () => {
    const rows = { carts: [{ touched_at: new Date("2026-01-29T23:59:59.999Z") }, { touched_at: "2026-01-30T00:00:00.000Z", kept: true }] };
    const run = await runJob(purge, { now: NOW, schema: CARTS, rows });
    expect(run).toMatchObject({
      status: "succeeded",
      error: null,
      detail: null,
      result: { deletedCount: 1, at: "2026-01-31T00:00:00.000Z" },
      progress: [{ done: 1, total: 1 }],
      mails: [],
    });
    expect(run.logs.map(({ level, message }) => `${level} ${message}`)).toEqual([
      "info the database has no table audit_logs: what this run changes is not audited",
      "debug transactions",
      "info done",
    ]);
    expect(await run.database.rows("carts")).toEqual([{ id: 2, touched_at: "2026-01-30T00:00:00.000Z", kept: 1 }]);
  });

  it("goes on with an earlier run's database, and refuses what a dry run would write", async () => {
    const first = await runJob(purge, { now: NOW, schema: CARTS, rows: { carts: [{ touched_at: "2026-01-30T12:00:00.000Z" }] } });
    const { database } = first;
    const later = { database, now: "2026-02-01T00:00:00Z" };
    expect([first.result, (await runJob(purge, { ...later, dryRun: true })).result]).toMatchObject([
      { deletedCount: 0 },
      { deletedCount: 1 },
    ]);
    const forgets = defineJob({ description: "x", run: async ({ db }) => void (await db.deleteFrom("carts" as never).execute()) });
    const dry = await runJob(forgets, { database, dryRun: true });
    expect([dry.status, dry.error]).toEqual(["failed", expect.stringContaining("readonly database")]);
    expect((await runJob(purge, later)).result).toMatchObject({ deletedCount: 1 });
    expect((await runJob(purge, later)).result).toMatchObject({ deletedCount: 0 });
  });

  it("reads parameters as the manifest would give them, and tells all that is wrong", async () => {
    const run = await runJob(purge, { params: { olderThan: "soon", most: "1" } });
    expect(run).toMatchObject({ status: "failed", result: null });
    expect(run.error).toBe('with.olderThan: "soon" is not a duration such as 90s, 15m, 2h, 30d, or a number of milliseconds');
    const wrong = { olderThen: "1d" } as never;
    expect((await runJob(purge, { params: wrong })).error).toContain('did you mean "olderThan"?');
    const carts = [{ touched_at: "2026-01-01T00:00:00.000Z" }, { touched_at: "2026-01-02T00:00:00.000Z" }];
    const limited = await runJob(purge, { now: NOW, params: { olderThan: 0, most: 1 }, schema: CARTS, rows: { carts } });
    expect(limited.result).toMatchObject({ deletedCount: 1 });
  });

  it("calls the hooks in the order check, before, run, after, or onError, with what the run is told of itself", async () => {
    const calls: unknown[] = [];
    const job = defineJob({
      description: "x",
      check: ({ organization }) => (organization === "acme" ? true : "not acme"),
      before: ({ attempt, previousError }) => void calls.push("before", attempt, previousError),
      run({ scheduledFor, previousSlot, count }) {
        count("seenCount");
        calls.push("run", scheduledFor.toISOString(), previousSlot);
        if (calls.length > 6) throw new Error("no space");
      },
      after: (_, result) => void calls.push("after", result),
      onError: (_, error) => void calls.push("onError", (error as Error).message),
    });
    expect(await runJob(job)).toMatchObject({ status: "skipped", detail: "not acme", result: null });
    await runJob(job, { organization: "acme", scheduledFor: NOW });
    expect(calls).toEqual(["before", 1, null, "run", "2026-01-31T00:00:00.000Z", null, "after", null]);
    calls.length = 5;
    const failed = await runJob(job, { organization: "acme", attempt: 2, previousError: "x", previousSlot: NOW });
    expect(failed).toMatchObject({
      status: "failed",
      result: { seenCount: 1 },
      error: expect.stringContaining("Error: no space\n    at "),
    });
    expect(calls.slice(5, 8)).toEqual(["before", 2, "x"]);
    expect(calls.slice(-2)).toEqual(["onError", "no space"]);
  });

  it("fails where too few items succeed, and keeps the counts", async () => {
    const job = defineJob({
      description: "x",
      params: itemParams,
      async run({ each, count }) {
        const work = (name: string): void => (name === "b" ? raise("no b") : count("doneCount"));
        await each(["a", "b", "c"], (name) => name, work);
      },
    });
    const run = await runJob(job);
    expect(run).toMatchObject({ status: "failed", error: "1 of 3 items failed:\n  b: no b" });
    expect(run.result).toEqual({ doneCount: 2, failures: [{ item: "b", error: "no b" }] });
    expect(await runJob(job, { params: { minSuccess: 60 } })).toMatchObject({ status: "succeeded", error: null });
  });

  it("keeps mails in place of sending them: one per key, and none in a dry run", async () => {
    const mail = { key: "hello:1", kind: "hello", to: { address: "ann@example.com" }, subject: "Hello", blocks: ["<Ann>"] };
    const job = defineJob({ description: "x", run: async ({ mailer }) => void (await mailer.send(mail)) });
    const dry = await runJob(job, { shippedTables: true, dryRun: true });
    expect([dry.result, dry.mails]).toEqual([{ emailsSent: 1 }, []]);
    const { database } = dry;
    const first = await runJob(job, { database });
    expect(first.mails).toMatchObject([{ to: "ann@example.com", subject: "Hello", text: expect.stringContaining("<Ann>") }]);
    expect(first.mails[0]?.html).toContain("&lt;Ann&gt;");
    expect(await runJob(job, { database })).toMatchObject({ result: { alreadySentCount: 1 }, mails: [] });
    expect((await runJob(job)).error).toContain("the database has no table outbox, in which the mailer keeps what it sent; create it");
  });

  it("ends cancelled where its signal is aborted, with the counts so far", async () => {
    const controller = new AbortController();
    const job = defineJob({
      description: "x",
      run: async ({ each, count }) =>
        each(["a", "b", "c"], String, (item) => {
          count("doneCount");
          if (item === "b") controller.abort(new Error("cancelled by SIGTERM"));
        }),
    });
    expect(await runJob(job, { signal: controller.signal })).toMatchObject({
      status: "cancelled",
      error: "cancelled by SIGTERM",
      result: { doneCount: 2 },
    });
  });

  it("gives the earlier runs that the test names, by the job's own filter, and folders from the folder given", async () => {
    const run = { id: 1, job: "a", status: "succeeded", trigger: "timer", startedAt: Date.parse(NOW) } as never;
    const job = defineJob({
      description: "x",
      run: ({ pastRuns, now, folder }) => ({
        before: pastRuns({ until: startOfDay(now) }).length,
        all: pastRuns({ job: "a" }).length,
        folder,
      }),
    });
    expect((await runJob(job, { now: NOW, pastRuns: [run], folder: "/srv" })).result).toEqual({ before: 0, all: 1, folder: "/srv" });
  });

  it("shows a run for one organization its rows only", async () => {
    const rows = { carts: [{ organization_id: "acme" }, { organization_id: "other" }, { organization_id: "acme" }] };
    const schema = "CREATE TABLE carts (id INTEGER PRIMARY KEY, organization_id TEXT)";
    const job = defineJob({ description: "x", run: async ({ rows: of }) => ({ deletedCount: await (await of("carts", {})).delete() }) });
    const run = await runJob(job, { organization: "acme", schema, rows });
    expect(run).toMatchObject({ error: null, result: { deletedCount: 2 } });
    expect(await run.database.rows("carts")).toEqual([{ id: 2, organization_id: "other" }]);
  });

  it("makes tables by statements or by a program, and rejects where the test itself is wrong", async () => {
    const job = defineJob({ description: "x", run: () => {} });
    const run = await runJob(job, {
      schema: `${CARTS}; CREATE INDEX i ON carts (touched_at);`,
      migrate: (db) => db.schema.createTable("t").addColumn("a", "text").execute(),
    });
    expect(await run.database.rows("t")).toEqual([]);
    await expect(runJob(job, { schema: "CREAT TABLE x (a)" })).rejects.toThrow('SQLite refuses the statements: near "CREAT": syntax error');
    await expect(runJob(job, { rows: { carts: [{}] } })).rejects.toThrow("no such table: carts");
    await expect(runJob(job, { now: "yesterday" })).rejects.toThrow('now: "yesterday" is no instant such as "2026-01-31T00:00:00Z"');
    expect((await runJob({ description: "x" } as never)).error).toContain("the job: has no job; it must `export default defineJob");
  });
});

function raise(message: string): never {
  throw new Error(message);
}
