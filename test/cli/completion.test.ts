import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { JOBCTL, type World, world } from "../helpers/world.ts";

const execute = promisify(execFile);

const JOBS = `
  token-cleanup: { command: [echo, tokens] }
  session-cleanup: { command: [echo, sessions] }
  backup: { command: [echo, backup] }
`;

/** What bash offers when Tab is pressed at the end of this line: it reads the script, and calls the function as readline does. */
async function completed(w: World, line: string): Promise<string[]> {
  const bin = join(w.dir, "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "jobctl"), `#!/bin/sh\nexec "${process.execPath}" "${JOBCTL}" "$@"\n`, { mode: 0o755 });
  const words = line.split(" ");
  const script = `
    source <(jobctl completion bash)
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}) COMP_CWORD=${words.length - 1}
    $(complete -p jobctl | sed 's/.*-F \\([^ ]*\\).*/\\1/')
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await execute("bash", ["-c", script], { cwd: w.dir, env: { ...w.env, PATH: `${bin}:${w.env["PATH"]}` } });
  return stdout.split("\n").filter((word) => word !== "");
}

it.each([
  ["jobctl his", ["history"]],
  ["jobctl help val", ["validate"]],
  ["jobctl import ", ["crontab", "systemd"]],
  ["jobctl run --he", ["--help"]],
  ["jobctl list --category an", ["analytics"]],
  ["jobctl run ", ["token-cleanup", "session-cleanup", "backup"]],
  ["jobctl run to", ["token-cleanup"]],
  ["jobctl run --force b", ["backup"]],
  ["jobctl run backup ", []],
  ["jobctl run --tri", ["--trigger"]],
  ["jobctl run --trigger ti", ["timer"]],
  ["jobctl logs se", ["session-cleanup"]],
  ["jobctl history --fa", ["--failed"]],
  ["jobctl completion z", ["zsh"]],
  ["jobctl new b", []],
  ["jobctl histroy b", []],
])("bash completes `%s`", async (line, words) => {
  expect(await completed(world(JOBS), line)).toEqual(words);
});

it("completes the jobs of the manifest that the line names", async () => {
  const w = world(JOBS);
  w.write("other.yaml", "version: 1\njobs:\n  elsewhere: { command: [echo, hi] }\n");
  expect(await completed(w, "jobctl --manifest other.yaml run ")).toEqual(["elsewhere"]);
});

it("offers nothing and says nothing where the manifest is wrong", async () => {
  const w = world("broken: {}");
  expect(await w.jobctl(["complete", "--", "run", ""])).toEqual({ code: 0, signal: null, stdout: "", stderr: "" });
});

it("refuses a shell that it does not know", async () => {
  const { code, stderr } = await world(JOBS).jobctl(["completion", "tcsh"]);
  expect(code).toBe(64);
  expect(stderr).toContain("Allowed choices are bash, zsh, fish.");
});
