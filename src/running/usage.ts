import type { Provenance } from "../run.ts";
import type { ControlGroup } from "../system/control-group.ts";
import { groupMembers, ownCpuMs, ownProcess, type ProcessId, TICK_MS } from "../system/processes.ts";
import type { AttemptEnd } from "./attempt.ts";
import { highWater, proportionalMemory } from "./limits.ts";

const SAMPLE_MS = 1000;
/** A child is small when it begins, and many have ended within a second: the first looks, each three times as late, are at itself alone. */
const FIRST_LOOK_MS = 10;
/** A look goes through all processes of the machine: of thousands it takes some milliseconds, which are to be half a per cent of the time. */
const PAUSE_PER_LOOK = 200;

/** What a run used. CPU time of the child and of all that it waited for; memory as far as it was seen. */
export interface Usage {
  cpuMs: number;
  peakBytes: number | null;
}

/** Begins to watch what the children of this process use. */
export interface UsageWatch {
  /**
   * Looks at this child's memory now and soon, and every second, or less often on a machine of many processes, at that of its whole group.
   * @param tells it will tell itself, at its end, how much it used: it is not looked at within the first second
   */
  watch(child: ProcessId, tells: boolean): void;
  /** The child itself tells how much memory it used. */
  saw(bytes: number): void;
  /** Starts a child. */
  start<Child>(spawn: () => Child): Child;
  /** The child has been waited for. */
  exited(): void;
  /** The child failed: did the kernel end one of its processes for want of memory? False where nobody counts that. */
  lackedMemory(end: AttemptEnd): boolean;
  /** Bytes that the unit may use. */
  memoryLimit(): number | undefined;
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
 * In a unit of systemd's its control group has counted everything. Elsewhere CPU time is what the kernel adds to a parent's when a child is
 * waited for (proc(5), cutime), and peak memory the most that was seen: the main child's own `VmHWM`, or its group's memory of one instant.
 */
export function watchUsage(cpuMeter: CpuMeter, unit: ControlGroup | undefined): UsageWatch {
  const inUnit = unit?.usedFromNow();
  let [ticks, peak, kills] = [0, 0, 0];
  let timer: NodeJS.Timeout | undefined;
  return {
    watch(child, tells) {
      clearTimeout(timer);
      if (!tells) peak = Math.max(peak, highWater(child.pid));
      const lookIn = (ms: number): void => void (timer = setTimeout(look, ms, ms).unref());
      const look = (waited: number): void => {
        const before = ownCpuMs();
        peak = Math.max(peak, highWater(child.pid), waited < SAMPLE_MS ? 0 : groupMemory(child.pid));
        lookIn(Math.max(Math.min(SAMPLE_MS, 3 * waited), (ownCpuMs() - before) * PAUSE_PER_LOOK));
      };
      lookIn(tells ? SAMPLE_MS : FIRST_LOOK_MS);
    },
    saw(bytes) {
      peak = Math.max(peak, bytes);
    },
    exited() {
      ticks += cpuMeter();
    },
    start(spawn) {
      kills = unit?.oomKills() ?? 0;
      return unit ? unit.offer(spawn) : spawn();
    },
    lackedMemory: () => unit !== undefined && unit.oomKills() > kills,
    memoryLimit: () => unit?.memoryLimit(),
    end() {
      clearTimeout(timer);
      const { cpuMs = ticks * TICK_MS, peakBytes } = inUnit?.() ?? {};
      return { cpuMs, peakBytes: (peakBytes ?? peak) || null };
    },
  };
}

/** The control group of the unit that this is, which counts what the run uses. */
export async function unitOf({ invocationId, supervisorPid }: Provenance): Promise<ControlGroup | undefined> {
  if (invocationId === undefined) return undefined;
  return (await import("../system/control-group.ts")).ownControlGroup(supervisorPid);
}

const groupMemory = (group: number): number => groupMembers(group).reduce((total, { pid }) => total + proportionalMemory(pid), 0);
