import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { refusals } from "../../src/manifest/acted-on.ts";
import { resolveJob } from "../../src/manifest/resolve-job.ts";
import { stateDirOf } from "../../src/manifest/state-dir.ts";
import { folderWith, load, refusal, UID } from "../helpers/manifest.ts";

const caller = (env: Record<string, string> = {}) => ({ env, uid: UID });

describe("resolving a job", () => {
  it("puts variables in from the job's envFile, then the manifest's, then the process", () => {
    const manifest = load(
      `envFile: all.env\njobs:\n  a:\n    uses: ./\${WHERE}/x\n    envFile: own.env\n    description: "$\${A} is \${A}, \${B}, \${C}, \${D:-none}"\n    with: { table: "\${B}", deep: [{ x: "\${C}" }] }\n`,
      { files: { "all.env": "A=all\nB=all\n", "own.env": "A=own\n" } },
    );
    const { job } = resolveJob(manifest, "a", caller({ A: "process", B: "process", C: "process", WHERE: "jobs", D: "" }));
    expect(job.description).toBe("${A} is own, all, process, none");
    expect(job.work).toEqual({ kind: "module", uses: "./jobs/x", with: { table: "all", deep: [{ x: "process" }] } });
  });

  it("leaves command and shell alone: they read their environment when they run", () => {
    const manifest = load('jobs:\n  a: { command: [echo, "${HOME}"] }\n  b: { shell: "echo ${HOME} $$" }\n');
    expect(resolveJob(manifest, "a", caller()).job.work).toEqual({ kind: "command", argv: ["echo", "${HOME}"] });
    expect(resolveJob(manifest, "b", caller()).job.work).toEqual({ kind: "shell", script: "echo ${HOME} $$" });
  });

  it("gives the job its own variables: envFiles first, then env, each the manifest's and then the job's", () => {
    const manifest = load(
      "envFile: all.env\nenv: { B: top, C: top, N: 5 }\njobs:\n  a: { shell: x, envFile: own.env, env: { C: job } }\n",
      {
        files: { "all.env": "A=all\nB=all\nX=all\n", "own.env": "X=own\n" },
      },
    );
    expect(resolveJob(manifest, "a", caller({ P: "process" })).variables).toEqual({ A: "all", B: "top", C: "job", N: "5", X: "own" });
  });

  it.each([
    [{}, "development", 1000],
    [{ NODE_ENV: "staging" }, "staging", 2000],
    [{ NODE_ENV: "staging", JOBCTL_ENV: "production" }, "production", 3000],
    [{ JOBCTL_ENV: "unknown" }, "unknown", 1000],
  ])("chooses the overlay of the environment in %j", (env, environment, timeout) => {
    const manifest = load(
      "jobs:\n  a: { shell: x, timeout: 1s, environments: { staging: { timeout: 2s }, production: { timeout: 3s } } }\n",
    );
    const resolved = resolveJob(manifest, "a", caller(env));
    expect([resolved.environment, resolved.job.timeout]).toEqual([environment, timeout]);
  });

  it("takes the environment's name from the envFile before the process", () => {
    const manifest = load("envFile: .env\njobs: { a: { shell: x } }\n", { files: { ".env": "JOBCTL_ENV=production\n" } });
    expect(resolveJob(manifest, "a", caller({ JOBCTL_ENV: "staging" })).environment).toBe("production");
  });

  it("lays an overlay over maps key by key, and replaces work, lists and texts", () => {
    const manifest = load(`defaults: { resources: { maxMemory: 10 }, tags: [all], schedule: { jitter: 1m } }
jobs:
  a:
    command: [x]
    tags: [own]
    schedule: "0 3 * * *"
    resources: { maxProcesses: 2 }
    environments:
      production: { shell: y, resources: { maxMemory: 20 }, schedule: { timezone: Europe/Berlin } }
`);
    const { base, environments } = manifest.jobs["a"] ?? { base: undefined, environments: {} as Record<string, never> };
    expect(base).toMatchObject({
      work: { kind: "command", argv: ["x"] },
      tags: ["own"],
      resources: { maxMemory: 10 * 1024 ** 2, maxProcesses: 2 },
      schedule: { expression: "0 3 * * *", jitter: 60_000 },
    });
    expect(environments["production"]).toMatchObject({
      work: { kind: "shell", script: "y" },
      resources: { maxMemory: 20 * 1024 ** 2, maxProcesses: 2 },
      schedule: { expression: "0 3 * * *", timezone: "Europe/Berlin" },
    });
  });

  it("lets CRON_TIMEZONE override the manifest's zone, but not a job's own", () => {
    const manifest = load(
      "timezone: Europe/Berlin\njobs:\n  a: { shell: x, schedule: '@daily' }\n  b: { shell: x, schedule: { expression: '@daily', timezone: UTC } }\n",
    );
    const zone = (job: string, env = {}) => resolveJob(manifest, job, caller(env)).job.schedule?.timezone;
    expect([
      zone("a"),
      zone("b"),
      zone("a", { CRON_TIMEZONE: "America/New_York" }),
      zone("b", { CRON_TIMEZONE: "America/New_York" }),
    ]).toEqual(["Europe/Berlin", "UTC", "America/New_York", "UTC"]);
  });

  it("makes paths absolute from the manifest's folder", () => {
    const manifest = load(
      "database: sqlite:var/app.db\nmail: file:out\njobs:\n  a: { shell: x, cwd: sub, paths: [var], secrets: { A: 'file:secret' }, expect: { artifact: { path: dump } } }\n",
    );
    const { job, database, mail, folder } = resolveJob(manifest, "a", caller());
    expect([database, mail, job.cwd, job.paths, job.secrets["A"], job.expect?.artifact?.path]).toEqual([
      `sqlite:${folder}/var/app.db`,
      `file:${folder}/out`,
      `${folder}/sub`,
      [`${folder}/var`],
      `file:${folder}/secret`,
      `${folder}/dump`,
    ]);
  });

  it("names an unknown job's nearest", () => {
    const manifest = load("jobs: { nightly-dump: { shell: x } }\n");
    expect(refusal(() => resolveJob(manifest, "nightly-dmp", caller()))).toEqual({
      code: "usage",
      message: `unknown job "nightly-dmp" (${manifest.path}); did you mean "nightly-dump"?`,
    });
    expect(refusal(() => resolveJob(manifest, "constructor", caller())).message).toBe(
      `unknown job "constructor" (${manifest.path}); jobctl list shows the jobs`,
    );
  });

  it("names a variable that is not set, and its place", () => {
    const manifest = load("jobs:\n  a:\n    uses: ./x\n    with: { list: ['${MISSING}'] }\n");
    expect(refusal(() => resolveJob(manifest, "a", caller()))).toEqual({
      code: "config",
      message: `${manifest.path}:2:3: jobs.a.with.list[0]: \${MISSING}: the variable MISSING is not set; set it in the environment or the envFile, or write \${MISSING:-default}`,
    });
  });

  it("names an envFile that can't be read", () => {
    const manifest = load("envFile: .env\njobs: { a: { shell: x } }\n");
    expect(refusal(() => resolveJob(manifest, "a", caller()))).toEqual({
      code: "config",
      message: `${join(manifest.path, "../.env")}: cannot be read: there is no such file`,
    });
  });

  it("names the fields that would change the run and that nothing acts on yet", () => {
    const manifest = load("jobs:\n  a: { shell: x, scope: cluster, monitoring: { successThreshold: 90 } }\n  b: { shell: x }\n");
    expect([refusals(resolveJob(manifest, "a", caller()).job), refusals(resolveJob(manifest, "b", caller()).job)]).toEqual([["scope"], []]);
  });
});

