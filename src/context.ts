import type { Trigger } from "./run.ts";

/** A stream for people or data. Writing never throws: what went wrong is in `problem`. */
export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Width in characters, where the stream is a terminal. */
  readonly columns: number | undefined;
  /** The first error of writing, after which nothing is written: EPIPE where nobody reads any more, ENOSPC on a full disk. */
  readonly problem?: unknown;
}

/** What a command may know of the process that it runs in. Made by `system/process-context.ts`, or by a test. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Effective user id. */
  readonly uid: number;
  /** Milliseconds since the epoch. */
  now(): number;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly programVersion: string;
  /** Where jobctl itself is installed: the folder of its package.json. */
  readonly packageRoot: string;
  /** The running Node, absolute. */
  readonly nodePath: string;
}

/** Options that every command takes. */
export interface GlobalOptions {
  manifest?: string;
  stateDir?: string;
}

/** The options of `jobctl run`. */
export interface RunOptions extends GlobalOptions {
  job: string;
  /** `key=value`, typed by the job's parameters. */
  set: string[];
  force: boolean;
  /** Only these organizations. */
  org?: string[];
  dryRun: boolean;
  /** An ISO 8601 instant. */
  scheduledFor?: string;
  trigger: Trigger;
  json: boolean;
  quiet: boolean;
  verbose: boolean;
}
