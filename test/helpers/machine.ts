import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { arch, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** PATH without the folders of this project's own packages: what a user's shell has. npm belongs to the machine's own Node. */
const MACHINE_PATH = (process.env["PATH"] ?? "")
  .split(":")
  .filter((folder) => !folder.includes("node_modules"))
  .join(":");

/** The same with the Node of this test run in front: what a user with a current Node has. */
export function pathWithThisNode(): string {
  const folder = mkdtempSync(join(tmpdir(), "jobctl-node-"));
  symlinkSync(process.execPath, join(folder, "node"));
  return `${folder}:${MACHINE_PATH}`;
}

/** Runs npm as a user does. Certificates and registry are the machine's. */
export async function npm(cwd: string, ...args: string[]): Promise<string> {
  // An npm that runs this test tells its children which package they are of.
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle|config_local_prefix)/.test(name));
  const env = { ...Object.fromEntries(kept), PATH: MACHINE_PATH, npm_config_update_notifier: "false" };
  const { stdout } = await execute("npm", args, { cwd, env, maxBuffer: 2 ** 26 });
  return stdout;
}

/** A Node that is too old for jobctl: the machine's own where it is one, else installed. */
export async function oldNode(): Promise<string> {
  for (const folder of MACHINE_PATH.split(":")) {
    const node = join(folder, "node");
    if (existsSync(node) && /^v(1\d|20|21)\./.test((await execute(node, ["--version"])).stdout)) return node;
  }
  return installedNode("20");
}

/** A Node of this version, installed into a folder of its own. */
export async function installedNode(version: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "jobctl-node-"));
  mkdirSync(join(folder, "node_modules"));
  await npm(folder, "install", "--no-save", "--prefix", folder, `node-linux-${arch()}@${version}`);
  return join(folder, `node_modules/node-linux-${arch()}/bin/node`);
}
