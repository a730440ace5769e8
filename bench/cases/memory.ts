import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Measure } from "../contest.ts";

/** What a supervisor holds while its command sleeps: PSS, which divides what processes share (the code of Node) among them. */
export const memory: Measure = async (arena) => {
  const manifest = arena.write("memory/jobctl.yaml", `version: 1\nstateDir: state\njobs:\n  sleeper:\n    command: [sleep, "86400"]\n`);
  const bare = spawn(process.execPath, ["-e", "setTimeout(() => {}, 1e9)"], { env: arena.env, stdio: "ignore" });
  const supervisor = await arena.start(manifest, "sleeper");
  await sleep(2000);
  const [own, node] = [pss(supervisor), pss(bare)];
  await Promise.all([ended(supervisor), ended(bare)]);
  return [
    { what: "memory while a command job sleeps (PSS)", unit: "MB", must: 13, aim: 9, measured: own },
    { what: "bare node, asleep, at the same time (PSS)", unit: "MB", measured: node },
  ];
};

function pss({ pid }: ChildProcess): number {
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
  return Number(kilobytes) / 1000;
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  await exit;
}
