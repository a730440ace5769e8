import { chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, world } from "../helpers/world.ts";

const JOBS = `  nightly:
    description: Dumps what there is
    category: backup
    tags: [night]
    command: [echo, hi]
    schedule: "30 1 * * *"
  by-hand: { shell: x, enabled: false, priority: high, scope: cluster }
`;

const manifest = (jobs: string): string => `version: 1\njobs:\n${jobs}`;

describe("jobctl list", () => {
  it("shows a table, and the same as JSON", async () => {
    const { jobctl, write } = world("");
    const file = write("m.yaml", manifest(JOBS));
    expect((await jobctl(["list", "--manifest", file])).stdout).toBe(
      [
        "NAME     SCHEDULE    TIMEZONE  CATEGORY  PRIORITY  ENABLED  DESCRIPTION",
        "nightly  30 1 * * *  UTC       backup           5  yes      Dumps what there is",
        "by-hand  by hand     UTC                        8  no",
        "",
      ].join("\n"),
    );
    const jobs = JSON.parse((await jobctl(["list", "--json", "--tag", "night", "--manifest", file])).stdout) as unknown;
    expect(jobs).toEqual([
      {
        name: "nightly",
        title: null,
        description: "Dumps what there is",
        category: "backup",
        priority: 5,
        tags: ["night"],
        schedule: "30 1 * * *",
        timezone: "UTC",
        enabled: true,
        critical: false,
        paused: null,
        place: `${file}:3:3`,
      },
    ]);
  });
});

