import { errnoCode } from "../errors.ts";
import type { ChildRequest } from "../system/child.ts";
import { processStat, signalGroup, type ProcessId } from "../system/processes.ts";
import { startChild } from "../system/start-child.ts";
import { after, sleep } from "../system/wait.ts";
import { CONTROL_FD, type HostMessage } from "./host/protocol.ts";
import { endLeftovers } from "./leftovers.ts";
import { watchLimits, type Limits } from "./limits.ts";

/** Once the main child has ended, whoever still holds its pipes is listened to no longer than this. */
const DRAIN_MS = 100;

export interface AttemptRequest {
  argv: readonly [string, ...string[]];
  cwd: string;
  env: Record<string, string>;
  /** Calls what spawns the child. */
  startBy?<Child>(spawn: () => Child): Child;
  /** The locks: the child inherits them, so that they live as long as the work. */
  lockFds: readonly number[];
  /** With a control pipe for HostMessages (CONTROL_FD), this is told of them. */
  onMessage?: ((message: HostMessage) => void) | undefined;
  runKey: string;
  /** Milliseconds. */
  killAfter: number;
  timeout?: number | undefined;
  idleTimeout?: number | undefined;
  /** What is left of totalTimeout, and how long that is in all. */
  totalLeft?: number | undefined;
  totalTimeout?: number | undefined;
  leftovers: "kill" | "keep";
  limits: Limits;
  /** Byte strings (latin1), as the pipes deliver them. */
  onOutput(stream: "stdout" | "stderr", text: string): void;
  onStart?(child: ProcessId): void;
  /** The main child has been waited for. */
  onExit?(): void;
  /** Resolves with the signal that asks this run to end. */
  cancelled: Promise<NodeJS.Signals>;
}

/** Why jobctl ended the child. */
export type Stop =
  | { by: "signal"; signal: NodeJS.Signals }
  | { by: "timeout" | "idle-timeout" | "total-timeout"; after: number }
  | { by: "resource"; detail: string };

export type AttemptEnd =
  | { started: false; code: string; message: string }
  | { started: true; exitCode: number | null; signal: NodeJS.Signals | null; stop: Stop | undefined };

/** Runs one child to its end: output, time-outs, limits, the TERM-grace-KILL ladder, and what it left behind. */
export async function runAttempt(request: AttemptRequest): Promise<AttemptEnd> {
  const {
    argv,
    cwd,
    env,
    lockFds: [own, ...places],
    onMessage,
    startBy = (make) => make(),
  } = request;
  const messages = onMessage && messageReader(onMessage);
  const startedAt = performance.now();
  let guard: Guard | undefined;
  const onData = (descriptor: number, bytes: Buffer): void => {
    if (descriptor === CONTROL_FD) return messages?.(bytes);
    guard?.heard();
    request.onOutput(descriptor === 1 ? "stdout" : "stderr", bytes.toString("latin1"));
  };
  const stdio: ChildRequest["stdio"] = ["ignore", "pipe", "pipe", own ?? "ignore", onMessage ? "pipe" : "ignore", ...places];
  const child = await startChild({ argv, cwd, env, stdio, onData }, startBy);
  if (child instanceof Error) {
    const { whyNotStarted } = await import("./why-not-started.ts");
    return { started: false, code: errnoCode(child) ?? "", message: whyNotStarted(request, child) };
  }

  const main: ProcessId = { pid: child.pid, start: processStat(child.pid)?.start ?? 0 };
  request.onStart?.(main);
  guard = guardChild(request, main);
  const { exitCode, signal } = await child.exited;
  request.onExit?.();
  guard.end();

  await sleep(DRAIN_MS, child.closed);
  if (request.leftovers === "kill") {
    const mark = `JOBCTL_RUN_KEY=${request.runKey}`;
    const graceMs = guard.stop ? Math.max(0, request.killAfter - guard.stoppedFor()) : request.killAfter;
    if (await endLeftovers({ main, mark, graceMs, runtimeMs: performance.now() - startedAt, child })) await sleep(DRAIN_MS, child.closed);
  }
  child.release();
  return { started: true, exitCode, signal, stop: guard.stop };
}

function messageReader(onMessage: (message: HostMessage) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = rest.subarray(0, end).toString();
      rest = rest.subarray(end + 1);
      try {
        onMessage(JSON.parse(line) as HostMessage);
      } catch {
        // A module job's own code may write to any descriptor; what is no message is not ours.
      }
    }
  };
}

interface Guard {
  /** Output came: the idle time-out begins anew. */
  heard(): void;
  end(): void;
  readonly stop: Stop | undefined;
  /** Milliseconds since the ladder began. */
  stoppedFor(): number;
}

/** Watches time, limits and cancellation while the child runs, and climbs the ladder on the first that asks for its end. */
function guardChild(request: AttemptRequest, main: ProcessId): Guard {
  const { timeout, idleTimeout, totalLeft, totalTimeout, killAfter, limits, cancelled } = request;
  const timers: (() => void)[] = [];
  let [ended, stoppedAt, heardAt] = [false, 0, performance.now()];
  let stop: Stop | undefined;

  const climb = (why: Stop): void => {
    if (ended || stop) return;
    stop = why;
    stoppedAt = performance.now();
    signalGroup(main.pid, why.by === "signal" ? why.signal : "SIGTERM");
    timers.push(after(killAfter, () => signalGroup(main.pid, "SIGKILL")));
  };
  const watchIdle = (limit: number): void => {
    const silent = performance.now() - heardAt;
    if (silent >= limit) climb({ by: "idle-timeout", after: limit });
    else timers.push(after(limit - silent, () => watchIdle(limit)));
  };

  if (timeout !== undefined) timers.push(after(timeout, () => climb({ by: "timeout", after: timeout })));
  if (totalLeft !== undefined) timers.push(after(totalLeft, () => climb({ by: "total-timeout", after: totalTimeout ?? totalLeft })));
  if (idleTimeout !== undefined) watchIdle(idleTimeout);
  timers.push(watchLimits(limits, main, (detail) => climb({ by: "resource", detail })));
  void cancelled.then((signal) => climb({ by: "signal", signal }));
  return {
    heard: () => {
      heardAt = performance.now();
    },
    end: () => {
      ended = true;
      for (const cancel of timers) cancel();
    },
    get stop() {
      return stop;
    },
    stoppedFor: () => performance.now() - stoppedAt,
  };
}
