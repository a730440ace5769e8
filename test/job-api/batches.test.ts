import { describe, expect, it } from "vitest";
import { type BatchPorts, type Pause, runBatches } from "../../src/job-api/batches.ts";

/** A loop over given batch sizes, on a clock on which each batch takes 7 ms. */
function world(amounts: number[], signal = new AbortController().signal) {
  const asked: number[] = [];
  const pauses: number[] = [];
  const clock = { now: 0 };
  const ports: BatchPorts = {
    signal,
    once: async (size) => {
      asked.push(size);
      clock.now += 7;
      return Math.min(size, amounts.shift() ?? 0);
    },
    done: () => {},
    clock: () => clock.now,
    sleep: async (milliseconds) => void pauses.push(milliseconds),
  };
  return { asked, pauses, ports, clock };
}

describe("batches", () => {
  it("end on a batch of zero, not on a short one", async () => {
    const { asked, ports } = world([10, 3, 10]);
    expect(await runBatches({ batchSize: 10, pause: 0 }, ports)).toBe(23);
    expect(asked).toEqual([10, 10, 10, 10]);
  });

  it("go on after a batch of zero where something tells whether there is more, and end as it says", async () => {
    const { asked, ports } = world([10, 0, 4, 0]);
    const left = [true, true, true, true, false];
    const before = async (): Promise<boolean> => left.shift() ?? false;
    expect(await runBatches({ batchSize: 10, pause: 0 }, { ...ports, before })).toBe(14);
    expect(asked).toEqual([10, 10, 10, 10]);
  });

  it("ask for no more than the limit leaves", async () => {
    const { asked, ports } = world([10, 10, 10]);
    expect(await runBatches({ batchSize: 10, limit: 25, pause: 0 }, ports)).toBe(25);
    expect(asked).toEqual([10, 10, 5]);
  });

  it("pause as long as the batch took, but not for less than they may, or as long as they are told", async () => {
    const pausesOf = async (pause: Pause): Promise<number[]> => {
      const { pauses, ports } = world([10, 10]);
      await runBatches({ batchSize: 10, pause }, ports);
      return pauses;
    };
    expect(await pausesOf({ least: 2 })).toEqual([0, 7, 7]);
    expect(await pausesOf({ least: 9 })).toEqual([0, 9, 9]);
    expect(await pausesOf(50)).toEqual([0, 50, 50]);
  });

  it("settle and read what comes next while they pause", async () => {
    const { pauses, ports, clock } = world([10, 10]);
    const settle = async (): Promise<void> => void (clock.now += 2);
    const before = async (): Promise<boolean> => Boolean((clock.now += 1));
    await runBatches({ batchSize: 10, limit: 20, pause: { least: 2 } }, { ...ports, before, settle });
    expect(pauses).toEqual([0, 4]);
  });

  it("grow and shrink to the time that they may take, judged by the fastest of four", async () => {
    const batchSize = { first: 500, least: 50, most: 2000, aim: 3 };
    const fast = world(Array.from({ length: 13 }, () => 5000));
    const times = [9, 1, 8, 9, 2, 9, 9, 9, 6, 6, 6, 6];
    const clock = { now: 0 };
    const once: BatchPorts["once"] = async (size, doneBefore) => {
      clock.now += times.shift() ?? 6;
      return fast.ports.once(size, doneBefore);
    };
    await runBatches({ batchSize, pause: 0 }, { ...fast.ports, once, clock: () => clock.now });
    expect(fast.asked.filter((_, index) => index % 4 === 0)).toEqual([500, 1000, 1500, 750]);
  });

  it("start no batch after a cancellation", async () => {
    const controller = new AbortController();
    const { asked, ports } = world([10, 10, 10], controller.signal);
    const loop = runBatches({ batchSize: 10, pause: 0 }, { ...ports, done: () => controller.abort(new Error("cancelled by SIGTERM")) });
    await expect(loop).rejects.toThrow("cancelled by SIGTERM");
    expect(asked).toEqual([10]);
  });
});
