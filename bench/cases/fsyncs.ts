import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { LeftOut, type Measure } from "../contest.ts";
import { quote } from "../timed.ts";

/** Counted by strace over the whole process tree; on a disk each is a wait for the platter or the flash. */
export const fsyncs: Measure = (arena) => {
  requireStrace();
  const manifest = arena.write("fsyncs/jobctl.yaml", `version: 1\nstateDir: state\njobs:\n  work:\n    command: [/bin/true]\n`);
  // The first three starts of a program each keep what they compiled, on disk.
  for (let start = 0; start < 4; start++) arena.once("run", "--manifest", manifest, "work");
  const trace = arena.path("fsyncs/trace");
  const script = `strace -f -e trace=fsync,fdatasync,sync,syncfs,msync -o ${quote(trace)} ${arena.jobctl("run", "--manifest", manifest, "work")}`;
  const { status, stderr } = spawnSync("bash", ["-c", script], { env: arena.env, encoding: "utf8" });
  if (status !== 0) throw new LeftOut(`strace could not follow a run here: ${stderr.trim()}`);
  const calls = readFileSync(trace, "utf8").match(/\b(?:fsync|fdatasync|sync|syncfs|msync)\(/g) ?? [];
  return [{ what: "fsyncs of one run", unit: "", must: 3, aim: 1, measured: calls.length }];
};

/** Installed where we may. */
function requireStrace(): void {
  if (isThere()) return;
  if (process.getuid?.() === 0) spawnSync("apt-get", ["install", "-y", "-q", "strace"], { stdio: ["ignore", "ignore", "inherit"] });
  if (!isThere()) throw new LeftOut("fsyncs of one run: needs strace (apt-get install strace)");
}

const isThere = (): boolean => spawnSync("strace", ["-V"]).status === 0;
