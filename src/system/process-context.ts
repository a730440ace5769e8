import { fstatSync } from "node:fs";
import { dirname } from "node:path";
import type { CommandContext, Output } from "../context.ts";
import { readSmallFile } from "./small-file.ts";
import { writeAll } from "./write-all.ts";

/** The context of this very process. */
export function processContext(programVersion: string): CommandContext {
  return {
    env: process.env,
    cwd: process.cwd(),
    uid: process.geteuid?.() ?? 0,
    now: Date.now,
    stdout: descriptorOutput(1),
    stderr: descriptorOutput(2),
    programVersion,
    packageRoot: dirname(import.meta.dirname),
    nodePath: process.execPath,
  };
}

function descriptorOutput(fd: 1 | 2): Output {
  let problem: unknown;
  return {
    write(text) {
      problem ??= writeAll(fd, text);
    },
    get problem() {
      return problem;
    },
    get isTerminal() {
      return isTerminal(fd);
    },
    get columns() {
      if (!isTerminal(fd)) return undefined;
      return (fd === 1 ? process.stdout : process.stderr).columns || 80;
    },
  };
}

/** node:tty loads all of node:net, so it is asked only about what may be a terminal: a character device other than /dev/null. */
function isTerminal(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isCharacterDevice() && stat.rdev !== NULL_DEVICE && process.getBuiltinModule("node:tty").isatty(fd);
  } catch {
    return false; // a closed descriptor
  }
}

/** Major 1, minor 3 (Linux, Documentation/admin-guide/devices.txt). */
const NULL_DEVICE = 0x103;

/** The kernel's boot id: another one means that the machine was restarted (proc(5), /proc/sys/kernel/random/boot_id). */
export function bootId(): string {
  return readSmallFile("/proc/sys/kernel/random/boot_id").trim();
}
