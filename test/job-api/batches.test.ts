import { describe, expect, it } from "vitest";
import { type BatchPorts, runBatches } from "../../src/job-api/batches.ts";

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
  return { asked, pauses, ports };
}

describe("batches", () => {
  it("end on a batch of zero, not on a short one", async () => {
    const { asked, ports } = world([10, 3, 10]);
    expect(await runBatches({ batchSize: 10, pause: 0 }, ports)).toBe(23);
    expect(asked).toEqual([10, 10, 10, 10]);
  });

  it("ask for no more than the limit leaves", async () => {
    const { asked, ports } = world([10, 10, 10]);
    expect(await runBatches({ batchSize: 10, limit: 25, pause: 0 }, ports)).toBe(25);
    expect(asked).toEqual([10, 10, 5]);
  });

  it("pause as long as the batch took, or as long as they are told", async () => {
    const first = world([10, 10]);
    await runBatches({ batchSize: 10, pause: "as-long" }, first.ports);
    expect(first.pauses).toEqual([7, 7]);
    const second = world([10, 10]);
    await runBatches({ batchSize: 10, pause: 50 }, second.ports);
    expect(second.pauses).toEqual([50, 50]);
  });

  it("start no batch after a cancellation", async () => {
    const controller = new AbortController();
    const { asked, ports } = world([10, 10, 10], controller.signal);
    const loop = runBatches({ batchSize: 10, pause: 0 }, { ...ports, done: () => controller.abort(new Error("cancelled by SIGTERM")) });
    await expect(loop).rejects.toThrow("cancelled by SIGTERM");
    expect(asked).toEqual([10]);
  });
});
