import { closeSync, openSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Child, ChildRequest, Exit } from "./child.ts";
import { adopted, adoptOrphans, awaitChild, isAlone, reap } from "./children.ts";
import { type Libc, loadLibc } from "./libc.ts";
import { type PipeReader, readPipe } from "./pipe-reader.ts";
import { LONGEST } from "./wait.ts";

/** A pipe keeps one of libuv's threads while it is read. */
const MOST_PIPES = 3;
const open = new Set<PipeReader>();

/** Starts a process by posix_spawn(3). Undefined, with nothing done, where it can't be called, and where anything at all fails. */
export function posixSpawn({ argv, cwd, env, stdio, onData }: ChildRequest): Child | undefined {
  const file = programFile(argv[0], env["PATH"]);
  const environment = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  if (file === undefined || [cwd, ...argv, ...environment].join("").includes("\0")) return undefined;
  const wanted = stdio.filter((what) => what === "pipe").length;
  if (open.size + wanted > MOST_PIPES || process.env["UV_THREADPOOL_SIZE"] !== undefined) return undefined;
  const libc = loadLibc();
  if (!libc) return undefined;

  const readers: PipeReader[] = [];
  const theirs: number[] = [];
  // Listened to before there is anything to hear.
  const openPipe = (descriptor: number): number => {
    const { read, write } = libc.pipe();
    theirs.push(write);
    const reader = readPipe(read, (bytes) => onData(descriptor, bytes));
    readers.push(reader);
    open.add(reader);
    void reader.closed.then(() => open.delete(reader));
    return write;
  };
  const adopts = adoptOrphans(libc);
  endAtOnce(libc);
  const openNull = (): number => {
    const fd = openSync("/dev/null", "r+");
    theirs.push(fd);
    return fd;
  };
  const exit = listenForExit(libc);
  try {
    const openFor = (what: (typeof stdio)[number], descriptor: number): number | undefined => {
      if (what === "pipe") return openPipe(descriptor);
      if (what !== "ignore") return what;
      return descriptor <= 2 ? openNull() : undefined;
    };
    const descriptors = withFewThreads(() => stdio.map(openFor));
    const pid = libc.spawn({ file, argv, environment, cwd, descriptors });
    return {
      pid,
      exited: exit.of(pid),
      closed: Promise.all(readers.map(({ closed }) => closed)).then(() => {}),
      release: () => readers.forEach(({ release }) => release()),
      leftNothing: () => adopts && isAlone(libc),
      orphans: adopted,
    };
  } catch {
    exit.forget();
    return undefined;
  } finally {
    for (const fd of theirs) closeSync(fd); // where no child has it, the pipe's reader sees the end
  }
}

/**
 * libuv starts all its threads when the first is used, four where UV_THREADPOOL_SIZE does not tell
 * (https://docs.libuv.org/en/v1.x/threadpool.html): each is a three hundredth of a start, and only pipes are read by them here.
 */
function withFewThreads<Result>(use: () => Result): Result {
  process.env["UV_THREADPOOL_SIZE"] = String(MOST_PIPES);
  try {
    return use();
  } finally {
    delete process.env["UV_THREADPOOL_SIZE"];
  }
}

const ending = { isSet: false };

/**
 * Once all that listens for the exit has been told, Node takes down piece by piece what the kernel takes down at once: a fortieth of a start.
 * Whoever has Node's own tools watch this process needs Node's own end.
 */
function endAtOnce(libc: Libc): void {
  if (ending.isSet || process.execArgv.length > 0 || process.env["NODE_OPTIONS"] || process.env["NODE_V8_COVERAGE"]) return;
  ending.isSet = true;
  process.on("exit", (code) => libc.exit(Number(process.exitCode ?? code)));
}

/** From before the child is started, since it may end at once. */
function listenForExit(libc: Libc): { of(pid: number): Promise<Exit>; forget(): void } {
  const onSignal = (): void => reap(libc);
  const awake = setInterval(() => {}, LONGEST);
  const forget = (): void => {
    process.off("SIGCHLD", onSignal);
    clearInterval(awake);
  };
  process.on("SIGCHLD", onSignal);
  return {
    forget,
    of: (pid) =>
      new Promise((resolve) =>
        awaitChild(pid, (exit) => {
          forget();
          resolve(exit);
        }),
      ),
  };
}

/** Where execvp(3) would find it first. What is no plain list of absolute folders is left to it. */
function programFile(name: string, path = ""): string | undefined {
  if (name.includes("/")) return name;
  for (const folder of path.split(":")) {
    if (!folder.startsWith("/")) return undefined;
    const file = join(folder, name);
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isFile() && (found.mode & 0o111) !== 0) return file;
  }
  return undefined;
}
