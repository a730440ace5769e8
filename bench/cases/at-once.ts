import { rmSync } from "node:fs";
import Database from "better-sqlite3";
import type { Measure } from "../contest.ts";
import { median } from "../rounds.ts";
import { timed } from "../timed.ts";

const RUNS = 200;
/** A round takes many seconds, and a crowd is its own average. */
const MOST_ROUNDS = 5;

/** 200 jobs at one instant, as at midnight; every round begins with no history at all, and no row may be missing. */
export const atOnce: Measure = (arena, { rounds }) => {
  const jobs = Array.from({ length: RUNS }, (_, n) => `  job-${n}:\n    command: [/bin/true]\n`).join("");
  const manifest = arena.write("at-once/jobctl.yaml", `version: 1\nstateDir: state\njobs:\n${jobs}`);
  arena.once("run", "--manifest", manifest, "job-0");
  const each = (command: string): string => `for job in {1..${RUNS}}; do ${command} & done; wait`;
  const nodes = { name: `${RUNS} x node -e 0`, script: each(arena.node("-e", "0")) };
  const crowd = { name: `${RUNS} runs`, script: each(`${arena.jobctl("run", "--manifest", manifest)} job-$((job - 1))`) };

  const ratios: { cpu: number; wall: number }[] = [];
  let lost = 0;
  for (let round = 0; round < Math.min(rounds, MOST_ROUNDS); round++) {
    rmSync(arena.path("at-once/state"), { recursive: true });
    const base = timed(nodes, 1, arena.env);
    const own = timed(crowd, 1, arena.env);
    ratios.push({ cpu: own.cpu / base.cpu, wall: own.wall / base.wall });
    lost += RUNS - succeeded(arena.path("at-once/state/history.db"));
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
