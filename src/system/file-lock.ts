import { JobctlError, errnoCode } from "../errors.ts";
import { sleepSync } from "../sleep-sync.ts";
import { packageFile } from "./package-file.ts";

/**
 * Open-file-description locks (fcntl(2), F_OFD_SETLK): exclusive, over the whole file. The kernel frees one when the
 * last descriptor of its open file is closed, however its process ends; a descriptor that a child inherits holds it too.
 * The descriptor must be open for writing (else EBADF).
 *
 * @returns false when somebody else holds the lock
 */
export function tryLock(fd: number): boolean {
  try {
    binding().tryLock(fd, 0, 0, true);
    return true;
  } catch (error) {
    if (errnoCode(error) === "EAGAIN") return false;
    throw error;
  }
}

/** Waits up to `ms` milliseconds for the lock, without letting anything else of this process run. Returns false when the time is over. */
export function lockWaiting(fd: number, ms: number): boolean {
  const until = performance.now() + ms;
  // Hundreds who look every few milliseconds take the processor from the one they wait for.
  for (let pause = 5; !tryLock(fd); pause = Math.min(pause * 2, 100)) {
    const left = until - performance.now();
    if (left <= 0) return false;
    sleepSync(Math.min(pause, left));
  }
  return true;
}

/** Frees the lock for every holder of the open file: also for children that inherited the descriptor. */
export function unlock(fd: number): void {
  binding().unlock(fd, 0, 0);
}

/** What this file uses of the native binding; length 0 means up to the end of the file. */
interface Binding {
  tryLock(fd: number, offset: number, length: number, exclusive: boolean): void;
  unlock(fd: number, offset: number, length: number): void;
}

const loaded: { binding?: Binding } = {};

/** Loads the binary itself: by `fs-native-extensions`' own loader it takes 12 ms instead of 0.4. */
function binding(): Binding {
  return (loaded.binding ??= loadBinding());
}

function loadBinding(): Binding {
  const module = { exports: {} as Binding };
  const platform = `${process.platform}-${process.arch}`;
  try {
    process.dlopen(module, packageFile("fs-native-extensions", `prebuilds/${platform}/fs-native-extensions.node`));
  } catch (error) {
    throw new JobctlError(
      "unavailable",
      `this platform (${platform}) has no binary for file locks: jobctl needs Linux with glibc on x64 or arm64 (not musl, as on Alpine)`,
      error,
    );
  }
  return module.exports;
}
