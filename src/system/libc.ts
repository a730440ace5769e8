import type { Exit } from "./child.ts";
import { signalName } from "./signals.ts";

/** Calls of the C library that Node does not make for us. What fails is thrown, but not why. */
export interface Libc {
  /** pipe(2), both ends closed on exec. */
  pipe(): { read: number; write: number };
  /** posix_spawn(3): in a session of its own, no signal blocked or ignored, and of our descriptors only those given. Returns its id. */
  spawn(program: SpawnRequest): number;
  /** prctl(2), PR_SET_CHILD_SUBREAPER: what our descendants leave behind becomes our child, and not init's. False where that is refused. */
  adoptOrphans(): boolean;
  /** waitpid(2) with WNOHANG, for this child or for ANY_CHILD: who has ended, and how; undefined while it runs, or all do. */
  ended(pid: number): Ended | "no child" | undefined;
  /** exit_group(2): ends this process as it stands. */
  exit(code: number): void;
}

export interface Ended {
  pid: number;
  exit: Exit;
}

export const ANY_CHILD = -1;

export interface SpawnRequest {
  file: string;
  argv: readonly string[];
  /** NAME=value. */
  environment: readonly string[];
  cwd: string;
  /** From 0 on: one of ours, or none. */
  descriptors: readonly (number | undefined)[];
}

type Ffi = typeof import("node:ffi");

const [ADDRESS, INT, LONG] = ["pointer", "int32", "int64"] as const;
/** Each costs a start 0.15 ms, so that system calls go through the one that makes any (syscall(2)). */
const FUNCTIONS = {
  posix_spawn: { arguments: [ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS], return: INT },
  posix_spawn_file_actions_addchdir_np: { arguments: [ADDRESS, ADDRESS], return: INT },
  posix_spawn_file_actions_adddup2: { arguments: [ADDRESS, INT, INT], return: INT },
  syscall: { arguments: [LONG, LONG, LONG, LONG, LONG], return: LONG },
} as const;
const DESTROY = { arguments: [ADDRESS], return: INT } as const;

type SystemCalls = Record<"exit_group" | "pipe2" | "prctl" | "wait4", bigint>;

/** asm/unistd.h of Linux. */
const SYSTEM_CALLS: Partial<Record<NodeJS.Architecture, SystemCalls>> = {
  x64: { exit_group: 231n, pipe2: 293n, prctl: 157n, wait4: 61n },
  arm64: { exit_group: 94n, pipe2: 59n, prctl: 167n, wait4: 260n },
};

// fcntl.h, sys/prctl.h, sys/wait.h and spawn.h of glibc on Linux. posix_spawnattr_t begins with short flags, pid_t, sigset_t of what to reset,
// sigset_t to block; all zero is what its init makes, and the init of posix_spawn_file_actions_t. They have 336 and 80 bytes.
const [O_CLOEXEC, WNOHANG, PR_SET_CHILD_SUBREAPER] = [0o2000000n, 1n, 36n];
const [SETSIGDEF, SETSIGMASK, SETSID] = [0x04, 0x08, 0x80];
const [SIGNALS_AT, SIGNALS_BYTES] = [8, 128];
/** Where things lie in the memory for a start. */
const [PID, ACTIONS, ATTRIBUTES, ARRAYS] = [0, 8, 264, 776];
const POINTER_BYTES = 8;
/** Above what Linux gives to a process (proc(5), pid_max). */
const NOBODY = 2n ** 30n;

const loaded: { libc?: Libc | undefined } = {};

/** Undefined where it can't be called: `node:ffi` came with Node 26, is experimental, and can be switched off. */
export function loadLibc(): Libc | undefined {
  if (!("libc" in loaded)) loaded.libc = load();
  return loaded.libc;
}

function load(): Libc | undefined {
  const { emitWarning } = process;
  try {
    process.emitWarning = () => {}; // that it is experimental: whoever uses it has another way
    const ffi = process.getBuiltinModule("node:ffi") as Ffi | undefined;
    const numbers = SYSTEM_CALLS[process.arch];
    return ffi && numbers && callable(ffi, numbers);
  } catch {
    return undefined;
  } finally {
    process.emitWarning = emitWarning;
  }
}

