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
  const rule = RULES[name];
  if (rule && value > limits[rule.limit]) return `${value} is above ${limits[rule.limit]}, its limit ${rule.limit}; ${rule.look}`;
  const floor = FLOORS[name];
  if (median === null || floor === undefined || value < floor || value <= median * limits.maxTimesMedian) return undefined;
  return `${value} is more than ${limits.maxTimesMedian} times (maxTimesMedian) ${median}, its median of seven days`;
}

/** The parameter that limits a metric, and where to look when it is met. */
const RULES: Record<string, { limit: keyof Limits; look: string }> = {
  loadPerCore: { limit: "maxLoad", look: "`top` shows what runs" },
  memoryUsedPercent: { limit: "maxMemory", look: "`ps aux --sort=-rss` shows who holds it" },
  diskUsedPercent: { limit: "maxDisk", look: "`du -x` shows what fills it" },
  databaseLatencyMs: { limit: "maxDatabaseLatency", look: "something else may keep the database, or its disk, busy" },
};

/** Below these a sample is small, however much smaller its median is: 5 ms instead of 1 is no trouble. */
const FLOORS: Record<string, number> = { loadPerCore: 1, databaseLatencyMs: 100, databaseBytes: 100_000_000, runDurationMs: 10_000 };
