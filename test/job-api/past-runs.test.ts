import { expect, it } from "vitest";
import { runSource } from "../helpers/host.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { world } from "../helpers/world.ts";

const SOURCE = `import { defineJob } from "jobctl";
export default defineJob({
  description: "x",
  run({ pastRuns }) {
    const runs = pastRuns({ statuses: ["succeeded"] }).map(({ job, durationMs }) => job + " " + (durationMs > 0));
    return { runs, ofOne: pastRuns({ job: "first", limit: 1 }).length };
  },
});`;

it("a job reads the runs of its manifest's jobs, newest first, and changes nothing", async () => {
  const { jobctl, stateDir, rows } = world("first: {command: [/bin/true]}\nsecond: {command: [/bin/true]}\nbad: {command: [/bin/false]}");
  for (const name of ["first", "second", "bad", "first"]) await jobctl(["run", name]);
  const { end } = await runSource(SOURCE, { stateDir });
  expect(end).toEqual({ type: "result", result: { runs: ["first true", "second true", "first true"], ofOne: 1 } });
  expect(rows("SELECT id FROM runs")).toHaveLength(4);
});

it.each([
  ["no state directory", undefined],
  ["a state directory without history", temporaryFolder],
])("with %s there were none", async (_, stateDir) => {
  const { end } = await runSource(SOURCE, stateDir ? { stateDir: stateDir() } : {});
  expect(end).toEqual({ type: "result", result: { runs: [], ofOne: 0 } });
});
