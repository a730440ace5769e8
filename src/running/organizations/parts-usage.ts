import type { Provenance } from "../../run.ts";
import { processStat, type ProcessId } from "../../system/processes.ts";
import type { AttemptEnd } from "../attempt.ts";
import { createCpuMeter, type CpuMeter, unitOf, type Usage, type UsageWatch, watchUsage } from "../usage.ts";

const SAMPLE_MS = 1000;

/** What the parts of a run use, which work side by side as children of one process and, under systemd, in one control group. */
export interface PartsUsage {
  /** Watches one part. */
  watch(): UsageWatch;
  /** Ends all watching. What all used: what the control group has counted, or what is known of each. */
  end(parts: readonly (Usage | null)[]): Usage;
}

/** From now on. Of each part /proc tells what it used; the control group only knows of all together. */
export async function watchParts(provenance: Provenance): Promise<PartsUsage> {
  const unit = await unitOf(provenance);
  const whole = watchUsage(createCpuMeter(), unit);
  const meters = createPartMeters();
  const told = { kills: unit?.oomKills() ?? 0 };

  return {
    watch() {
      const meter = meters.add();
      const own = watchUsage(meter.read, undefined);
      let kills = 0;
      return {
        ...own,
        watch(child, tells) {
          meter.follow(child);
          own.watch(child, tells);
        },
        start(spawn) {
          kills = unit?.oomKills() ?? 0;
          return unit ? unit.offer(spawn) : spawn();
        },
        // Whom the kernel chose it does not say: one that was killed, else the first that failed since.
        lackedMemory(end) {
          const now = unit?.oomKills() ?? 0;
          if (now === kills || (now === told.kills && !wasKilled(end))) return false;
          told.kills = now;
          return true;
        },
        memoryLimit: () => unit?.memoryLimit(),
      };
    },
    end(parts) {
      meters.end();
      const [counted, known] = [whole.end(), addedUp(parts)];
      return { cpuMs: Math.max(counted.cpuMs, known.cpuMs), peakBytes: Math.max(counted.peakBytes ?? 0, known.peakBytes ?? 0) || null };
    },
  };
}

/** CPU time adds up; memory is what the largest had. */
export function addedUp(usages: readonly (Usage | null)[]): Usage {
  const used = usages.filter((each) => each !== null);
  const peak = Math.max(0, ...used.map(({ peakBytes }) => peakBytes ?? 0));
  return { cpuMs: used.reduce((sum, { cpuMs }) => sum + cpuMs, 0), peakBytes: peak || null };
}

/** By the kernel itself, or as a shell tells it of its child. */
const wasKilled = (end: AttemptEnd): boolean => end.started && (end.signal === "SIGKILL" || end.exitCode === 137);

interface PartMeter {
  /** This is the part's child now. */
  follow(child: ProcessId): void;
  read: CpuMeter;
}

/**
 * CPU time is what the kernel adds to a parent's when a child is waited for. Of several that end in the same instant the sum alone is
 * known when the first is told of: each then has what was seen of it last, and an equal share of the rest.
 */
export function createPartMeters(): { add(): PartMeter; end(): void } {
  const cpuMeter = createCpuMeter();
  const atWork = new Map<PartMeter, { child: ProcessId; seen: number }>();
  const due = new Map<PartMeter, number>();
  const look = (): void => {
    for (const each of atWork.values()) each.seen = processStat(each.child.pid)?.cpuTicks ?? each.seen;
  };
  const settle = (): void => {
    const gone = [...atWork].filter(([, { child }]) => processStat(child.pid)?.start !== child.start);
    const rest = cpuMeter() - gone.reduce((sum, [, { seen }]) => sum + seen, 0);
    for (const [meter, { seen }] of gone) {
      atWork.delete(meter);
      due.set(meter, seen + rest / gone.length);
    }
  };
  const timer = setInterval(look, SAMPLE_MS).unref();
  return {
    add() {
      const meter: PartMeter = {
        follow: (child) => void atWork.set(meter, { child, seen: 0 }),
        read() {
          if (atWork.has(meter)) settle();
          const ticks = due.get(meter) ?? 0;
          due.delete(meter);
          return Math.max(0, Math.round(ticks));
        },
      };
      return meter;
    },
    end: () => clearInterval(timer),
  };
}
