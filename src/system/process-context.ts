import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isatty } from "node:tty";
import type { CommandContext, Output } from "../context.ts";
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
    packageRoot: join(import.meta.dirname, ".."),
    nodePath: process.execPath,
  };
}

function descriptorOutput(fd: 1 | 2): Output {
  let open = true;
  return {
    write(text) {
      if (open) open = writeAll(fd, text);
    },
    get isClosed() {
      return !open;
    },
    get isTerminal() {
      return isatty(fd);
    },
    get columns() {
      if (!isatty(fd)) return undefined;
      return (fd === 1 ? process.stdout : process.stderr).columns || 80;
    },
  };
}

/** The kernel's boot id: another one means that the machine was restarted (proc(5), /proc/sys/kernel/random/boot_id). */
export function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}
