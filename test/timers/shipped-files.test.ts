import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openManifest } from "../../src/manifest/open-manifest.ts";
import { resolveJobs } from "../../src/manifest/resolve-job.ts";
import { crontabBlock } from "../../src/timers/crontab-block.ts";
import { impossibilities } from "../../src/timers/fidelity.ts";
import type { TimerSource } from "../../src/timers/target.ts";
import { unitFiles } from "../../src/timers/unit-files.ts";
import { ROOT } from "../helpers/world.ts";
import { source, target } from "./source.ts";

/** The shipped manifest, as if it were installed in /etc for production. */
async function shipped(): Promise<TimerSource> {
  const file = join(ROOT, "jobs/manifest.yaml");
  const manifest = await openManifest({ file, env: {}, cwd: ROOT, uid: 1, cacheDir: undefined, programVersion: "0", now: Date.now });
  const installed = { ...manifest, path: "/etc/jobctl/jobctl.yaml" };
  const jobs = resolveJobs(installed, { env: { JOBCTL_ENV: "production" }, uid: 1 }).map(({ job }) => job);
  return source(jobs, { prefix: manifest.prefix, manifestPath: installed.path });
}

/** After a change of the jobs or of the generator: `vitest -u` writes the files anew. */
describe("the files that ship", () => {
  it("are the generator's output for the shipped manifest: systemd/", async () => {
    const units = unitFiles(await shipped(), target());
    for (const { name, text } of units) await expect(text).toMatchFileSnapshot(join(ROOT, "systemd", name));
    const names = new Set(units.map(({ name }) => name));
    const folder = join(ROOT, "systemd");
    expect(existsSync(folder) ? readdirSync(folder).filter((name) => !names.has(name)) : []).toEqual([]);
  });

  it("are the generator's output for the shipped manifest: crontab.example", async () => {
    await expect(crontabBlock(await shipped(), target())).toMatchFileSnapshot(join(ROOT, "crontab.example"));
  });

  it("keep every job's settings on both", async () => {
    const from = await shipped();
    for (const kind of ["systemd", "crontab"] as const) {
      expect(impossibilities(from, target(), kind)).toEqual([]);
    }
  });
});
