import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../src/job-api/database/open-database.ts";
import { type Ended, JOBCTL, startProgram, world } from "../helpers/world.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

async function demo(folder: string, ...args: string[]): Promise<Ended> {
  const env = {
    PATH: process.env["PATH"] ?? "",
    JOBCTL_CACHE_DIR: join(folder, "cache"),
    DATABASE_URL: "postgres://nobody@127.0.0.1:1/production",
  };
  return startProgram([JOBCTL, "demo", "--users", "100", ...args], { cwd: folder, env }).ended;
}

async function tokens(folder: string): Promise<number> {
  const db = openDatabase(`sqlite:${join(folder, "var/app.db")}`, { readOnly: true, applicationName: "test" });
  const rows = await db.selectFrom("auth_tokens").select("id").execute();
  await db.destroy();
  return rows.length;
}

const newFolder = (): string => temporaryFolder();

describe("jobctl demo", () => {
  it("makes a database and a manifest, runs token-cleanup on it, shows the history and what to type next", async () => {
    const folder = newFolder();
    const { code, stdout } = await demo(folder);
    expect(code).toBe(0);
    expect(stdout).toContain("Made ./var/app.db: 2 organizations, 100 users, 200 sessions, 300 auth_tokens, ");
    expect(stdout).toContain("\nWrote ./jobctl.yaml.\n");
    expect(stdout).toContain("\n$ jobctl run token-cleanup");
    expect(stdout).toContain("\n$ jobctl history\n");
    expect(stdout).toContain("\nNext:\n  jobctl list");
    expect(await tokens(folder)).toBeGreaterThan(50);
    expect(await tokens(folder)).toBeLessThan(250);
  });

  it("can be typed again, and then uses its own manifest with what was changed in it", async () => {
    const folder = newFolder();
    await demo(folder);
    const changed = readFileSync(join(folder, "jobctl.yaml"), "utf8").replace("priority: high", "priority: low");
    writeFileSync(join(folder, "jobctl.yaml"), changed);
    const { code, stdout } = await demo(folder);
    expect(code).toBe(0);
    expect(stdout).toContain("\nUsing ./jobctl.yaml.\n");
    expect(readFileSync(join(folder, "jobctl.yaml"), "utf8")).toBe(changed);
  });

  it("leaves a person's own manifest alone and puts its own into var", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "jobctl.yaml"), "version: 1\njobs: {}\n");
    const { code } = await demo(folder);
    expect(code).toBe(0);
    expect(readFileSync(join(folder, "jobctl.yaml"), "utf8")).toBe("version: 1\njobs: {}\n");
    expect(existsSync(join(folder, "var/jobctl.yaml"))).toBe(true);
  });

  it.each(["/proc/demo", "/etc/passwd"])("says that it can't be made in %s, and what to do", async (directory) => {
    const { code, stderr } = await world("").jobctl(["demo", "--directory", directory]);
    expect(code).toBe(78);
    expect(stderr).toMatch(
      new RegExp(
        `^jobctl: ${directory}/var/app.db can't be made: .*; is there room, and may you write there\\? --directory names another place\n$`,
      ),
    );
  });

  it("does not overwrite a database that is not its own", async () => {
    const folder = newFolder();
    await demo(folder, "--directory", "elsewhere");
    const path = join(folder, "elsewhere/var/app.db");
    writeFileSync(path, "a file of mine");
    const { code, stderr } = await demo(folder, "--directory", "elsewhere");
    expect(code).toBe(78);
    expect(stderr).toBe(
      `jobctl: ${path} is no database of \`jobctl demo\`, and is left as it is; choose another folder with --directory, or move the file away\n`,
    );
    expect(readFileSync(path, "utf8")).toBe("a file of mine");
  });
});
