import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { MANIFEST_YOUNG_MS } from "../arena.ts";
import type { Measure } from "../contest.ts";

const RUNS = 20;

/**
 * What a supervisor holds while its command sleeps: PSS, which divides what processes share (the code of Node) among them.
 * A mean of many at once, as a host has them; that of a lone one says mostly how few others share Node's code just then.
 */
export const memory: Measure = async (arena) => {
  const jobs = Array.from({ length: RUNS }, (_, n) => `  sleeper-${n}:\n    command: [sleep, "86400"]\n`);
  const manifest = arena.write(
    "memory/jobctl.yaml",
    `version: 1\nstateDir: state\njobs:\n  quick:\n    command: [/bin/true]\n${jobs.join("")}`,
  );
  await sleep(MANIFEST_YOUNG_MS);
  arena.once("run", "--manifest", manifest, "quick");
  const bare = jobs.map(() => spawn(process.execPath, ["-e", "setTimeout(() => {}, 1e9)"], { env: arena.env, stdio: "ignore" }));
  const supervisors: ChildProcess[] = [];
  for (const n of jobs.keys()) supervisors.push(await arena.start(manifest, `sleeper-${n}`));
  await sleep(2000);
  const [own, node] = [mean(supervisors.map(pss)), mean(bare.map(pss))];
  await Promise.all([...supervisors, ...bare].map(ended));
  return [
    { what: `memory while a command job sleeps, one of ${RUNS} (PSS)`, unit: "MB", must: 13, aim: 9, measured: own },
    { what: "bare node, asleep, as many at the same time (PSS)", unit: "MB", measured: node },
  ];
};

const mean = (values: number[]): number => values.reduce((total, value) => total + value, 0) / values.length;

function pss({ pid }: ChildProcess): number {
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
  return Number(kilobytes) / 1000;
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  await exit;
}
