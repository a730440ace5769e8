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
  return `import { defineJob, duration } from "jobctl";

export default defineJob({
  description: "Says in one sentence what ${job} does",
  params: {
    // The manifest sets it under "with:", "jobctl run ${job} --set olderThan=7d" for one run. Its value is in milliseconds.
    olderThan: duration({ default: "30d", description: "Only what is older than this" }),
  },
  /** What it returns is the run's result: counts with names that stay. Time comes from \`now\`, so that a test can set it. */
  async run({ params, now, dryRun, logger }) {
    const before = new Date(now.getTime() - params.olderThan);
    logger.info("looking for what is old", { before: before.toISOString(), dryRun });
    return { foundCount: 0, deletedCount: 0 };
  },
});
`;
}

/** Runs with \`node --test\`; a plain object is context enough. */
function testText(job: string, moduleName: string): string {
  const cast = moduleName.endsWith(".ts") ? " as unknown as Parameters<typeof job.run>[0]" : "";
  return `import assert from "node:assert/strict";
import { test } from "node:test";
import job from "./${moduleName}";

const DAY = 24 * 60 * 60 * 1000;

test("${job} deletes nothing in a dry run", async () => {
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const context = { params: { olderThan: 30 * DAY }, now: new Date("2026-01-31T00:00:00Z"), dryRun: true, logger }${cast};
  assert.deepEqual(await job.run(context), { foundCount: 0, deletedCount: 0 });
});
`;
}
