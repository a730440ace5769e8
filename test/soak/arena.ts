import { execFileSync, spawn } from "node:child_process";
import { appendFileSync, copyFileSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errnoCode } from "../../src/errors.ts";
import { processStat } from "../../src/system/processes.ts";
import { type Mark, monotonicMs, writeMark } from "./evidence.ts";
import type { SupervisorEnd } from "./findings.ts";

const HERE = import.meta.dirname;
const JOBCTL = join(HERE, "../../bin/jobctl.js");
const STATE_BYTES = 192 * 1024 * 1024;

/** A host of its own: manifest, state directory (a small file system where we may mount one), clock and evidence. */
export interface Arena {
  folder: string;
  stateDir: string;
  /** What can't be done here, and why, for people. */
  leftOut: string[];
  /** Undefined where no disk of its own could be made. */
  disk: { fill(): void; free(): void } | undefined;
  /** Undefined without libfaketime. */
  clock: { set(offsetSeconds: number): void } | undefined;
  note(what: Mark["what"], ...words: string[]): void;
  /** Starts the built program; what it becomes is written into `end`. */
  start(args: readonly string[], job: string): Started;
  remove(): void;
}

export interface Started {
  end: SupervisorEnd;
  ended: Promise<void>;
  isOver(): boolean;
}

export function createArena(): Arena {
  const folder = mkdtempSync(join(tmpdir(), "jobctl-soak-"));
  const stateDir = join(folder, "state");
  mkdirSync(stateDir, { mode: 0o700 });
  mkdirSync(join(folder, "places"));
  for (const file of ["probe.pl", "module-job.ts"]) copyFileSync(join(HERE, file), join(folder, file));
  const disk = mountDisk(stateDir);
  const clock = fakeClock(folder);
  const leftOut = [
    ...(disk ? [] : ["a full disk (needs root, to mount a tmpfs)"]),
    ...(clock ? [] : ["clock steps (need the package faketime)"]),
  ];
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, TZ: "UTC", JOBCTL_MANIFEST: join(folder, "jobctl.yaml") };
  return {
    folder,
    stateDir,
    leftOut,
    disk,
    clock,
    note: (what, ...words) => appendFileSync(join(folder, "evidence"), writeMark(what, ...words)),
    start: (args, job) =>
      startSupervisor(args, job, { cwd: folder, env: { ...env, JOBCTL_CACHE_DIR: join(folder, "cache"), ...clock?.env } }),
    remove() {
      if (disk) execFileSync("umount", ["--lazy", stateDir]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function startSupervisor(args: readonly string[], job: string, where: { cwd: string; env: Record<string, string> }): Started {
  const startedAt = monotonicMs();
  // In a group of its own: Ctrl-C in a terminal is for the storm.
  const child = spawn(process.execPath, [JOBCTL, ...args], { ...where, detached: true, stdio: ["ignore", "ignore", "pipe"] });
  const pid = child.pid ?? -1;
  const end: SupervisorEnd = {
    process: `${pid}:${processStat(pid)?.start}`,
    job,
    startedAt,
    endedAt: null,
    struck: null,
    code: null,
    signal: null,
    stderr: "",
  };
  child.stderr.setEncoding("utf8").on("data", (text: string) => (end.stderr += text));
  const ended = new Promise<void>((resolve) => {
    child.once("exit", (code, signal) => {
      Object.assign(end, { code, signal, endedAt: monotonicMs() });
      forgetClock(pid);
      resolve();
    });
  });
  return { end, ended, isOver: () => child.exitCode !== null || child.signalCode !== null };
}

function mountDisk(stateDir: string): Arena["disk"] {
  if (process.getuid?.() !== 0) return undefined;
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${STATE_BYTES},mode=700`, "tmpfs", stateDir], { stdio: "ignore" });
  } catch {
    return undefined; // root in a container may not mount
  }
  const filler = join(stateDir, "filler");
  return { fill: () => fill(filler), free: () => rmSync(filler, { force: true }) };
}

/** To the last page, and again what becomes free meanwhile: called repeatedly. */
function fill(path: string): void {
  for (const size of [1 << 20, 4096]) {
    try {
      for (;;) appendFileSync(path, Buffer.alloc(size));
    } catch {
      // full
    }
  }
}

/** Steps the date of all supervisors at once, as a clock that is set; nobody's monotonic clock moves (libfaketime's README). */
function fakeClock(folder: string): (NonNullable<Arena["clock"]> & { env: Record<string, string> }) | undefined {
  const [library] = globSync("/usr/lib/*/faketime/libfaketime.so.1");
  if (library === undefined) return undefined;
  const file = join(folder, "clock");
  const set = (offsetSeconds: number): void => {
    writeFileSync(`${file}.new`, `${offsetSeconds < 0 ? "" : "+"}${offsetSeconds}`);
    renameSync(`${file}.new`, file);
  };
  set(0);
  const env = { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1", NO_FAKE_STAT: "1" }; // prettier-ignore
  return { set, env };
}

/** libfaketime shares memory with its children under its pid's name, which a killed one can't remove. Another user's process may have had that pid. */
function forgetClock(pid: number): void {
  for (const name of [`sem.faketime_sem_${pid}`, `faketime_shm_${pid}`]) {
    try {
      rmSync(`/dev/shm/${name}`, { force: true });
    } catch (error) {
      if (errnoCode(error) !== "EPERM") throw error;
    }
  }
}
