import { expect, it } from "vitest";
import { newSeed } from "./options.ts";
import { renderReport } from "./report.ts";
import { soak } from "./soak.ts";

/** What follows the storm takes ten seconds more, on a loaded machine twenty, on a slow one a minute. */
const STORM_SECONDS = 45;

it("a storm of a minute passes no limit, loses no run and leaves nothing behind", { timeout: 300_000 }, async () => {
  const options = { seed: newSeed(), seconds: STORM_SECONDS, jobs: 300, atOnce: 12, keep: false };
  const result = await soak(options, { told: () => undefined, stop: new AbortController().signal });
  for (const what of result.leftOut) console.warn(`LEFT OUT: ${what}`);
  const broken = result.verdicts.filter((verdict) => verdict.broken.length > 0);
  expect(broken, renderReport(result)).toEqual([]);
  // A storm in which nothing happened proves nothing; how much does, depends on the machine.
  expect(result.findings.supervisors.length, renderReport(result)).toBeGreaterThan(20);
  expect(result.findings.rows.filter(({ status }) => status === "succeeded").length, renderReport(result)).toBeGreaterThan(3);
  const struck = new Set(Object.keys(result.state.kills).map((kill) => kill.split(" ")[1]));
  expect([...struck].toSorted(), renderReport(result)).toEqual(["child", "supervisor"]);
});
