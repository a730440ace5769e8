import { expect, it } from "vitest";
import { newSeed } from "./options.ts";
import { renderReport } from "./report.ts";
import { soak } from "./soak.ts";

/** What follows the storm takes ten seconds more, on a loaded machine twenty. */
const STORM_SECONDS = 45;

it("a storm of a minute passes no limit, loses no run and leaves nothing behind", { timeout: 120_000 }, async () => {
  const options = { seed: newSeed(), seconds: STORM_SECONDS, jobs: 300, atOnce: 12, keep: false };
  const result = await soak(options, { told: () => undefined, stop: new AbortController().signal });
  for (const what of result.leftOut) console.warn(`LEFT OUT: ${what}`);
  const broken = result.verdicts.filter((verdict) => verdict.broken.length > 0);
  expect(broken, renderReport(result)).toEqual([]);
  // A storm in which nothing happened proves nothing.
  expect(result.findings.supervisors.length, renderReport(result)).toBeGreaterThan(50);
  expect(result.findings.rows.filter(({ status }) => status === "succeeded").length, renderReport(result)).toBeGreaterThan(10);
  expect(Object.keys(result.state.kills).length, renderReport(result)).toBe(4);
});
