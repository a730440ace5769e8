import { readFileSync } from "node:fs";
import { groupMembers, type ProcessId, type ProcessStat, TICK_MS } from "../system/processes.ts";
import { formatSize } from "../units.ts";

const SAMPLE_MS = 1000;

/** Bounds of one run, over its whole process group. Bytes and milliseconds. */
export interface Limits {
  maxMemory?: number | undefined;
  maxCpuTime?: number | undefined;
  maxDiskSpace?: number | undefined;
  maxProcesses?: number | undefined;
}

/**
 * Samples the group once a second and calls `exceeded` once, in words. (setrlimit(2) would not do: RLIMIT_AS kills Node
 * at its start, RLIMIT_CPU counts each process alone.) Returns what stops the sampling.
 */
export function watchLimits(limits: Limits, main: ProcessId, exceeded: (detail: string) => void): () => void {
  if (Object.values(limits).every((limit) => limit === undefined)) return () => {};
  const written = new Map<number, number>();
  const timer = setInterval(() => {
    const members = groupMembers(main.pid);
    for (const { pid } of members) written.set(pid, Math.max(written.get(pid) ?? 0, bytesWritten(pid)));
    const detail = firstExceeded(limits, members, sum([...written.values()]));
    if (detail === undefined) return;
    clearInterval(timer);
    exceeded(detail);
  }, SAMPLE_MS);
  return () => clearInterval(timer);
}

function firstExceeded(limits: Limits, members: ProcessStat[], written: number): string | undefined {
  const memory = sum(members.map(({ pid }) => proportionalMemory(pid)));
  const cpu = sum(members.map(({ cpuTicks }) => cpuTicks)) * TICK_MS;
  const found: [string, number, number | undefined, (value: number) => string][] = [
    ["maxMemory", memory, limits.maxMemory, formatSize],
    ["maxCpuTime", cpu, limits.maxCpuTime, seconds],
    ["maxDiskSpace", written, limits.maxDiskSpace, formatSize],
    ["maxProcesses", members.length, limits.maxProcesses, String],
  ];
  for (const [name, value, limit, text] of found) {
    if (limit !== undefined && value > limit) return `${name}: ${text(value)} used, ${text(limit)} allowed`;
  }
  return undefined;
}

/** Pages shared by several processes are counted once in all (Pss); where that can't be read, the resident set. */
export function proportionalMemory(pid: number): number {
  return kilobytes("Pss", `/proc/${pid}/smaps_rollup`) ?? kilobytes("VmRSS", `/proc/${pid}/status`) ?? 0;
}

/** The most that the process itself has used. */
export const highWater = (pid: number): number => kilobytes("VmHWM", `/proc/${pid}/status`) ?? 0;

function kilobytes(field: string, path: string): number | undefined {
  const text = read(path);
  const start = `\n${field}:`;
  const at = text.indexOf(start);
  // Not by a pattern, whose first use is a two hundredth of a start.
  return at < 0 ? undefined : Number.parseInt(text.slice(at + start.length), 10) * 1024;
}

/** What the process and the children that it waited for caused to be written to storage (proc(5), /proc/PID/io). */
function bytesWritten(pid: number): number {
  return Number(/^write_bytes: (\d+)$/m.exec(read(`/proc/${pid}/io`))?.[1] ?? 0);
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
