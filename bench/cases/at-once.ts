import Database from "better-sqlite3";
import type { Measure } from "../contest.ts";
import { mean, median, ratio } from "../rounds.ts";
import { type Sample, timed } from "../timed.ts";

const RUNS = 200;
/** A round takes many seconds; of five, the median of two measurements of one program lay up to a tenth apart. */
const MOST_ROUNDS = 10;

/**
 * 200 jobs at one instant, as at midnight; every round begins with no history at all, and no row may be missing. Each has a state directory of
 * its own: where many files were just removed, ext4 looks for some seconds for numbers that it has not given away lately.
 */
export const atOnce: Measure = (arena, { rounds }) => {
  const jobs = Array.from({ length: RUNS }, (_, n) => `  job-${n}:\n    command: [/bin/true]\n`).join("");
  const manifest = arena.write("at-once/jobctl.yaml", `version: 1\njobs:\n${jobs}`);
  const run = (stateDir: string): readonly string[] => ["run", "--manifest", manifest, "--state-dir", stateDir];
  arena.once(...run(arena.path("at-once/warm")), "job-0");
  const each = (command: string): string => `for job in {1..${RUNS}}; do ${command} & done; wait`;
  const nodes = { name: `${RUNS} x node -e 0`, script: each(arena.node("-e", "0")) };

  const ratios: Sample[] = [];
  let lost = 0;
  let before = timed(nodes, 1, arena.env);
  for (let round = 0; round < Math.min(rounds, MOST_ROUNDS); round++) {
    const stateDir = arena.path(`at-once/state-${round}`);
    const own = timed({ name: `${RUNS} runs`, script: each(`${arena.jobctl(...run(stateDir))} job-$((job - 1))`) }, 1, arena.env);
    const after = timed(nodes, 1, arena.env);
    ratios.push(ratio(own, mean(before, after)));
    before = after;
    lost += RUNS - succeeded(`${stateDir}/history.db`);
  }
  const name = `${RUNS} runs started at one instant, to ${RUNS} node -e 0`;
  return [
    { what: `${name}: wall`, unit: "x", must: 1.7, aim: 1.2, measured: median(ratios.map(({ wall }) => wall)) },
    { what: `${name}: CPU`, unit: "x", measured: median(ratios.map(({ cpu }) => cpu)) },
    { what: `rows lost by ${ratios.length} x ${RUNS} runs`, unit: "", must: 0, aim: 0, measured: lost },
  ];
};

function succeeded(history: string): number {
  const db = new Database(history, { readonly: true });
  const { rows } = db.prepare("SELECT count(*) AS rows FROM runs WHERE status = 'succeeded'").get() as { rows: number };
  db.close();
  return rows;
}
