import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import type { Arena } from "../arena.ts";
import type { Prepare } from "../contest.ts";
import { cpuAndWall } from "../rows.ts";
import type { Contestant } from "../timed.ts";
import { quote } from "../timed.ts";

/** What people use instead; each does less than jobctl, and says how much less. */
export const peers: Prepare = (arena) => {
  mkdirSync(arena.path("peers"));
  const contestants = [flock(arena), wrapper(arena), chronic(), bree(arena), nodeCron(arena)].filter(isInstalled);
  return { contestants, rows: (of) => contestants.flatMap((each) => cpuAndWall(of(each))) };
};

interface Peer extends Contestant {
  needs: readonly string[];
}

function isInstalled({ name, needs }: Peer): boolean {
  const missing = needs.filter((tool) => spawnSync("bash", ["-c", `command -v ${tool}`]).status !== 0);
  if (missing.length > 0) process.stderr.write(`left out: ${name}: ${missing.join(", ")} not installed\n`);
  return missing.length === 0;
}

const flock = (arena: Arena): Peer => ({
  name: "flock -n (lock only)",
  needs: ["flock"],
  script: `flock -n ${quote(arena.path("peers/flock"))} /bin/true`,
});

function wrapper(arena: Arena): Peer {
  const folder = arena.path("peers");
  const table =
    "CREATE TABLE runs (id INTEGER PRIMARY KEY, key TEXT UNIQUE, status TEXT, started_at INTEGER, finished_at INTEGER, exit_code INTEGER, log TEXT)";
  spawnSync("sqlite3", [`${folder}/history.db`, `PRAGMA journal_mode = WAL; ${table}`], { stdio: "ignore" });
  return {
    name: "sh + flock + sqlite3 (lock, row before and after, log)",
    needs: ["flock", "sqlite3"],
    script: `sh ${quote(arena.peer("wrapper.sh"))} ${quote(folder)} /bin/true`,
  };
}

const chronic = (): Peer => ({ name: "chronic (output kept for failures; Perl)", needs: ["chronic"], script: "chronic /bin/true" });
const bree = (arena: Arena): Peer => ({
  name: "bree (one job once, no lock, no history)",
  needs: [],
  script: arena.node(arena.peer("bree.mjs")),
});
const nodeCron = (arena: Arena): Peer => ({
  name: "node-cron (one job once, no lock, no history)",
  needs: [],
  script: arena.node(arena.peer("node-cron.mjs")),
});
