import { once } from "node:events";
import { bring } from "../arena.ts";
import type { Prepare } from "../contest.ts";
import { cpuAndWall } from "../rows.ts";

const TRUE = `  work:\n    description: Does nothing\n    command: [/bin/true]\n`;
const twentyJobs = Array.from({ length: 19 }, (_, n) => scheduledJob(n)).join("");

function scheduledJob(n: number): string {
  return `  job-${n}:\n    description: One of many\n    command: [/bin/true]\n    schedule: "${n % 60} 3 * * *"\n    timeout: 30m\n    retry: { maxRetries: 3, backoff: exponential, initialDelay: 5m }\n`;
}

/** Lock, record before and after, log: everything that a run of a command does. */
export const run: Prepare = (arena) => {
  const manifest = arena.write("run/jobctl.yaml", `version: 1\nstateDir: state\njobs:\n${TRUE}`);
  arena.once("run", "--manifest", manifest, "work");
  const contestant = { name: "jobctl run /bin/true", script: arena.jobctl("run", "--manifest", manifest, "work") };
  return { contestants: [contestant], rows: (of) => cpuAndWall(of(contestant), { must: 1.6, aim: 1.3 }) };
};

/** The same in a manifest of many jobs, of which a start should see one. */
export const oneOfMany: Prepare = (arena) => {
  const jobs = Array.from({ length: 1000 }, (_, n) => scheduledJob(n)).join("");
  const manifest = arena.write("many/jobctl.yaml", `version: 1\nstateDir: state\njobs:\n${TRUE}${jobs}`);
  arena.once("run", "--manifest", manifest, "work");
  const contestant = { name: "the same, one of 1,000 jobs", script: arena.jobctl("run", "--manifest", manifest, "work") };
  return { contestants: [contestant], rows: (of) => cpuAndWall(of(contestant)) };
};

/** Every call finds a manifest that was changed since the call before: the compiled copy is of no use, and a young file gets none. */
export const changed: Prepare = (arena) => {
  const manifest = arena.write("changed/jobctl.yaml", `version: 1\nstateDir: state\njobs:\n${TRUE}${twentyJobs}`);
  arena.once("run", "--manifest", manifest, "work");
  const contestant = {
    name: "the same, manifest just changed (20 jobs)",
    script: `echo "# changed" >> ${manifest}; ${arena.jobctl("run", "--manifest", manifest, "work")}`,
  };
  return { contestants: [contestant], rows: (of) => cpuAndWall(of(contestant), { must: 2.2, aim: 1.8 }) };
};

export const skip: Prepare = async (arena) => {
  const manifest = arena.write("skip/jobctl.yaml", `version: 1\nstateDir: state\njobs:\n  busy:\n    command: [sleep, "86400"]\n`);
  const holder = await arena.start(manifest, "busy");
  const contestant = { name: "skip (lock held)", script: arena.jobctl("run", "--manifest", manifest, "busy"), exit: 75 };
  return {
    contestants: [contestant],
    rows: (of) => cpuAndWall(of(contestant), { must: 1.25, aim: 1.1 }),
    async end() {
      holder.kill("SIGTERM");
      await once(holder, "exit");
    },
  };
};

/** A timer that wakes more often than the job is due, as one in a zone of its own does under cron: nothing is due. */
export const wakeUp: Prepare = (arena) => {
  const manifest = arena.write("wake-up/jobctl.yaml", `version: 1\nstateDir: state\njobs:\n${TRUE}    schedule: "0 3 1 1 *"\n`);
  const wake = ["run", "--trigger", "cron", "--manifest", manifest, "work"];
  arena.once(...wake);
  const contestant = { name: "a wake-up between two slots (nothing is due)", script: arena.jobctl(...wake) };
  return { contestants: [contestant], rows: (of) => cpuAndWall(of(contestant), { must: 1.3 }) };
};

export const module: Prepare = (arena) => {
  const manifest = arena.write("module/jobctl.yaml", `version: 1\nstateDir: state\njobs:\n  nothing:\n    uses: ./nothing.mjs\n`);
  bring(arena, "nothing.mjs", "module/nothing.mjs");
  arena.once("run", "--manifest", manifest, "nothing");
  const contestant = { name: "a module job that does nothing", script: arena.jobctl("run", "--manifest", manifest, "nothing") };
  return { contestants: [contestant], rows: (of) => cpuAndWall(of(contestant), { must: 2.6, aim: 2.2 }) };
};
