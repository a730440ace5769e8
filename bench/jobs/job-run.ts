import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import type { Arena } from "../arena.ts";

/** What the built program told of a run, and what was seen of it. */
export interface JobRun {
  result: Record<string, unknown>;
  seconds: number;
  /** Of all its processes. */
  cpuSeconds: number;
  /** The highest VmHWM among its processes: the job's own. */
  peakMB: number;
  /** Milliseconds; undefined where the job works in no batches. */
  longestTransaction: number | undefined;
}

const LOOK_EVERY_MS = 50;

/** `jobctl run JOB --json`. Throws where it does not succeed. */
export async function runJob(arena: Arena, manifest: string, job: string): Promise<JobRun> {
  const child = spawn("bash", ["-c", `exec ${arena.jobctl("run", "--manifest", manifest, job, "--json")}`], { env: arena.env });
  let peak = 0;
  const watch = setInterval(() => void (peak = Math.max(peak, highWater(child.pid ?? 0))), LOOK_EVERY_MS);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  clearInterval(watch);
  const told = stdout.slice(Math.max(0, stdout.search(/^\{$/m)));
  const run = parsed(told);
  if (run?.status !== "succeeded") throw new Error(`jobctl run ${job} did not succeed: ${stdout}${stderr}`);
  return {
    result: run.result,
    seconds: run.durationMs / 1000,
    cpuSeconds: run.cpuMs / 1000,
    peakMB: peak / 1000,
    longestTransaction: longest(stdout + stderr),
  };
}

/** The job-api tells it at the level `debug`. */
function longest(output: string): number | undefined {
  const told = [...output.matchAll(/ longestMs=([\d.]+)/g)].map(([, milliseconds]) => Number(milliseconds));
  return told.length === 0 ? undefined : Math.max(...told);
}

function parsed(json: string): { status: string; result: Record<string, unknown>; durationMs: number; cpuMs: number } | undefined {
  try {
    return JSON.parse(json) as never;
  } catch {
    return undefined;
  }
}

/** Kilobytes. */
function highWater(pid: number): number {
  try {
    const own = Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").filter(Boolean).map(Number);
    return Math.max(own, ...children.map(highWater));
  } catch {
    return 0;
  }
}
