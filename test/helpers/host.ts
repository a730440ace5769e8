import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HostMessage, HostRequest, ModuleDescription } from "../../src/running/host/protocol.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const DIST = join(import.meta.dirname, "../../dist/job");

export const NOW = Date.parse("2026-11-22T03:00:00.000Z");

export interface HostRun {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  messages: HostMessage[];
  /** The message that tells the end. */
  end: Exclude<HostMessage, { type: "progress" }> | undefined;
}

/** A host that runs; `done` resolves when it has ended. */
export interface HostProcess {
  child: ChildProcess;
  messages: HostMessage[];
  done: Promise<HostRun>;
}

/** The built path of a shipped job. */
export function shippedJob(name: string): string {
  return join(DIST, "jobs", `${name}.js`);
}

/** The source of a job that has these properties. */
export const job = (properties: string): string =>
  `import { defineJob } from "jobctl";\nexport default defineJob({ description: "A test", ${properties} });\n`;

/** Writes a job's module into a folder of its own, far from this package. */
export function writeJob(source: string, name = "job.ts"): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, source);
  return path;
}

/** Starts the built host as the supervisor does: request in the environment, messages on descriptor 4. */
export function startHost(request: Partial<HostRequest> & { module: string }, more: Record<string, string> = {}): HostProcess {
  const whole: HostRequest = { ...DEFAULTS, ...request };
  const child = spawn(process.execPath, [join(DIST, "host.cjs")], {
    stdio: ["ignore", "pipe", "pipe", "ignore", "pipe"],
    env: { PATH: process.env["PATH"], JOBCTL_REQUEST: JSON.stringify(whole), ...more },
  });
  const messages: HostMessage[] = [];
  const run = { stdout: "", stderr: "", rest: "" };
  child.stdout?.on("data", (chunk) => (run.stdout += String(chunk)));
  child.stderr?.on("data", (chunk) => (run.stderr += String(chunk)));
  child.stdio[4]?.on("data", (chunk: Buffer) => {
    const lines = (run.rest + String(chunk)).split("\n");
    run.rest = lines.pop() ?? "";
    messages.push(...lines.map(messageOf));
  });
  const done = new Promise<HostRun>((resolve) =>
    child.on("close", (exitCode, signal) => {
      const end = messages.find((message): message is NonNullable<HostRun["end"]> => message.type !== "progress");
      resolve({ exitCode, signal, stdout: run.stdout, stderr: run.stderr, messages, end });
    }),
  );
  return { child, messages, done };
}

/** Without how much memory it used, which is never the same. */
function messageOf(line: string): HostMessage {
  const { peakBytes: _peakBytes, ...message } = JSON.parse(line) as HostMessage & { peakBytes?: number };
  return message as HostMessage;
}

export async function runHost(request: Partial<HostRequest> & { module: string }): Promise<HostRun> {
  return startHost(request).done;
}

/** Runs a job that is given as source text. */
export async function runSource(source: string, request: Partial<HostRequest> = {}): Promise<HostRun> {
  return runHost({ ...request, module: writeJob(source) });
}

export async function describeHost(module: string, given?: object): Promise<ModuleDescription> {
  const child = spawn(process.execPath, [join(DIST, "host.cjs"), "--describe", module, ...(given ? [JSON.stringify(given)] : [])]);
  let output = "";
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  await new Promise((resolve) => child.on("close", resolve));
  return JSON.parse(output.trimEnd().split("\n").at(-1) ?? "") as ModuleDescription;
}

const DEFAULTS: Omit<HostRequest, "module"> = {
  job: "test-job",
  runKey: "mf0-0011223344556677",
  runId: 4812,
  params: {},
  now: NOW,
  scheduledFor: NOW,
  previousSlot: null,
  attempt: 1,
  previousError: null,
  dryRun: false,
  database: null,
  mail: null,
  folder: "/",
  organization: null,
};