const options = (env = {}) => ({ cwd: "/work", env, uid: UID });

describe("the state directory", () => {
  it("is what is asked for, from the working directory", () => {
    expect(stateDirOf(load("stateDir: var\n"), { ...options(), override: "s" })).toBe("/work/s");
  });

  it("is the manifest's stateDir, from its folder, with variables", () => {
    const manifest = load("stateDir: ${BASE:-var}/state\n");
    expect(stateDirOf(manifest, options())).toBe(join(manifest.path, "../var/state"));
  });

  it.runIf(UID === 0)("is /var/lib/jobctl/<prefix> for a manifest that root owns, whatever the environment", () => {
    expect(stateDirOf(load("prefix: shop\n"), options({ XDG_STATE_HOME: "/x", HOME: "/y" }))).toBe("/var/lib/jobctl/shop");
  });

  it.runIf(UID === 0)("is the owner's state home, also for another caller", async () => {
    const { chownSync } = await import("node:fs");
    const folder = folderWith({ "jobctl.yaml": "version: 1\n" });
    const path = join(folder, "jobctl.yaml");
    chownSync(path, 33, 33);
    const manifest = { ...load("version: 1\n"), path };
    expect(stateDirOf(manifest, { cwd: "/", env: { XDG_STATE_HOME: "/xdg" }, uid: 33 })).toBe("/xdg/jobctl/jobctl");
    expect(stateDirOf(manifest, { cwd: "/", env: { HOME: "/home/www" }, uid: 33 })).toBe("/home/www/.local/state/jobctl/jobctl");
    expect(stateDirOf(manifest, { cwd: "/", env: { XDG_STATE_HOME: "/root/xdg" }, uid: 0 })).toBe("/var/www/.local/state/jobctl/jobctl");
  });
});
