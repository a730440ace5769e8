import { execa } from "execa";
import { JobctlError } from "../errors.ts";

export interface ToolResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface ToolOptions {
  env: Readonly<Record<string, string | undefined>>;
  /** What it reads; without it nothing. */
  input?: string;
  /** What to install where it is missing: `the package cron`. */
  hint?: string;
}

/** Longer than any of them takes; a tool that hangs must not hang jobctl. */
const TIMEOUT_MS = 60_000;

/**
 * Runs one of the system's own tools (crontab, systemctl) to its end, in English and without a pager. Any exit code is an
 * answer. Throws JobctlError("unavailable") where it can't be run, or does not end.
 */
export async function callTool(file: string, args: readonly string[], { env, input, hint }: ToolOptions): Promise<ToolResult> {
  const result = await execa(file, args, {
    env: { ...env, LC_ALL: "C", SYSTEMD_PAGER: "", SYSTEMD_COLORS: "0" },
    extendEnv: false,
    input: input ?? "",
    reject: false,
    timeout: TIMEOUT_MS,
    stripFinalNewline: false,
    maxBuffer: 64 * 1024 * 1024,
  });
  const call = [file, ...args].join(" ");
  if (result.timedOut) throw new JobctlError("unavailable", `${call} did not end within ${TIMEOUT_MS / 1000} s`);
  if (result.code === "ENOENT")
    throw new JobctlError("unavailable", `${file} is not installed${hint === undefined ? "" : `; install ${hint}`}`);
  if (result.exitCode === undefined) {
    throw new JobctlError(
      "unavailable",
      `${call} ${result.signal === undefined ? `can't be run: ${result.shortMessage ?? ""}` : `was ended by ${result.signal}`}`,
    );
  }
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}

/** The same where only success will do. Throws JobctlError("unavailable") with what the tool said. */
export async function callToolWell(file: string, args: readonly string[], options: ToolOptions): Promise<string> {
  const { exitCode, stdout, stderr } = await callTool(file, args, options);
  if (exitCode === 0) return stdout;
  const said = stderr.trim() || stdout.trim() || "it said nothing";
  throw new JobctlError("unavailable", `${[file, ...args].join(" ")} failed (exit code ${exitCode}): ${said}`);
}
