import { expect, it } from "vitest";
import { world } from "../helpers/world.ts";

const w = () => world("backup: { command: [echo, hi] }");

/** The names of the commands that `jobctl --help` lists. */
async function commandNames(): Promise<string[]> {
  const { stdout } = await w().jobctl(["--help"]);
  const listed = stdout.slice(stdout.indexOf("\nCommands:\n"));
  return [...listed.matchAll(/^ {2}([a-z][a-z-]*)\b/gm)].map(([, name = ""]) => name);
}

it("shows for every command what it is, its options and an example that begins with it", async () => {
  const names = (await commandNames()).filter((name) => name !== "help");
  expect(names.length).toBeGreaterThan(10);
  const pages = await Promise.all(names.map(async (name) => ({ name, page: await w().jobctl(["help", name]) })));
  for (const { name, page } of pages) {
    expect(page).toMatchObject({ code: 0, stderr: "" });
    expect(page.stdout).toContain(`\nExamples:\n  $ jobctl ${name}`);
    expect(page.stdout).toMatch(new RegExp(`^Usage: jobctl ${name}\\b`));
    expect(page.stdout).toContain("--manifest <file>");
    expect(page.stdout).not.toMatch(/\(default: *(?:false|\[\]|\d{5,})\)/);
  }
}, 120_000);

it.each([
  [["histroy"], "did you mean history?"],
  [["valdate"], "did you mean validate?"],
  [["history", "--fialed"], "did you mean --failed?"],
  [["run", "backup", "--forse"], "did you mean --force?"],
  [["run", "bakcup"], 'did you mean "backup"?'],
  [["history", "bakcup"], 'did you mean "backup"?'],
  [["logs", "bakcup"], 'did you mean "backup"?'],
  [["next", "bakcup"], 'did you mean "backup"?'],
])("answers %j with the nearest name and 64", async (args, answer) => {
  const { code, stdout, stderr } = await w().jobctl(args);
  expect(code).toBe(64);
  expect(stdout).toBe("");
  expect(stderr.toLowerCase()).toContain(answer);
});

it("shows for run without a job the help of run", async () => {
  const [asked, help] = await Promise.all([w().jobctl(["run", "--help"]), w().jobctl(["help", "run"])]);
  expect(asked).toEqual(help);
  expect(asked).toMatchObject({ code: 0, stderr: "" });
});

it("shows every limit of a job", async () => {
  const { stdout } = await world(`
    tight:
      shell: echo hi
      timeout: 1m
      totalTimeout: 5m
      resources: { maxMemory: 64MB, maxCpuTime: 30s, maxDiskSpace: 10MB, maxProcesses: 8, maxLoad: 2, minFree: 1GB }
      security: { runAs: nobody }
  `).jobctl(["run", "tight", "--help"]);
  for (const limit of ["1m 00s", "5m 00s", "64MB", "30.0s", "10MB written", "at most 8", "below 2 per core", "above 1GB", "nobody"])
    expect(stdout).toContain(limit);
});

it.each([
  [["help", "lsit"], "jobctl: unknown command 'lsit'\n(Did you mean list?)\n(jobctl --help shows what there is)\n"],
  [["lsit", "--help"], "jobctl: unknown command 'lsit'\n(Did you mean list?)\n(jobctl --help shows what there is)\n"],
  [["list", "--jsn"], "jobctl: unknown option '--jsn'\n(Did you mean --json?)\n(jobctl list --help shows what there is)\n"],
  [
    ["next", "--count", "0"],
    "jobctl: option '--count <n>' argument '0' is invalid. It is 1 or more.\n(jobctl next --help shows what there is)\n",
  ],
  [
    ["list", "--category", "clean"],
    "jobctl: option '--category <category>' argument 'clean' is invalid. Allowed choices are maintenance, data-processing, notification, analytics, integration, cleanup, backup, monitoring.\n(jobctl list --help shows what there is)\n",
  ],
])("says of %j what is wrong and which help to ask for", async (args, stderr) => {
  expect(await w().jobctl(args)).toMatchObject({ code: 64, stdout: "", stderr });
});

it("answers an unknown field with the nearest name and 78", async () => {
  const { code, stdout } = await world("backup: { comand: [echo, hi] }").jobctl(["validate"]);
  expect(code).toBe(78);
  expect(stdout).toContain('unknown field "comand"; did you mean "command"?');
});
