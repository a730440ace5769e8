import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { errnoCode } from "../errors.ts";
import { readSmallFile } from "../system/small-file.ts";
import { reasonOf } from "../system/trusted-file.ts";

/** What was to be started. */
export interface Start {
  argv: readonly [string, ...string[]];
  cwd: string;
  env: Readonly<Record<string, string>>;
}

/** Why a program could not be started, and what to do about it: execve(2) gives one word for many reasons. */
export function whyNotStarted({ argv: [program], cwd, env }: Start, error: Error): string {
  const code = errnoCode(error);
  if (!program.includes("/") && code === "ENOENT") return notInPath(program, env["PATH"] ?? "");
  const path = resolve(cwd, program);
  if (code === "ENOENT") return existsSync(path) ? withoutInterpreter(path) : `there is no program ${path}`;
  if (code === "EACCES" && program.includes("/")) return notAllowed(path);
  if (code === "E2BIG") return "its arguments and environment are longer than the system takes (execve(2)): put what is long into a file";
  return program.includes("/") && code !== undefined ? `${path} can't be started: ${reasonOf(error)}` : error.message;
}

function notInPath(program: string, path: string): string {
  const blanks = /\s/.test(program) ? "; each argument is an item of its own in command, and shell: takes a whole line" : "";
  return `${JSON.stringify(program)} is in none of the folders of PATH (${path})${blanks || "; write its whole path, or set PATH in env"}`;
}

function withoutInterpreter(path: string): string {
  const [, interpreter] = /^#![ \t]*([^\s]+)/.exec(beginning(path)) ?? [];
  if (interpreter === undefined) return `${path} is there, but what loads it is not: was it built for another system?`;
  const hint = beginning(path).split("\n", 1)[0]?.endsWith("\r") ? " (its lines end in CR LF: save it with LF)" : "";
  return `${path} is there, but the program of its first line is not: ${interpreter}${hint}`;
}

function notAllowed(path: string): string {
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) return `${path} is a folder, not a program`;
    if ((stats.mode & 0o111) === 0) return `${path} is not executable; chmod +x ${path}`;
  } catch {
    return `${path} is in a folder that this user may not enter`;
  }
  return `this user may not execute ${path}, or its file system is mounted with noexec`;
}

/** execve(2) reads no more of the first line. */
function beginning(path: string): string {
  try {
    return readSmallFile(path).slice(0, 256);
  } catch {
    return "";
  }
}
