import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";

/** Where and when it was measured: without these a number means nothing. */
export interface Machine {
  date: string;
  cpu: string;
  cores: number;
  memoryMB: number;
  kernel: string;
  node: string;
  /** Of one minute, at the start: work of others makes all times longer and the ratios less sure. */
  load: number;
}

export function machine(): Machine {
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryMB: Math.round(totalmem() / 1e6),
    kernel: release(),
    node: process.versions.node,
    load: loadavg()[0] ?? 0,
  };
}
