import { defineJob, duration, forgetOld, integer, itemParams, number, text } from "jobctl";
import { keepSamples, medianBefore } from "./performance-monitor/samples.ts";
import { measure } from "./performance-monitor/measure.ts";
import { tooMuch } from "./performance-monitor/too-much.ts";

/**
 * Samples load, memory, disk, database latency and size, and how long each job's runs took since the last sample (from
 * jobctl's history); compares each with a limit and with its own median of the last seven days. One that is too high
 * makes the run fail.
 *
 * It changes `performance_samples`: a row a metric, and rows older than `keepFor` go, once a day. Safe to run again at any
 * moment: samples of the same instant are replaced. The limits are rules of the admin server.
 */
export default defineJob({
  description: "Sample load, memory, disk, database and run durations, and compare them with their own past",
  params: {
    diskPath: text({ default: ".", description: "a path on the file system to watch, from the manifest's folder" }),
    maxLoad: number({ min: 0, default: 4, unit: "per core", description: "load average of one minute, at most" }),
    maxMemory: number({ min: 0, max: 100, default: 95, unit: "% used", description: "memory, at most" }),
    maxDisk: number({ min: 0, max: 100, default: 95, unit: "% used", description: "disk, at most" }),
    maxDatabaseLatency: duration({ default: "1s", description: "an answer of the database, at most" }),
    maxTimesMedian: number({ min: 1, default: 5, unit: "times", description: "a sample against its own median of seven days, at most" }),
    minSamples: integer({ min: 1, default: 36, unit: "samples", description: "no median is taken of fewer than these" }),
    every: duration({ default: "10m", description: "how far back the first run looks for other runs" }),
    keepFor: duration({ default: "30d", description: "how long samples are kept" }),
    ...itemParams,
  },
  async run(context) {
    const { params, db, now, each, count, progress, dryRun } = context;
    const measured = await measure(context, params);
    const samples = await Promise.all(
      measured.map(async ({ metric, value }) => ({ metric, value, median: await medianBefore(db, metric, now, params.minSamples) })),
    );
    progress(samples.length, samples.length);
    count("sampleCount", samples.length);
    count("exceededCount", samples.filter((sample) => tooMuch(sample, params) !== undefined).length);
    if (!dryRun) await keepSamples(db, now, samples);
    await forgetOld(context, { table: "performance_samples", column: "sampled_at", keepFor: params.keepFor });
    await each(
      samples,
      ({ metric }) => metric,
      (sample) => {
        const problem = tooMuch(sample, params);
        if (problem !== undefined) throw new Error(problem);
      },
    );
    return { samples: Object.fromEntries(samples.map(({ metric, value, median }) => [metric, { value, median }])) };
  },
});
