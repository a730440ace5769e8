import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const FOLDER = join(import.meta.dirname, "../hosts");
const run = promisify(execFile);

/** The caller's shell may know neither the administrator's programs nor what a host has in /usr/local. */
const PATH = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
const env = { ...process.env, PATH };

/** Private hosts need root; where the tests run as someone else, those that need one are not part of the suite. */
export const isRoot = process.getuid?.() === 0;

export interface Host {
  /** Runs a program inside and gives its stdout; `input` becomes its stdin. Throws where it fails. */
  exec(argv: readonly string[], input?: string): string;
  log(): string;
  /** Restarts the daemon of a cron host as a boot would. */
  reload(): void;
  stop(): void;
}

/** Boots a private systemd or cron (test/hosts/README.md) that sees the shared folders. */
export async function startHost(kind: "systemd-host" | "cron-host", options: readonly string[]): Promise<Host> {
  const script = join(FOLDER, kind);
  const { stdout } = await run(script, ["start", ...options], { encoding: "utf8", timeout: 300_000 });
  const handle = stdout.trim();
  const call = (args: readonly string[], input?: string): string =>
    execFileSync(script, args, { encoding: "utf8", timeout: 120_000, cwd: "/", env, ...(input === undefined ? {} : { input }) });
  return {
    exec: (argv, input) => call(["exec", handle, ...argv], input),
    log: () => call(["log", handle]),
    reload: () => void call(["reload", handle]),
    stop: () => void call(["stop", handle]),
  };
}
