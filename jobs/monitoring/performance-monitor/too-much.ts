import type { Sample } from "./measure.ts";

export interface Limits {
  maxLoad: number;
  maxMemory: number;
  maxDisk: number;
  maxDatabaseLatency: number;
  maxTimesMedian: number;
}

/** What is wrong with a sample, in words; undefined where it is well. */
export function tooMuch(sample: Sample & { median: number | null }, limits: Limits): string | undefined {
  const { metric, value, median } = sample;
  const [name = ""] = metric.split(".");
  const most = limitOf(name, limits);
  if (most !== undefined && value > most) return `${value} is above ${most}`;
  const floor = FLOORS[name];
  if (median === null || floor === undefined || value < floor || value <= median * limits.maxTimesMedian) return undefined;
  return `${value} is more than ${limits.maxTimesMedian} times ${median}, its median of seven days`;
}

function limitOf(name: string, limits: Limits): number | undefined {
  switch (name) {
    case "loadPerCore":
      return limits.maxLoad;
    case "memoryUsedPercent":
      return limits.maxMemory;
    case "diskUsedPercent":
      return limits.maxDisk;
    case "databaseLatencyMs":
      return limits.maxDatabaseLatency;
    default:
      return undefined;
  }
}

/** Below these a sample is small, however much smaller its median is: 5 ms instead of 1 is no trouble. */
const FLOORS: Record<string, number> = { loadPerCore: 1, databaseLatencyMs: 100, databaseBytes: 100_000_000, runDurationMs: 10_000 };