function callable(ffi: Ffi, { exit_group, pipe2, prctl, wait4 }: SystemCalls): Libc {
  const library = new ffi.DynamicLibrary(null);
  const call = library.getFunctions(FUNCTIONS);
  const answer = allocate(ffi, 8);
  const system = (number: bigint, first: bigint, second = 0n, third = 0n): number => Number(call.syscall(number, first, second, third, 0n));
  // It may change: a child that is not there is to be told as it always was.
  if (system(wait4, NOBODY, answer.address(0), WNOHANG) !== -1) throw new TypeError("node:ffi is not as it was");

  const last: { memory?: Memory; destroy?: (actions: bigint) => number } = {};
  /** What a start has allocated is freed by the next one: most processes make one, and never need what frees. */
  const destroyLast = (): void => {
    if (!last.memory) return;
    last.destroy ??= library.getFunction("posix_spawn_file_actions_destroy", DESTROY) as (actions: bigint) => number;
    last.destroy(last.memory.address(ACTIONS));
    delete last.memory;
  };

  return {
    pipe() {
      must(system(pipe2, answer.address(0), O_CLOEXEC));
      return { read: answer.bytes.readInt32LE(0), write: answer.bytes.readInt32LE(4) };
    },
    ended(child) {
      const pid = system(wait4, BigInt(child), answer.address(0), WNOHANG);
      if (pid < 0) return "no child";
      return pid === 0 ? undefined : { pid, exit: exitOf(answer.bytes.readInt32LE(0)) };
    },
    exit: (code) => void system(exit_group, BigInt(code)),
    adoptOrphans: () => system(prctl, PR_SET_CHILD_SUBREAPER, 1n) === 0,
    spawn(request) {
      const { descriptors } = request;
      // They are set one after the other, which would overwrite such a one before it is used.
      if (descriptors.some((ours) => ours !== undefined && ours < descriptors.length))
        throw new RangeError("a descriptor among those to be set");
      destroyLast();
      const memory = memoryFor(ffi, request);
      last.memory = memory;
      const { file, cwd, argv, environment } = memory.places;
      const [actions, attributes] = [memory.address(ACTIONS), memory.address(ATTRIBUTES)];
      memory.bytes.writeInt16LE(SETSID | SETSIGDEF | SETSIGMASK, ATTRIBUTES);
      memory.bytes.fill(0xff, ATTRIBUTES + SIGNALS_AT, ATTRIBUTES + SIGNALS_AT + SIGNALS_BYTES);
      for (const [descriptor, ours] of descriptors.entries()) {
        if (ours !== undefined) must(call.posix_spawn_file_actions_adddup2(actions, ours, descriptor));
      }
      must(call.posix_spawn_file_actions_addchdir_np(actions, cwd));
      call.posix_spawn(memory.address(PID), file, actions, attributes, argv, environment);
      // By the id alone, so that nothing lets a process that runs pass for one that was not started.
      const pid = memory.bytes.readInt32LE(PID);
      if (pid === 0) throw new Error("not started");
      return pid;
    },
  };
}

function must(result: number): void {
  if (result !== 0) throw new Error(`error ${result} of the C library`);
}

/** Memory, all zero, that C can be told of. Alive as long as `bytes` is used. */
interface Memory {
  bytes: Buffer;
  address(offset: number): bigint;
}

function allocate(ffi: Ffi, size: number): Memory {
  const bytes = Buffer.alloc(size);
  const start = ffi.getRawPointer(bytes);
  return { bytes, address: (offset) => start + BigInt(offset) };
}

/** With room for the structures, then two arrays of addresses of C strings (the last of each is null), then the strings: written as one, since each write costs. */
function memoryFor(ffi: Ffi, { file, cwd, argv, environment }: SpawnRequest) {
  const strings = `${[file, cwd, ...argv, ...environment].join("\0")}\0`;
  const bytes = Buffer.byteLength(strings);
  const bytesOf = bytes === strings.length ? (text: string) => text.length : (text: string) => Buffer.byteLength(text);
  const words = argv.length + 1 + environment.length + 1;
  let free = ARRAYS + words * POINTER_BYTES;
  const memory = allocate(ffi, free + bytes);
  memory.bytes.write(strings, free);
  const next = (text: string): bigint => {
    const address = memory.address(free);
    free += bytesOf(text) + 1;
    return address;
  };
  const addresses = new BigUint64Array(memory.bytes.buffer, memory.bytes.byteOffset + ARRAYS, words);
  const second = argv.length + 1;
  const arrays = { argv: memory.address(ARRAYS), environment: memory.address(ARRAYS + second * POINTER_BYTES) };
  const places = { file: next(file), cwd: next(cwd), ...arrays };
  for (const [index, text] of argv.entries()) addresses[index] = next(text);
  for (const [index, text] of environment.entries()) addresses[second + index] = next(text);
  return { ...memory, places };
}

/** As wait(2) tells it: the signal in the lowest seven bits, else the code in the next eight. */
function exitOf(status: number): Exit {
  const signal = status & 0x7f;
  if (signal === 0) return { exitCode: (status >> 8) & 0xff, signal: null };
  const name = signalName(signal);
  return name === undefined ? { exitCode: 128 + signal, signal: null } : { exitCode: null, signal: name };
}
