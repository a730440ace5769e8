import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { npm, oldNode, pathWithThisNode } from "./helpers/machine.ts";
import { JOBCTL, ROOT } from "./helpers/world.ts";

const execute = promisify(execFile);

describe("the package", () => {
  const folder = mkdtempSync(join(tmpdir(), "jobctl-package-"));
  const installed = join(folder, "empty");
  let files: string[] = [];
  let env: Record<string, string> = {};

  beforeAll(async () => {
    // The program is built already, and other tests use it: nothing is built again.
    const packed = JSON.parse(await npm(ROOT, "pack", "--ignore-scripts", "--json", "--pack-destination", folder)) as Packed;
    const [archive] = Object.values(packed);
    files = archive?.files.map(({ path }) => path) ?? [];
    await execute("mkdir", [installed]);
    await npm(installed, "install", "--prefix", installed, join(folder, archive?.filename ?? ""));
    env = {
      PATH: pathWithThisNode(),
      HOME: folder,
      JOBCTL_MANIFEST: join(installed, "jobctl.yaml"),
      JOBCTL_CACHE_DIR: join(folder, "cache"),
    };
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const npx = async (...args: string[]): Promise<string> => {
    const { stdout } = await execute("npx", ["jobctl", ...args], { cwd: installed, env });
    return stdout;
  };

  it("holds the program, the jobs and their licences, and nothing else", () => {
    const kinds = /^(bin\/|dist\/|jobs\/|systemd\/|(README|CHANGELOG)\.md$|LICENSE$|package\.json$|crontab\.example$)/;
    expect(files.filter((path) => !kinds.test(path))).toEqual([]);
    const maps = ["commands-start-run", "main-run", "running-attempts", "start"].map((bundle) => `dist/${bundle}.cjs.map`);
    expect(files.filter((path) => /\.(test|map)\b/.test(path)).toSorted()).toEqual(maps);
    expect(files).toEqual(
      expect.arrayContaining(["README.md", "bin/jobctl.js", "dist/LICENSES.txt", "dist/job/index.d.ts", "jobs/manifest.schema.json"]),
    );
  });

  it("works where it was installed into an empty folder", async () => {
    await npx("init");
    // The manifest's own state directory would be the machine's.
    const manifest = readFileSync(join(installed, "jobctl.yaml"), "utf8");
    writeFileSync(join(installed, "jobctl.yaml"), manifest.replace("version: 1", "version: 1\nstateDir: state"));
    expect(await npx("validate")).toContain("is valid: 1 job");
    expect(await npx("run", "hello", "--verbose")).toBe("hello from jobctl\n");
    expect(await npx("history")).toMatch(/hello +✓ succeeded/);
  });

  it("brings the shipped jobs, and runs a job in TypeScript beside the manifest", async () => {
    await npx("new", "purge-carts");
    expect(await npx("run", "purge-carts", "--dry-run", "--json")).toContain('"status": "succeeded"');
    const { stdout } = await execute("npx", ["jobctl", "demo", "--users", "50", "--directory", "shop"], { cwd: installed, env });
    expect(stdout).toMatch(/token-cleanup +✓ succeeded/);
  });

  it("takes a developer from npm init to jobs on a table of theirs, in TypeScript, JavaScript and Python, with their tests", async () => {
    const shop = join(installed, "own");
    mkdirSync(shop);
    const write = (file: string, text: string): void => writeFileSync(join(shop, file), text);
    const edit = (file: string, change: (text: string) => string): void => write(file, change(readFileSync(join(shop, file), "utf8")));
    const own = async (command: string, ...args: string[]): Promise<string> => {
      const { stdout } = await execute(command, args, { cwd: shop, env: { ...env, JOBCTL_MANIFEST: join(shop, "jobctl.yaml") } });
      return stdout;
    };
    const jobctl = async (...args: string[]): Promise<string> => own(join(installed, "node_modules/.bin/jobctl"), ...args);
    write("package.json", '{ "name": "shop", "type": "commonjs" }');
    write("count_carts.py", COUNT_CARTS);
    await own("python3", "-c", MAKE_CARTS);

    await jobctl("init");
    edit("jobctl.yaml", (text) =>
      text.replace("version: 1", "version: 1\nstateDir: state").replace(/# database: .*/, "database: sqlite:shop.db"),
    );
    await jobctl("new", "purge-carts", "--category", "cleanup");
    await jobctl("new", "count-carts", "--javascript", "--category", "analytics");
    expect(await own("node", "--test", "--test-reporter=dot", "cleanup/*.test.mts", "analytics/*.test.mjs")).toBe("....\n");
    // The lines that the generated files hold as comments are those of the first real job.
    edit("cleanup/purge-carts.mts", uncomment);
    edit("cleanup/purge-carts.test.mts", uncomment);
    expect(await own("node", "--test", "--test-reporter=dot", "cleanup/purge-carts.test.mts")).toBe("..\n");
    write("analytics/count-carts.js", COUNT_IN_JAVASCRIPT);
    edit("jobctl.yaml", (text) =>
      text
        .replace("./analytics/count-carts", "./analytics/count-carts.js")
        .replace('[echo, "hello from jobctl"]', "[python3, count_carts.py]"),
    );

    expect(await jobctl("validate")).toContain("is valid: 3 jobs");
    expect(await jobctl("run", "purge-carts", "--dry-run", "--verbose")).toContain("deletedCount=1");
    expect(await jobctl("run", "purge-carts", "--verbose", "--set", "olderThan=15d")).toContain("deletedCount=2");
    expect(JSON.parse(await jobctl("run", "count-carts", "--json"))).toMatchObject({ result: { cartCount: 2 } });
    expect(await jobctl("run", "hello", "--verbose", "--set", "region=eu")).toBe('hello: 2 carts, {"region":"eu"}\n');
  });

  it("tells TypeScript what a job may import", async () => {
    writeFileSync(join(installed, "tsconfig.json"), JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files: ["maintenance/typed.ts"] }));
    writeFileSync(join(installed, "maintenance/typed.ts"), TYPED_JOB);
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    await expect(execute(process.execPath, [tsc, "-p", installed])).resolves.toMatchObject({ stdout: "" });
    writeFileSync(join(installed, "maintenance/typed.ts"), TYPED_JOB.replace("params.keep.toFixed", "params.keep.trim"));
    await expect(execute(process.execPath, [tsc, "-p", installed])).rejects.toMatchObject({
      stdout: expect.stringContaining("Property 'trim' does not exist on type 'number'"),
    });
  });

  it("runs nothing and ends with 69 on a platform that has no binary for locks", async () => {
    rmSync(join(installed, "node_modules/fs-native-extensions/prebuilds"), { recursive: true });
    const ended = await execute("npx", ["jobctl", "run", "hello"], { cwd: installed, env }).catch((error: unknown) => error);
    expect(ended).toMatchObject({
      code: 69,
      stdout: "",
      stderr: `jobctl: this platform (linux-${process.arch}) has no binary for file locks: jobctl needs Linux with glibc on x64 or arm64 (not musl, as on Alpine)\n`,
    });
  });
});

describe("the launcher", () => {
  it("says in one sentence that Node is too old, and ends with 69", async () => {
    const ended = await execute(await oldNode(), [JOBCTL, "run", "hello"]).catch((error: unknown) => error);
    expect(ended).toMatchObject({ code: 69, stdout: "" });
    expect(ended).toMatchObject({
      stderr: expect.stringMatching(
        /^jobctl: Node \d+\.\d+\.\d+ is too old: jobctl needs Node 22\.18 or later; install one \(https:\/\/nodejs\.org\) or run jobctl with it\.\n$/,
      ),
    });
  }, 120_000);
});

/** npm 11 lists archives, npm 12 names them. */
type Packed = Record<string, { filename: string; files: { path: string }[] }>;

const COMPILER_OPTIONS = { strict: true, module: "nodenext", target: "es2024", noEmit: true, skipLibCheck: false, types: [] };

const TYPED_JOB = `import { defineJob, integer } from "jobctl";
import { type JobRun, runJob } from "jobctl/testing";
const job = defineJob({
  description: "A job with a typed parameter",
  params: { keep: integer({ description: "how many to keep" }) },
  async run({ params }) {
    return { kept: params.keep.toFixed(0) };
  },
});
export default job;
export const run: Promise<JobRun> = runJob(job, { params: { keep: 3 }, migrate: (db) => db.schema.createTable("carts").execute() });
// @ts-expect-error there is no such parameter
void runJob(job, { params: { kept: 3 } });
`;

const MAKE_CARTS = `
import datetime, sqlite3
db = sqlite3.connect("shop.db")
db.execute("CREATE TABLE carts (id INTEGER PRIMARY KEY, touched_at TEXT)")
for days in (1, 10, 20, 40):
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)
    db.execute("INSERT INTO carts (touched_at) VALUES (?)", (then.strftime("%Y-%m-%dT%H:%M:%S.000Z"),))
db.commit()
`;

const COUNT_CARTS = `
import os, sqlite3
count = sqlite3.connect("shop.db").execute("SELECT count(*) FROM carts").fetchone()[0]
print(f"{os.environ['JOBCTL_JOB']}: {count} carts, {os.environ['JOBCTL_PARAMETERS']}")
`;

const COUNT_IN_JAVASCRIPT = `const { defineJob, duration } = require("jobctl");
module.exports = defineJob({
  description: "Counts carts",
  params: { olderThan: duration({ description: "not used here" }) },
  run: async ({ rows }) => ({ cartCount: await (await rows("carts", {})).count() }),
});
`;

function uncomment(text: string): string {
  return text
    .replaceAll(/^( +)\/\/ (?=(const|return|schema|rows|assert))/gm, "$1")
    .replace("return { deletedCount: 0 };", "")
    .replace("run({ params, now, logger })", "run({ params, now, logger, rows })")
    .replace("{ deletedCount: 0 }", "{ deletedCount: 1 }");
}