describe("jobctl validate", () => {
  it("says what is valid and what is not acted on yet", async () => {
    const { jobctl, write } = world("");
    const file = write("m.yaml", manifest(JOBS));
    const { code, stdout } = await jobctl(["validate", "--manifest", file]);
    expect(stdout).toBe(
      `✓ ${file} is valid: 2 jobs\n\nNot acted on yet by this version:\n  jobs.by-hand.scope: comes with cluster scope; run refuses this job\n`,
    );
    expect(code).toBe(0);
  });

  it("tells all problems with 78, as text and as JSON", async () => {
    const { jobctl, write } = world("");
    const file = write(
      "m.yaml",
      manifest("  a: { uses: ./none, timeut: 1s }\n  b: { shell: x, description: '${NONE}' }\n  c: { uses: ./none }\n"),
    );
    const { code, stdout } = await jobctl(["validate", "--json", "--manifest", file]);
    const { valid, problems } = JSON.parse(stdout) as {
      valid: boolean;
      problems: { line: number; column: number; path: string; message: string }[];
    };
    expect([code, valid]).toEqual([78, false]);
    expect(problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`)).toEqual([
      '3:22 jobs.a.timeut: unknown field "timeut"; did you mean "timeout"?',
      "4:31 jobs.b.description: the variable NONE is not set; set it in the environment or the envFile, or write ${NONE:-default}",
      `5:14 jobs.c.uses: there is no file ${join(file, "../none")}, nor with .ts, .mts, .js, .mjs, .cjs after it`,
    ]);
  });

  it("asks each module about its parameters", async () => {
    const { jobctl, write } = world("");
    write(
      "job.mjs",
      'import { defineJob, integer } from "jobctl";\nexport default defineJob({ description: "d", params: { count: integer({ description: "n" }) }, run() {} });\n',
    );
    const file = write("m.yaml", manifest("  a: { uses: ./job, with: { cuont: 1 } }\n"));
    const { code, stdout } = await jobctl(["validate", "--manifest", file]);
    expect(code).toBe(78);
    expect(stdout).toContain("jobs.a.with: ");
    expect(stdout).toContain("cuont");
    expect(stdout).not.toContain("    at ");
  });

  it("warns of fixed times that the zone's clock will skip or repeat within a year", async () => {
    const { jobctl, write } = world("");
    const berlin = (expression: string): string => `{ expression: "${expression}", timezone: Europe/Berlin }`;
    const file = write(
      "m.yaml",
      manifest(`  nightly: { schedule: ${berlin("30 2 * * *")}, shell: x }
  often: { schedule: ${berlin("*/20 * * * *")}, shell: x }
  later: { schedule: ${berlin("30 3 * * *")}, shell: x }
  utc: { schedule: 30 2 * * *, shell: x }
  off: { schedule: ${berlin("30 2 * * *")}, shell: x, enabled: false }
`),
    );
    const { code, stdout } = await jobctl(["validate", "--manifest", file]);
    expect(code).toBe(0);
    const [first, ...warnings] = stdout
      .replaceAll(/\d{4}-\d\d-\d\d/g, "<date>")
      .trim()
      .split("\n");
    expect(first).toBe(`✓ ${file} is valid: 5 jobs`);
    expect([...new Set(warnings)].toSorted()).toEqual([
      `! jobs.nightly.schedule: 02:30 comes twice on <date> in Europe/Berlin: the job runs the first time only (m.yaml:3:24)`,
      `! jobs.nightly.schedule: 02:30 does not exist on <date> in Europe/Berlin: no run that day; use 03:30 or UTC (m.yaml:3:24)`,
    ]);
    const { warnings: told } = JSON.parse((await jobctl(["validate", "--json", "--manifest", file])).stdout) as { warnings: object[] };
    expect(told[0]).toMatchObject({ file: "m.yaml", line: 3, column: 24, path: "jobs.nightly.schedule" });
  });

  it("prints the JSON Schema", async () => {
    const { stdout } = await world("").jobctl(["validate", "--schema"]);
    expect(JSON.parse(stdout)).toMatchObject({ title: "jobctl manifest", type: "object" });
  });
});

describe("jobctl init", () => {
  it("writes a manifest that is valid and runs, and never overwrites one", async () => {
    const { jobctl, read } = world("");
    const first = await jobctl(["init", "--output", "new/jobctl.yaml"]);
    expect([first.code, first.stdout]).toEqual([
      0,
      "wrote new/jobctl.yaml\nnext: jobctl list --manifest new/jobctl.yaml\n      jobctl run hello --manifest new/jobctl.yaml\n",
    ]);
    const text = read("new/jobctl.yaml");
    expect((await jobctl(["validate", "--manifest", "new/jobctl.yaml"])).code).toBe(0);
    const second = await jobctl(["init", "--output", "new/jobctl.yaml"]);
    expect([second.code, second.stderr, read("new/jobctl.yaml")]).toEqual([
      64,
      expect.stringMatching(/new\/jobctl.yaml exists already and was left as it is\n$/),
      text,
    ]);
  });
});

describe("jobctl new", () => {
  it.each([
    ["TypeScript", [], "ts"],
    ["JavaScript", ["--javascript"], "mjs"],
  ])("writes a job in %s, its test and its entry, and leaves every other line alone", async (_, flags, extension) => {
    const { jobctl, write, read, exists } = world("");
    write("node_modules/jobctl/package.json", "{}");
    const before = `# mine\nversion: 1 # one\njobs:\n    first: {shell: "x"}   # first\n# the end\ntimezone: UTC\n`;
    const file = write("m.yaml", before);
    const { code, stdout } = await jobctl(["new", "purge-carts", "--category", "cleanup", "--manifest", file, ...flags]);
    expect([code, stdout]).toEqual([
      0,
      `wrote cleanup/purge-carts.${extension}\nwrote cleanup/purge-carts.test.${extension}\nadded purge-carts to m.yaml\nnext: jobctl run purge-carts --dry-run\n      node --test cleanup/purge-carts.test.${extension}\n      give it a schedule: in m.yaml; without one it runs by hand only\n`,
    ]);
    const entry =
      "    purge-carts:\n      description: Purge carts\n      category: cleanup\n      uses: ./cleanup/purge-carts\n      with:\n        olderThan: 30d\n";
    expect(read("m.yaml")).toBe(before.replace("# first\n", `# first\n${entry}`));
    expect(exists(`cleanup/purge-carts.test.${extension}`)).toBe(true);
    expect((await jobctl(["validate", "--manifest", file])).stdout).toContain("is valid: 2 jobs");
  });

  it("writes a .mts where package.json makes a .ts CommonJS, and says how the test finds jobctl where it is installed elsewhere", async () => {
    const { jobctl, write, exists } = world("");
    write("package.json", '{ "type": "commonjs" }');
    const file = write("m.yaml", "jobs: {}\n");
    const { stdout } = await jobctl(["new", "x", "--category", "cleanup", "--manifest", file]);
    expect(stdout).toContain(
      `next: jobctl run x --dry-run\n      npm install ${ROOT}   (so that the test and your editor find jobctl)\n      node --test cleanup/x.test.mts\n`,
    );
    expect(exists("cleanup/x.mts")).toBe(true);
    expect((await jobctl(["run", "x", "--dry-run", "--manifest", file])).code).toBe(0);
  });

  it("writes nothing where one of the three can't be written", async () => {
    const { jobctl, write, read, exists, dir } = world("");
    const file = write("m.yaml", "jobs: {}\n");
    write("cleanup/x.test.ts", "mine");
    const { code, stderr } = await jobctl(["new", "x", "--category", "cleanup", "--manifest", file]);
    expect([code, stderr]).toEqual([64, `jobctl: ${join(dir, "cleanup/x.test.ts")} exists already and was left as it is\n`]);
    expect([exists("cleanup/x.ts"), read("cleanup/x.test.ts"), read("m.yaml")]).toEqual([false, "mine", "jobs: {}\n"]);
    chmodSync(file, 0o644);
  });

  it("tells of a bad name, a bad category and a job that exists", async () => {
    const { jobctl, write } = world("");
    const file = write("m.yaml", manifest(JOBS));
    const say = async (...args: string[]): Promise<string> => (await jobctl(["new", ...args, "--manifest", file])).stderr;
    expect(await say("Purge")).toBe(
      "jobctl: \"Purge\" can't be a job's name: allowed are small letters, digits and hyphens, up to 64, not beginning with a hyphen\n",
    );
    expect(await say("x", "--category", "clenup")).toContain('; did you mean "cleanup"?');
    expect(await say("nightly")).toBe(`jobctl: job "nightly" exists already (${file}:3:3)\n`);
  });
});
