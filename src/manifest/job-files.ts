/** The text of a new module job and of its test. */
export interface JobFiles {
  module: string;
  test: string;
}

/** `moduleName` is the file's name, from which the test imports it. */
export function jobFiles(job: string, moduleName: string): JobFiles {
  return { module: moduleText(job), test: testText(job, moduleName) };
}

function moduleText(job: string): string {
  return `import { ago, defineJob, duration } from "jobctl";

export default defineJob({
  description: "Says in one sentence what ${job} does",
  params: {
    // The manifest sets it under "with:", "jobctl run ${job} --set olderThan=7d" for one run. Its value is in milliseconds.
    olderThan: duration({ default: "30d", description: "Only what is older than this" }),
  },
  /** What it returns is the run's result: counts with names that stay. Time comes from \`now\`, so that a test can set it. */
  async run({ params, now, logger }) {
    const before = ago(now, params.olderThan);
    logger.info("looking for what is old", { before: before.toISOString() });
    // With \`rows\` from the context, and \`database:\` in the manifest (in batches; a dry run only counts):
    // const old = await rows("carts", { column: "touched_at", before });
    // return { deletedCount: await old.delete() };
    return { deletedCount: 0 };
  },
});
`;
}

/** Runs with \`node --test\`. */
function testText(job: string, moduleName: string): string {
  return `import assert from "node:assert/strict";
import { test } from "node:test";
import { runJob } from "jobctl/testing";
import job from "./${moduleName}";

test("${job} takes what is older than the age, counted from now", async () => {
  const run = await runJob(job, {
    now: "2026-01-31T00:00:00Z",
    params: { olderThan: "7d" },
    // A database in memory, and what is in it before the run:
    // schema: "CREATE TABLE carts (id INTEGER PRIMARY KEY, touched_at TEXT)",
    // rows: { carts: [{ touched_at: "2026-01-23T23:59:59.999Z" }, { touched_at: "2026-01-24T00:00:00.000Z" }] },
  });
  assert.equal(run.error, null);
  assert.deepEqual(run.result, { deletedCount: 0 });
  assert.deepEqual(run.logs[0]?.fields, { before: "2026-01-24T00:00:00.000Z" });
  // assert.deepEqual(await run.database.rows("carts"), [{ id: 2, touched_at: "2026-01-24T00:00:00.000Z" }]);
});

test("${job} refuses an age that is none", async () => {
  const { status, error } = await runJob(job, { params: { olderThan: "soon" } });
  assert.equal(status, "failed");
  assert.match(error ?? "", /olderThan: "soon" is not a duration/);
});
`;
}
