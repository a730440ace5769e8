import { spawn } from "node:child_process";
import { ENDING, signalNumber } from "./signals.ts";

/** Runs a program to its end with our streams; resolves with its exit code, as a shell tells it. */
export function runProgram(file: string, args: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env: { ...env }, stdio: ["ignore", "inherit", "inherit"] });
    const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
    for (const signal of ENDING) process.on(signal, pass);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      for (const each of ENDING) process.off(each, pass);
      resolve(code ?? 128 + (signal === null ? 0 : signalNumber(signal)));
    });
  });
}
