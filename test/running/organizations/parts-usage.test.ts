import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createPartMeters } from "../../../src/running/organizations/parts-usage.ts";
import { processStat, type ProcessStat } from "../../../src/system/processes.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { until } from "../../helpers/world.ts";

const TICKS_PER_SECOND = 100;
const statOf = (pid: number): ProcessStat => processStat(pid) as ProcessStat;

describe("the CPU time of parts", () => {
  it("is each part's own, also of those that end in the same instant", async () => {
    const fifo = join(temporaryFolder(), "go");
    execFileSync("mkfifo", [fifo]);
    const go = openSync(fifo, "r+");
    const meters = createPartMeters();
    const start = (work: string) => {
      const child = spawn("sh", ["-c", `${work}; read line`], { stdio: [go, "ignore", "inherit"] });
      const pid = child.pid as number;
      const meter = meters.add();
      meter.follow(statOf(pid));
      return { child, pid, ended: once(child, "exit").then(() => meter.read()) };
    };
    const first = start(":");
    const busy = start("i=0; while [ $i -lt 1000000 ]; do i=$((i+1)); done");
    const all = [first, busy, start(":")];
    await until(() => statOf(busy.pid).cpuTicks > 10 && statOf(busy.pid).state === "S", "the read", 60_000);
    const used = statOf(busy.pid).cpuTicks;
    // Until they have been looked at.
    await new Promise((resolve) => setTimeout(resolve, 1500));

    writeSync(go, "\n\n\n");
    // Nobody is waited for before the last has ended.
    while (all.some(({ pid }) => statOf(pid).state !== "Z"));
    const [one = 0, most = 0, other = 0] = await Promise.all(all.map(({ ended }) => ended));
    meters.end();
    closeSync(go);
    expect(Math.abs(most - used)).toBeLessThan(TICKS_PER_SECOND / 10);
    expect(Math.max(one, other)).toBeLessThan(TICKS_PER_SECOND / 10);
  });

  it("is all that the kernel has counted, whoever ends when", async () => {
    const meters = createPartMeters();
    const before = statOf(process.pid).childrenTicks;
    const read = await Promise.all(
      [1, 2, 3, 4].map(async (n) => {
        const child = spawn("sh", ["-c", `i=0; while [ $i -lt ${n}0000 ]; do i=$((i+1)); done`], { stdio: "ignore" });
        const meter = meters.add();
        meter.follow(statOf(child.pid as number));
        await once(child, "exit");
        return meter.read();
      }),
    );
    meters.end();
    const sum = read.reduce((total, ticks) => total + ticks, 0);
    expect(Math.abs(sum - (statOf(process.pid).childrenTicks - before))).toBeLessThanOrEqual(read.length);
  });
});
