import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { medianOf } from "../../../jobs/monitoring/performance-monitor/samples.ts";
import { tooMuch } from "../../../jobs/monitoring/performance-monitor/too-much.ts";
import { ROOT } from "../../helpers/world.ts";

const LIMITS = { maxLoad: 4, maxMemory: 95, maxDisk: 90, maxDatabaseLatency: 1000, maxTimesMedian: 5 };

it.each([
  ["loadPerCore", 4, null, undefined],
  ["loadPerCore", 4.01, null, "4.01 is above 4, its limit maxLoad; `top` shows what runs"],
  ["memoryUsedPercent", 96, null, "96 is above 95, its limit maxMemory; `ps aux --sort=-rss` shows who holds it"],
  ["diskUsedPercent", 90.1, null, "90.1 is above 90, its limit maxDisk; `du -x` shows what fills it"],
  [
    "databaseLatencyMs",
    1001,
    null,
    "1001 is above 1000, its limit maxDatabaseLatency; something else may keep the database, or its disk, busy",
  ],
  ["databaseLatencyMs", 501, 100, "501 is more than 5 times (maxTimesMedian) 100, its median of seven days"],
  ["databaseLatencyMs", 500, 100, undefined],
  ["databaseLatencyMs", 99, 1, undefined],
  ["databaseLatencyMs", 500, null, undefined],
  ["runDurationMs.nightly", 60_000, 11_000, "60000 is more than 5 times (maxTimesMedian) 11000, its median of seven days"],
  ["runDurationMs.nightly", 9000, 1, undefined],
  ["databaseBytes", 600_000_000, 100_000_000, "600000000 is more than 5 times (maxTimesMedian) 100000000, its median of seven days"],
])("%s of %d with a median of %s: %s", (metric, value, median, problem) => {
  expect(tooMuch({ metric, value, median }, LIMITS)).toBe(problem);
});

it.each([
  [[], 0],
  [[3], 3],
  [[5, 1, 3], 3],
  [[4, 1, 3, 2], 2.5],
])("the median of %j is %d", (values, median) => {
  expect(medianOf(values)).toBe(median);
});

it.each(["src/job-api/machine.ts", "src/system/host-facts.ts"])(
  "the load per core of %s counts the machine's cores, also where it may use one",
  (path) => {
    const look = `const { cpus, loadavg } = require("node:os");
    const { loadPerCore } = require(${JSON.stringify(join(ROOT, path))});
    const perCore = () => loadavg()[0] / cpus().length;
    console.log([perCore(), loadPerCore(), perCore()].map((each) => each.toFixed(2)).join(" "));`;
    const [, core = ""] = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    // The average may move on while it is looked at.
    const [before, said, after] = execFileSync("taskset", ["-c", core, process.execPath, "-e", look], { encoding: "utf8" })
      .trim()
      .split(" ");
    expect([before, after]).toContain(said);
  },
);
