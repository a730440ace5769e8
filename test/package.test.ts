import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
    expect(files.filter((path) => /\.(test|map)\b/.test(path))).toEqual([]);
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
export default defineJob({
  description: "A job with a typed parameter",
  params: { keep: integer({ description: "how many to keep" }) },
  async run({ params }) {
    return { kept: params.keep.toFixed(0) };
  },
});
`;
