import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JobctlError } from "../errors.ts";
import { callTool, type ToolOptions } from "../system/tools.ts";
import type { TextFile } from "./target.ts";

const AT_ONCE = 500;

/** Throws JobctlError("config") with what systemd says of the units: it would ignore such lines, and start the rest. */
export async function verifyUnits(units: readonly TextFile[], scope: "system" | "user", options: ToolOptions): Promise<void> {
  await withFiles(units, async (paths, folder) => {
    const who = scope === "user" ? ["--user"] : [];
    const said = await analyze([...who, "verify", "--man=no", "--recursive-errors=no"], paths, withRuntimeFolder(options, folder));
    const problems = said.stderr.replaceAll(`${folder}/`, "").trim();
    if (problems !== "" || said.exitCode !== 0) {
      throw new JobctlError("config", `systemd-analyze verify refuses these units:\n${problems || `exit code ${said.exitCode}`}`);
    }
  });
}

/** Of a user who is logged out there is no such folder, and systemd-analyze --user fails without one. */
function withRuntimeFolder({ env, ...options }: ToolOptions, other: string): ToolOptions {
  const { XDG_RUNTIME_DIR } = env;
  return { ...options, env: { ...env, XDG_RUNTIME_DIR: XDG_RUNTIME_DIR && existsSync(XDG_RUNTIME_DIR) ? XDG_RUNTIME_DIR : other } };
}

/** `systemd-analyze security` of each service, such as `9.2 UNSAFE`, by name. */
export async function exposures(units: readonly TextFile[], options: ToolOptions): Promise<Map<string, string>> {
  const services = units.filter(({ name }) => name.endsWith(".service"));
  const found = new Map<string, string>();
  await withFiles(services, async (paths) => {
    const { stdout } = await analyze(["security", "--offline=true", "--no-pager"], paths, options);
    // A template is judged by an instance called i.
    for (const [, name = "", level = ""] of stdout.matchAll(/exposure level for (\S+): ([\d.]+ [A-Z]+)/g))
      found.set(name.replace(/@i(?=\.service$)/, "@"), level);
  });
  return found;
}

async function analyze(
  args: readonly string[],
  paths: readonly string[],
  options: ToolOptions,
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const all = { exitCode: 0, stdout: "", stderr: "" };
  for (let from = 0; from < paths.length; from += AT_ONCE) {
    const { exitCode, stdout, stderr } = await callTool("systemd-analyze", [...args, ...paths.slice(from, from + AT_ONCE)], options);
    all.exitCode ||= exitCode;
    all.stdout += stdout;
    all.stderr += stderr;
  }
  return all;
}

/** In a folder of their own: nothing is installed by looking. */
async function withFiles(units: readonly TextFile[], use: (paths: string[], folder: string) => Promise<void>): Promise<void> {
  if (units.length === 0) return;
  const folder = mkdtempSync(join(tmpdir(), "jobctl-units-"));
  try {
    for (const { name, text } of units) writeFileSync(join(folder, name), text);
    await use(
      units.map(({ name }) => join(folder, name)),
      folder,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
