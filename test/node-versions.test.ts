import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installedNode } from "./helpers/machine.ts";
import { JOBCTL, ROOT } from "./helpers/world.ts";

const execute = promisify(execFile);

/** The oldest Node that is supported, and the next line; the tests themselves run on the newest. */
describe.each(["22.18.0", "24"])("on Node %s", (version) => {
  const folder = mkdtempSync(join(tmpdir(), "jobctl-on-node-"));
  let node = "";
  beforeAll(async () => {
    node = await installedNode(version);
  }, 300_000);
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
    rmSync(join(dirname(node), "../../.."), { recursive: true, force: true });
  });

  const jobctl = async (...args: string[]): Promise<string> => {
    const env = {
      PATH: `${dirname(node)}:/usr/bin:/bin`,
      HOME: folder,
      JOBCTL_MANIFEST: join(folder, "jobctl.yaml"),
      JOBCTL_CACHE_DIR: join(folder, "cache"),
    };
    return (await execute(node, [JOBCTL, ...args], { cwd: folder, env })).stdout;
  };

  it("the demo's job deletes what has expired, and its run is in the history", async () => {
    expect((await execute(node, ["--version"])).stdout).toMatch(new RegExp(`^v${version}`));
    expect(await jobctl("demo", "--users", "50", "--directory", folder)).toMatch(/token-cleanup +✓ succeeded .*deletedCount \d+/);
    expect(JSON.parse(await jobctl("history", "--json"))).toMatchObject([{ job: "token-cleanup", status: "succeeded" }]);
  });

  it("a new job in TypeScript runs, its test passes, and it starts from what was kept compiled", async () => {
    await jobctl("new", "purge-carts");
    for (const _ of [1, 2]) {
      expect(JSON.parse(await jobctl("run", "purge-carts", "--dry-run", "--json"))).toMatchObject({
        status: "succeeded",
        trigger: "dry-run",
      });
    }
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(ROOT, join(folder, "node_modules/jobctl"));
    await expect(execute(node, ["--test", "maintenance/purge-carts.test.ts"], { cwd: folder })).resolves.toBeDefined();
    expect(readdirSync(join(folder, "cache")).join(" ")).toMatch(new RegExp(`main.cjs-v${version}`));
  });
});
