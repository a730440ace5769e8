import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownCpuMs } from "./processes.ts";

/** Bytes. */
interface Memory {
  current: number;
  peak: number;
}

/** What the kernel counts of a unit of systemd's: all of its processes together, also those that nobody waits for. */
export interface ControlGroup {
  /** Milliseconds of CPU time so far, but for those of the calling process. */
  cpuMs(): number | undefined;
  /** Bytes in use now, and the most so far; cached files count too. */
  memory(): Memory | undefined;
  /** What is used from now on, for a run: asked at its end. Undefined where it is not known. */
  usedFromNow(): () => { cpuMs: number | undefined; peakBytes: number | undefined };
  /** How many processes of the group were killed for want of memory. */
  oomKills(): number;
  /** Bytes; undefined where there is no limit. */
  memoryLimit(): number | undefined;
  /** Starts a child so that, where memory is short, the kernel ends it or one of its own rather than the calling process. */
  offer<Child>(start: () => Child): Child;
}

/** Where there is no limit, version 1 tells a number near 2^63. */
const NO_LIMIT = 2 ** 60;

/**
 * The group of the calling process, if nobody else is in it: then all that it counts belongs to this process and its children.
 * Reads version 2 (cgroups(7), "cgroup.procs", "memory.peak", "memory.events", "cpu.stat"), and version 1 where the memory controller is there
 * (memory.max_usage_in_bytes, memory.oom_control). The mount points are systemd's own (https://systemd.io/CGROUP_DELEGATION).
 */
export function ownControlGroup(pid: number, root = "/"): ControlGroup | undefined {
  const paths = pathsOf(read(join(root, "proc/self/cgroup")));
  const mounts = join(root, "sys/fs/cgroup");
  const isUnified = existsSync(join(mounts, "cgroup.controllers"));
  const unified = join(mounts, isUnified ? "." : "unified", paths[""] ?? "/");
  if (read(join(unified, "cgroup.procs")).trim() !== String(pid)) return undefined;

  const memory = paths["memory"] === undefined ? unified : join(mounts, "memory", paths["memory"]);
  // In version 1 a user's manager has no memory controller: its units share a group of others, who are counted there too.
  const isOthers = paths["memory"] !== undefined && paths["memory"] !== paths[""];
  const counted = (name: string): string => (isOthers ? "" : read(join(memory, name)));
  const value = (name: string, oldName: string): number | undefined => number(counted(name) || counted(oldName));
  return {
    cpuMs() {
      const used = /^usage_usec (\d+)$/m.exec(read(join(unified, "cpu.stat")))?.[1];
      return used === undefined ? undefined : Number(used) / 1000 - ownCpuMs();
    },
    memory() {
      const [current, peak] = [value("memory.current", "memory.usage_in_bytes"), value("memory.peak", "memory.max_usage_in_bytes")];
      return current === undefined || peak === undefined ? undefined : { current, peak };
    },
    usedFromNow() {
      const before = { cpuMs: this.cpuMs(), memory: this.memory() };
      return () => ({
        cpuMs: spentSince(before.cpuMs, this.cpuMs()),
        peakBytes: peakSince(before.memory, this.memory()),
      });
    },
    oomKills() {
      const events = counted("memory.events") || counted("memory.oom_control");
      return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0);
    },
    memoryLimit() {
      const limit = value("memory.max", "memory.limit_in_bytes");
      return limit !== undefined && limit < NO_LIMIT ? limit : undefined;
    },
    // A child inherits the score. Raising that of the child itself would come too late for what it starts at once.
    offer(start) {
      const score = join(root, "proc/self/oom_score_adj");
      const own = read(score);
      write(score, String(Math.min(1000, Number(own) + offerOf(this.memoryLimit()))));
      try {
        return start();
      } finally {
        write(score, own);
      }
    },
  };
}

/** Can the systemd of this user limit memory? Not in version 1, nor where the controller is not delegated to it (systemd.resource-control(5)). */
export function canUserLimitMemory(uid: number, root = "/"): boolean {
  const mounts = join(root, "sys/fs/cgroup");
  if (!existsSync(join(mounts, "cgroup.controllers"))) return false;
  const delegated = read(join(mounts, `user.slice/user-${uid}.slice/user@${uid}.service/cgroup.controllers`));
  return delegated === "" || /\bmemory\b/.test(delegated);
}

/** Where systemd put the calling process; the last part is its unit's name. Empty where that can't be known. */
export function ownGroupPath(): string {
  const paths = pathsOf(read("/proc/self/cgroup"));
  return paths["name=systemd"] ?? paths[""] ?? "";
}

function spentSince(before: number | undefined, now: number | undefined): number | undefined {
  return now === undefined || before === undefined ? undefined : Math.max(0, Math.round(now - before));
}

/** What was in use before the run is not the run's. A peak that has not risen was another's: jobctl's own start, or an earlier run's. */
function peakSince(before: Memory | undefined, now: Memory | undefined): number | undefined {
  return now && before && now.peak > before.peak ? now.peak - before.current : undefined;
}

/** `0::/system.slice/a.service` or `4:memory:/system.slice/a.service`: path by controller, "" for version 2. */
function pathsOf(text: string): Record<string, string> {
  const lines = [...text.matchAll(/^\d+:([^:]*):(.*)$/gm)];
  return Object.fromEntries(lines.flatMap(([, controllers = "", path = ""]) => controllers.split(",").map((each) => [each, path])));
}

/** Thousandths of the memory allowed, by which a child counts as larger than it is (proc(5), oom_score_adj): more than this process uses. */
function offerOf(limit: number | undefined): number {
  return Math.max(100, limit === undefined ? 0 : Math.ceil((2000 * process.memoryUsage.rss()) / limit));
}

/** Back to where it was, or up, is free to all (proc(5)); where /proc is read-only, nothing is offered. */
function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch {
    // The run matters more.
  }
}

function number(text: string): number | undefined {
  return /^\d+\n?$/.test(text) ? Number(text) : undefined;
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
