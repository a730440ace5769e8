import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { diskUse, memoryUse } from "jobctl";
import type { CheckOf } from "./checks.ts";
import { fill, type ProbeContext, type Verdict } from "./verdict.ts";

export async function checkDatabase({ ask }: ProbeContext): Promise<Verdict> {
  await ask();
  return { status: "ok", detail: "the database answers" };
}

export async function checkDisk(check: CheckOf<"disk">, { folder }: ProbeContext): Promise<Verdict> {
  return fill(await diskUse(resolve(folder, check.path)), check);
}

export function checkMemory(check: CheckOf<"memory">): Verdict {
  return fill(memoryUse(), check);
}

/** `is-active` prints the state in a word, and exits with 3 for what is not active (systemctl(1)). */
export async function checkSystemd({ unit }: CheckOf<"systemd">, { signal }: ProbeContext): Promise<Verdict> {
  const state = await new Promise<string>((done, reject) => {
    execFile("systemctl", ["is-active", "--", unit], { signal }, (error, stdout) => {
      if (stdout.trim() === "" && error) reject(error);
      else done(stdout.trim());
    });
  });
  const status = state === "active" ? "ok" : CHANGING.has(state) ? "degraded" : "down";
  return { status, detail: `${unit} is ${state}` };
}

const CHANGING = new Set(["activating", "deactivating", "reloading", "refreshing", "maintenance"]);
