import type { ProcessStat } from "./processes.ts";

export interface ChildRequest {
  argv: readonly [string, ...string[]];
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** Its descriptors from 0 on: /dev/null (above 2 nothing), a pipe that we read, or a descriptor of ours. */
  stdio: readonly ("ignore" | "pipe" | number)[];
  /** It wrote to a pipe. The bytes are only there until this returns. */
  onData(descriptor: number, bytes: Buffer): void;
}

export interface Exit {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
}

/** A process in a session and a group of its own. */
export interface Child {
  pid: number;
  /** It has been waited for. */
  exited: Promise<Exit>;
  /** Nobody has its pipes open for writing any more. */
  closed: Promise<void>;
  /** Its pipes are listened to no longer. */
  release(): void;
  /** Once it has been waited for: is it certain that it left no process behind? */
  leftNothing(): boolean;
  /** Once it has been waited for: those that it left behind, as far as they are known to us as our descendants. */
  orphans(): ProcessStat[];
}
