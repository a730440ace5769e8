// Every job imports this package: what it loads at once is a part of every start.
const os = (): typeof import("node:os") => process.getBuiltinModule("node:os");

/** How much of a disk or of the memory is in use; bytes. */
export interface Use {
  free: number;
  total: number;
  usedPercent: number;
}

/** Of the file system that holds a path, reckoned as df(1) does: what is kept for root is neither used nor free. */
export async function diskUse(path: string): Promise<Use> {
  const { statfs } = await import("node:fs/promises");
  const { bavail, bfree, blocks, bsize } = await statfs(path);
  return use(bavail * bsize, (blocks - bfree + bavail) * bsize);
}

/** What a new process could have without swapping counts as free (MemAvailable, proc(5)). */
export function memoryUse(): Use {
  return use(os().freemem(), os().totalmem());
}

/** The one-minute load average divided by the machine's cores: it is the machine's too, however few of them this process may use. */
export function loadPerCore(): number {
  return (os().loadavg()[0] ?? 0) / (os().cpus().length || os().availableParallelism());
}

function use(free: number, total: number): Use {
  return { free, total, usedPercent: total === 0 ? 100 : Math.round((1 - free / total) * 1000) / 10 };
}
