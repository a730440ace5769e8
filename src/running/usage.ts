import { readFileSync } from "node:fs";
import { ownProcess, type ProcessId } from "../system/processes.ts";

const TICK_MS = 10;
const SAMPLE_MS = 1000;

/** What a run used. CPU time of the child and of all that it waited for; memory as far as it was seen. */
export interface Usage {
  cpuMs: number;
  peakBytes: number | null;
}

/** Begins to watch what the children of this process use. */
export interface UsageWatch {
  /** Looks at this child's memory now and every second. */
  watch(child: ProcessId): void;
  /** The child has been waited for. */
  exited(): void;
  end(): Usage;
}

/** Gives the CPU time of the children that were waited for since it was last asked, in clock ticks. */
export type CpuMeter = () => number;

/** @param ticksBefore what the children of this process had used before */
export function createCpuMeter(ticksBefore = ownProcess().childrenTicks): CpuMeter {
  let before = ticksBefore;
  return () => {
    const now = ownProcess().childrenTicks;
    const used = now - before;
    before = now;
    return used;
  };
}

/**
 * CPU time is exact: the kernel adds a child's times to its parent's when it is waited for (proc(5), cutime). Of children that work
 * side by side and end in the same instant, the first is charged for both. Peak memory is the highest
 * `VmHWM` of the main child that was seen, or in a unit of systemd's the group's own `memory.peak`.
 */
export function watchUsage(cpuMeter: CpuMeter): UsageWatch {
  let [ticks, peak] = [0, 0];
  let timer: NodeJS.Timeout | undefined;
  return {
    watch({ pid }) {
      clearInterval(timer);
      const look = (): void => void (peak = Math.max(peak, highWater(pid)));
      timer = setInterval(look, SAMPLE_MS).unref();
    },
    exited() {
      ticks += cpuMeter();
    },
    end() {
      clearInterval(timer);
      return { cpuMs: ticks * TICK_MS, peakBytes: peak === 0 ? null : peak };
    },
  };
}

function highWater(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
