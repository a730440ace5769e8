import { JobctlError } from "../errors.ts";
import { callTool, type ToolOptions } from "./tools.ts";

/** The calling user's crontab; undefined where it has none. A failure is never taken for an empty table. Throws JobctlError("unavailable"). */
export async function readUserCrontab(env: ToolOptions["env"]): Promise<string | undefined> {
  const { exitCode, stdout, stderr } = await callTool("crontab", ["-l"], { env, hint: "the package cron" });
  if (exitCode === 0) return stdout;
  if (exitCode === 1 && /^no crontab for /m.test(stderr)) return undefined;
  throw new JobctlError("unavailable", `crontab -l failed (exit code ${exitCode}): ${stderr.trim() || "it said nothing"}`);
}
