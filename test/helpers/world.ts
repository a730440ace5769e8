import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, expect } from "vitest";

export const ROOT = join(import.meta.dirname, "../..");
export const JOBCTL = join(ROOT, "bin/jobctl.js");

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Started {
  child: ChildProcess;
  pid: number;
  /** Resolves when the process has ended and its output is read. */
  ended: Promise<Ended>;
}

export interface World {
  dir: string;
  stateDir: string;
  env: Record<string, string>;
  /** Runs the built program to its end. */
  jobctl(args: readonly string[], env?: Record<string, string>): Promise<Ended>;
  start(args: readonly string[], env?: Record<string, string>): Started;
  write(path: string, text: string): string;
  read(path: string): string;
  exists(path: string): boolean;
  /** Rows of the history, straight from SQLite. */
  rows<Row = Record<string, unknown>>(sql: string): Row[];
  /** The runs, oldest first, as `jobctl history --json` tells them. */
  runs(): Promise<Record<string, unknown>[]>;
}

const worlds: string[] = [];
const started: ChildProcess[] = [];
afterEach(() => {
  // A test that failed may have left its run waiting for ever.
  for (const child of started.splice(0)) if (child.exitCode === null && child.signalCode === null) child.kill();
  for (const dir of worlds.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** A folder of its own with a manifest (jobs as YAML below `jobs:`), a state directory and an environment: what a user has on a fresh machine. */
export function world(jobs: string, top = ""): World {
  const dir = mkdtempSync(join(tmpdir(), "jobctl-test-"));
  worlds.push(dir);
  const stateDir = join(dir, "state");
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: dir,
    JOBCTL_MANIFEST: join(dir, "jobctl.yaml"),
    JOBCTL_CACHE_DIR: join(dir, "cache"),
    TZ: "UTC",
  };
  const self: World = {
    dir,
    stateDir,
    env,
    start: (args, extra = {}) => startProgram([JOBCTL, ...args], { cwd: dir, env: { ...env, ...extra } }),
    jobctl: (args, extra) => self.start(args, extra).ended,
    write(path, text) {
      const file = join(dir, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    },
    read: (path) => readFileSync(join(dir, path), "utf8"),
    exists: (path) => existsSync(join(dir, path)),
    rows(sql) {
      const database = new Database(join(stateDir, "history.db"), { readonly: true });
      try {
        return database.prepare(sql).all() as never;
      } finally {
        database.close();
      }
    },
    async runs() {
      const { stdout } = await self.jobctl(["history", "--json", "--limit", "1000"]);
      return (JSON.parse(stdout) as Record<string, unknown>[]).toReversed();
    },
  };
  self.write("jobctl.yaml", `version: 1\nprefix: test\nstateDir: state\n${top}\njobs:\n${indent(jobs)}`);
  return self;
}

/** Starts Node on a file with arguments. An unexpected warning of Node fails the test. */
export function startProgram(args: readonly string[], options: { cwd: string; env: Record<string, string> }): Started {
  const child = spawn(process.execPath, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  started.push(child);
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  }).then((end) => {
    expect(end.stderr).not.toMatch(/^\(node:\d+\) /m);
    return end;
  });
  return { child, pid: child.pid ?? -1, ended };
}

/** Waits until `probe` gives something; gives up before the test's own time is over, so that it can say what did not come. */
export async function until<Value>(probe: () => Value | undefined | false | null, what = "the condition", ms = 50_000): Promise<Value> {
  for (const deadline = Date.now() + ms; Date.now() < deadline;) {
    const value = probe();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${what} did not come true in ${ms / 1000} s`);
}

/** Does this process still do anything? One that ended stays as a zombie where its new parent does not wait for it. */
export function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z ");
  } catch {
    return false;
  }
}

function indent(text: string): string {
  const lines = text.replace(/^\n/, "").split("\n");
  const depth = Math.min(...lines.filter((line) => line.trim() !== "").map((line) => /^ */.exec(line)?.[0].length ?? 0));
  return lines.map((line) => `  ${line.slice(Number.isFinite(depth) ? depth : 0)}`).join("\n");
}
