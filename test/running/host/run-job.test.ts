import { describe, expect, it } from "vitest";
import { job, NOW, runHost, runSource, startHost, writeJob } from "../../helpers/host.ts";

describe("the job host", () => {
  it("runs a TypeScript module that lies outside of any package and imports jobctl", async () => {
    const run = await runSource(job("run(): { fine: boolean } { return { fine: true as boolean }; }"));
    expect(run).toMatchObject({ exitCode: 0, stdout: "", stderr: "", end: { type: "result", result: { fine: true } } });
  });

  it("gives the job what the supervisor knows, as dates and numbers", async () => {
    const source = job(`run({ job, runId, now, scheduledFor, previousSlot, attempt, previousError, dryRun, folder, organization }) {
      return { job, runId, now: now.toISOString(), scheduledFor: scheduledFor.getTime(), previousSlot: previousSlot?.getTime() ?? null, attempt, previousError, dryRun, folder, organization };
    }`);
    const request = { previousSlot: NOW - 60_000, attempt: 2, previousError: "it broke", folder: "/srv", organization: "acme" };
    expect((await runSource(source, request)).end).toEqual({
      type: "result",
      result: {
        ...request,
        job: "test-job",
        runId: 4812,
        now: "2026-11-22T03:00:00.000Z",
        scheduledFor: NOW,
        dryRun: false,
      },
    });
  });

  it("calls the hooks in the order check, before, run, after", async () => {
    const run = await runSource(
      job(`check() { console.log("check"); }, before() { console.log("before"); }, run() { console.log("run"); return 7; },
        after(_, result) { console.log("after", result); }, onError() { console.log("onError"); }`),
    );
    expect(run.stdout).toBe("check\nbefore\nrun\nafter 7\n");
  });

  it.each([
    ['return "no mail server";', "no mail server"],
    ["return false;", "the job's own check said no"],
  ])("calls nothing else where check says no: %s", async (body, detail) => {
    const run = await runSource(job(`check() { ${body} }, run() { console.log("run"); }`));
    expect(run).toMatchObject({ exitCode: 0, stdout: "", end: { type: "skip", detail } });
  });

  it("calls onError with what was thrown, and reports the stack with its place and cause", async () => {
    const run = await runSource(
      job(
        `run() { throw new Error("no space", { cause: new Error("disk full") }); }, onError(_, error) { console.log("saw", (error as Error).message); }`,
      ),
    );
    expect(run).toMatchObject({ exitCode: 1, stdout: "saw no space\n", end: { type: "error" } });
    expect(run.end).toHaveProperty("error", expect.stringMatching(/^Error: no space\n +at .*job\.ts:2:.*\ncaused by: Error: disk full\n/s));
  });

  it("keeps the counts of a job that throws", async () => {
    const run = await runSource(job(`run({ count }) { count("emailsSent", 3); count("emailsSent"); throw new Error("x"); }`));
    expect(run.end).toMatchObject({ type: "error", result: { emailsSent: 4 } });
  });

  it("goes on after a bad item and fails with the counts and the first ten errors", async () => {
    const run = await runSource(
      job(`async run({ each, count }) {
        await each(Array.from({ length: 30 }, (_, n) => n), (n) => "user " + n, (n) => { if (n % 2) throw new Error("odd"); count("done"); });
        return { after: true };
      }`),
    );
    const failures = Array.from({ length: 10 }, (_, index) => ({ item: `user ${2 * index + 1}`, error: "odd" }));
    const lines = failures.map(({ item }) => `  ${item}: odd`).join("\n");
    expect(run.end).toEqual({
      type: "error",
      error: `15 of 30 items failed:\n${lines}\nand 5 more`,
      result: { done: 15, failures, after: true },
    });
    expect(run.stderr.split("\n")).toHaveLength(16);
    expect(run.exitCode).toBe(1);
  });

  it("succeeds with the failures told where minSuccess is met", async () => {
    const source = `import { defineJob, itemParams } from "jobctl";
      export default defineJob({ description: "x", params: itemParams, async run({ each }) {
        await each([1, 2, 3, 4], String, (n) => { if (n === 3) throw new Error("three"); });
      } });`;
    const enough = await runSource(source, { params: { minSuccess: 75 } });
    expect(enough.end).toEqual({ type: "result", result: { failures: [{ item: "3", error: "three" }] } });
    const tooFew = await runSource(source, { params: { minSuccess: "76" } });
    expect(tooFew.end).toMatchObject({ type: "error", error: "1 of 4 items failed (at least 76% must succeed):\n  3: three" });
  });

  it("aborts the signal on SIGTERM and waits for the job to end", async () => {
    const module = writeJob(
      job(`async run({ signal, progress }) {
        progress(1, 10);
        const timer = setInterval(() => {}, 1000);
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        clearInterval(timer);
        return { stoppedAt: 1 };
      }`),
    );
    const host = startHost({ module });
    while (host.messages.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    host.child.kill("SIGTERM");
    expect(await host.done).toMatchObject({ signal: null, end: { type: "result", result: { stoppedAt: 1 } } });
  });

  it.each([
    ["{ at: new Date(0) }", ".at is a Date (use toISOString())"],
    ["{ list: [1, 2n] }", ".list.1 is a bigint"],
    ["{ share: 0 / 0 }", ".share is NaN"],
    ["new Map()", " is a Map"],
    ["(() => { const a = {}; a.self = a; return a; })()", ".self contains itself"],
  ])("refuses the result %s, which JSON can't hold", async (value, place) => {
    const run = await runSource(job(`run(): any { return ${value}; }`).replace("a = {}", "a: any = {}"));
    const message = `TypeError: run must return what JSON can hold, but its result${place}`;
    expect(run.end).toHaveProperty("error", expect.stringContaining(message));
  });

  it.each([
    ["run() { process.exit(0); }", "the job called process.exit(0) before it returned a result"],
    ["run() { return new Promise(() => {}); }", "the job ended without a result: it waits for a promise that nothing can settle any more"],
  ])("reports an end without a result: %s", async (body, error) => {
    expect(await runSource(job(body))).toMatchObject({ exitCode: 1, end: { type: "error", error } });
  });

  it.each(["Promise.reject(new Error('stray'));", "setTimeout(() => { throw new Error('stray'); });"])(
    "reports what no await sees: %s",
    async (stray) => {
      const run = await runSource(job(`async run() { ${stray} await new Promise((resolve) => setTimeout(resolve, 2000)); }`));
      expect(run).toMatchObject({ exitCode: 1, end: { type: "error", error: expect.stringContaining("Error: stray\n    at ") } });
    },
  );

  it("ends although the job leaves a timer behind, and loses nothing of what it printed", async () => {
    const run = await runSource(job(`run() { setInterval(() => {}, 1000); process.stdout.write("x".repeat(300_000)); }`));
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toHaveLength(300_000);
  });

  it("hides the request from what the job starts", async () => {
    expect((await runSource(job("run() { return Object.keys(process.env).filter((name) => name.startsWith('JOBCTL')); }"))).end).toEqual({
      type: "result",
      result: [],
    });
  });

  it("logs one line a call, warnings and errors on stderr", async () => {
    const run = await runSource(
      job(
        `run({ logger }) { logger.debug("no"); logger.info("purged", { table: "carts", rows: 12 }); logger.warn("slow", { why: "no index" }); }`,
      ),
    );
    expect(run.stdout).toBe("info  purged table=carts rows=12\n");
    expect(run.stderr).toBe('warn  slow why="no index"\n');
  });

  it("passes progress on at most ten times a second, and always the last", async () => {
    const run = await runSource(job("run({ progress }) { for (let n = 1; n <= 5000; n += 1) progress(n, 5000); }"));
    expect(run.messages.at(-2)).toEqual({ type: "progress", done: 5000, total: 5000 });
    expect(run.messages.length).toBeLessThan(20);
  });

  it("says that a job which uses the database needs one", async () => {
    const run = await runSource(job("async run({ db }) { await db.selectFrom('users').selectAll().execute(); }"));
    expect(run.end).toMatchObject({
      config: true,
      error: "job test-job needs a database, and the manifest names none; add `database: sqlite:PATH` or `database: postgres://...`",
    });
  });

  it("makes the database refuse writes in a dry run", async () => {
    const source = job("async run({ sql, db }) { await sql`CREATE TABLE t (a INTEGER)`.execute(db); }");
    const run = await runHost({ module: writeJob(source), dryRun: true, database: "sqlite:/nowhere/app.db" });
    expect(run.end).toMatchObject({ config: true, error: expect.stringContaining("there is no file /nowhere/app.db") });
  });
});
