import { JobctlError } from "../errors.ts";
import { callTool, callToolWell, type ToolOptions } from "./tools.ts";

export interface SystemdCall {
  env: ToolOptions["env"];
  /** The caller's own manager instead of the system's. */
  isUser: boolean;
}

const HINT = "systemd, or name unit files: jobctl import systemd ./backup.timer";

/** A unit's file and drop-ins as one text; undefined where there is no such unit. Throws JobctlError("unavailable"). */
export async function unitText(name: string, { env, isUser }: SystemdCall): Promise<string | undefined> {
  const { exitCode, stdout, stderr } = await callTool("systemctl", [...scope(isUser), "cat", "--no-pager", "--", name], {
    env,
    hint: HINT,
  });
  if (exitCode === 0) return stdout;
  if (/No files found for/.test(stderr)) return undefined;
  throw new JobctlError(
    "unavailable",
    `systemctl cat ${name} failed (exit code ${exitCode}): ${stderr.trim() || "it said nothing"}; unit files can be named instead: jobctl import systemd ./backup.timer`,
  );
}

/** enabled, disabled, static, masked; undefined where systemd does not know. */
export async function unitState(name: string, { env, isUser }: SystemdCall): Promise<string | undefined> {
  const text = await callToolWell("systemctl", [...scope(isUser), "show", "--property=UnitFileState", "--", name], { env, hint: HINT });
  return /^UnitFileState=(.+)$/m.exec(text)?.[1];
}

/** The timers with the files that they come from: those with a file, and instances that are loaded. Masked ones are none. */
export async function installedTimers({ env, isUser }: SystemdCall): Promise<{ name: string; path: string }[]> {
  const ask = (...args: string[]): Promise<string> => callToolWell("systemctl", [...scope(isUser), ...args], { env, hint: HINT });
  const lists = [await ask("list-unit-files", ...TIMERS), await ask("list-units", "--all", ...TIMERS)];
  const listed = lists.flatMap((list) => [...list.matchAll(/^(\S+\.timer)\s/gm)].map(([, name = ""]) => name));
  const names = [...new Set(listed)].filter((name) => !name.endsWith("@.timer")).toSorted();
  if (names.length === 0) return [];
  const text = await ask("show", "--property=Id", "--property=LoadState", "--property=FragmentPath", "--", ...names);
  return text.split("\n\n").flatMap((block) => {
    const [name, path] = [/^Id=(.+)$/m.exec(block)?.[1], /^FragmentPath=(.+)$/m.exec(block)?.[1]];
    return name === undefined || path === undefined || /^LoadState=masked$/m.test(block) ? [] : [{ name, path }];
  });
}

const TIMERS = ["--type=timer", "--no-legend", "--no-pager", "--plain"] as const;

const scope = (isUser: boolean): string[] => (isUser ? ["--user"] : []);
