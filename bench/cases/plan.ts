import { setTimeout as sleep } from "node:timers/promises";
import { MANIFEST_YOUNG_MS } from "../arena.ts";
import { LeftOut, type Measure } from "../contest.ts";
import { median } from "../rounds.ts";
import { timed } from "../timed.ts";

const JOBS = 5000;

/** A plan of what is installed already, over the files of all jobs. In a folder: no systemd is asked, and none is needed. */
export const plan: Measure = async (arena, { rounds }) => {
  if (/^\/(?:tmp|var\/tmp)\//.test(import.meta.dirname)) throw new LeftOut("a plan: jobctl installs no timers from a temporary folder");
  const jobs = Array.from({ length: JOBS }, (_, n) => `  job-${n}: { schedule: "${n % 60} ${n % 24} * * *", shell: echo ${n} }\n`).join("");
  const manifest = arena.write("plan/jobctl.yaml", `version: 1\nstateDir: state\njobs:\n${jobs}`);
  const install = ["install-timers", "--manifest", manifest, "--target", "systemd", "--output", arena.path("plan/units")];
  await sleep(MANIFEST_YOUNG_MS);
  arena.once(...install);
  const planned = { name: "plan", script: arena.jobctl(...install, "--dry-run", "--exit-code") };
  const samples = Array.from({ length: rounds }, () => timed(planned, 1, arena.env));
  const what = `${JOBS} jobs planned, nothing changed`;
  return [
    { what: `${what}: wall`, unit: "s", must: 0.5, aim: 0.2, measured: median(samples.map(({ wall }) => wall)) / 1000 },
    { what: `${what}: CPU`, unit: "s", measured: median(samples.map(({ cpu }) => cpu)) / 1000 },
  ];
};
