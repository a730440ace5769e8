import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { quote } from "./timed.ts";

const ROOT = join(import.meta.dirname, "..");
const PEERS = join(import.meta.dirname, "peers");

/** A manifest younger than this gets no compiled copy. */
export const MANIFEST_YOUNG_MS = 2000;

/** A folder with manifests, state and compile cache of its own: what a host looks like that runs jobctl. */
export interface Arena {
  dir: string;
  env: NodeJS.ProcessEnv;
  /** `node -e 0` and the like, as a line for bash. */
  node(...args: string[]): string;
  /** A call of the built program, as a line for bash. */
  jobctl(...args: string[]): string;
  /** A file of bench/peers. */
  peer(name: string): string;
  path(name: string): string;
  write(name: string, text: string): string;
  /** Starts a job in the background and waits until its child runs. */
  start(manifest: string, job: string): Promise<ChildProcess>;
  /** Runs the program once, which must end with 0. */
  once(...args: string[]): void;
  remove(): void;
}

export function createArena(): Arena {
  const dir = mkdtempSync(join(tmpdir(), "jobctl-bench-"));
  const env = { ...process.env, HOME: dir, JOBCTL_CACHE_DIR: join(dir, "cache"), TZ: "UTC" };
  // With it every Node of versions before 22 reads certificates at its start: 50 ms that are nobody's.
  for (const name of ["NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "NODE_COMPILE_CACHE", "JOBCTL_MANIFEST", "JOURNAL_STREAM"]) {
    delete (env as NodeJS.ProcessEnv)[name];
  }
  const program = join(ROOT, "bin/jobctl.js");
  const path = (name: string): string => join(dir, name);
  return {
    dir,
    env,
    node: (...args) => line([process.execPath, ...args]),
    jobctl: (...args) => line([process.execPath, program, ...args]),
    peer: (name) => join(PEERS, name),
    path,
    write(name, text) {
      mkdirSync(join(path(name), ".."), { recursive: true });
      writeFileSync(path(name), text);
      return path(name);
    },
    async start(manifest, job) {
      const child = spawn(process.execPath, [program, "run", "--manifest", manifest, job], { env, stdio: "ignore" });
      const lock = join(manifest, "../state/locks", `${job}.lock`);
      while (!existsSync(lock) || !readFileSync(lock, "utf8").includes('"child"')) {
        if (child.exitCode !== null) throw new Error(`jobctl run ${job} ended with ${child.exitCode}`);
        await sleep(20); // oxlint-disable-line no-await-in-loop
      }
      return child;
    },
    once(...args) {
      const { status, stderr } = spawnSync(process.execPath, [program, ...args], { env, encoding: "utf8" });
      if (status !== 0) throw new Error(`jobctl ${args.join(" ")} ended with ${status}: ${stderr}`);
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

const line = (words: readonly string[]): string => words.map(quote).join(" ");

/** Puts a file of bench/peers into the arena. */
export function bring(arena: Arena, name: string, to: string): string {
  copyFileSync(arena.peer(name), arena.path(to));
  return arena.path(to);
}
