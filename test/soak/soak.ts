import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createArena } from "./arena.ts";
import { lookAround } from "./aftermath.ts";
import { judge, type Verdict } from "./check.ts";
import type { Findings } from "./findings.ts";
import { makePlan } from "./plan.ts";
import { seeded } from "./random.ts";
import { storm, type StormState } from "./storm.ts";

export interface SoakOptions {
  seed: number;
  /** How long the storm lasts; what follows takes some seconds more. */
  seconds: number;
  jobs: number;
  atOnce: number;
  /** Keeps the folder also where all is well. */
  keep: boolean;
}

export interface SoakResult {
  options: SoakOptions;
  verdicts: Verdict[];
  findings: Findings;
  state: StormState;
  leftOut: string[];
  /** Where everything can be looked at, if it was kept. */
  folder: string | undefined;
}

/** The same seed makes the same manifest and draws the same starts, strikes and weather; the moments at which they meet are the machine's. */
export async function soak(
  options: SoakOptions,
  { told, stop }: { told(state: StormState): void; stop: AbortSignal },
): Promise<SoakResult> {
  const random = seeded(options.seed);
  const arena = createArena();
  let folder: string | undefined = arena.folder;
  try {
    const plan = makePlan(random, options.jobs, arena.folder);
    writeFileSync(join(arena.folder, "jobctl.yaml"), plan.manifest);
    const state = await storm({ arena, plan, random, seconds: options.seconds, atOnce: options.atOnce, told, stop });
    const supervisors = state.supervisors.map(({ end }) => end);
    const findings = await lookAround(arena, plan, supervisors);
    const verdicts = judge(findings);
    if (!options.keep && verdicts.every(({ broken }) => broken.length === 0)) folder = undefined;
    if (folder) writeFileSync(join(folder, "supervisors.json"), JSON.stringify(findings.supervisors, null, 1));
    return { options, verdicts, findings, state, leftOut: arena.leftOut, folder };
  } finally {
    if (folder === undefined) arena.remove();
  }
}
