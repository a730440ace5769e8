import type { ChildProcess, StdioOptions } from "node:child_process";
import { errnoCode } from "../errors.ts";
import type { Child, ChildRequest } from "./child.ts";
import { endedByNode, startedByNode } from "./children.ts";
import { posixSpawn } from "./posix-spawn.ts";
import { isNewest } from "./processes.ts";

/** Calls what makes the process; what belongs to the process from its birth is set around that. */
export type StartBy = <Made>(make: () => Made) => Made;

/**
 * Starts a process, or tells the error of the system (ENOENT, EACCES...). By posix_spawn(3) where that can be called: `node:child_process` and
 * its sockets cost 0.3 of a whole start of Node.
 */
export async function startChild(request: ChildRequest, startBy: StartBy): Promise<Child | Error> {
  return startBy(() => posixSpawn(request)) ?? spawnByNode(request, startBy);
}

/** On every Node, and with the same errors on every Node. */
export async function spawnByNode(request: ChildRequest, startBy: StartBy): Promise<Child | Error> {
  const { spawn } = await import("node:child_process");
  const { argv, cwd, env, stdio, onData } = request;
  const [file, ...args] = argv;
  let child: ChildProcess;
  const startedAt = performance.now();
  try {
    child = startBy(() => spawn(file, args, { cwd, env, stdio: stdio as StdioOptions, detached: true }));
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return error as Error; // Node throws what is rare (E2BIG), and tells the rest in an event.
  }
  const { pid, stdio: streams } = child;
  if (pid === undefined) return new Promise((resolve) => void child.once("error", resolve));
  startedByNode(pid);
  child.once("exit", () => endedByNode(pid));
  for (const [descriptor, what] of stdio.entries()) {
    if (what === "pipe") streams[descriptor]?.on("data", (chunk: Buffer) => onData(descriptor, chunk));
  }
  return {
    pid,
    exited: new Promise((resolve) => void child.once("exit", (exitCode, signal) => resolve({ exitCode, signal }))),
    closed: new Promise((resolve) => void child.once("close", () => resolve())),
    release() {
      for (const stream of streams) stream?.destroy();
    },
    leftNothing: () => isNewest(pid, performance.now() - startedAt),
    orphans: () => [],
  };
}
