import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCopy } from "../../src/manifest/compiled-copy.ts";
import { openManifest, type OpenOptions } from "../../src/manifest/open-manifest.ts";
import { folderWith, UID } from "../helpers/manifest.ts";

const LATER = (): number => Date.now() + 10_000;
const job = (name: string, rest = ""): string => `jobs:\n  ${name}: { shell: x${rest} }\n`;

/** A manifest with a cache of its own; files count as old unless `now` says otherwise. */
function bench(files: Record<string, string>, more: Partial<OpenOptions> = {}) {
  const folder = folderWith(files);
  const cacheDir = join(folder, "cache");
  const options: OpenOptions = {
    file: "jobctl.yaml",
    env: {},
    cwd: folder,
    uid: UID,
    cacheDir,
    programVersion: "1.0.0",
    now: LATER,
    ...more,
  };
  const address = { cacheDir, uid: UID, manifestPath: join(folder, "jobctl.yaml"), programVersion: options.programVersion };
  return {
    folder,
    cacheDir,
    write: (name: string, text: string) => writeFileSync(join(folder, name), text),
    open: (change: Partial<OpenOptions> = {}) => openManifest({ ...options, ...change }),
    names: async (change: Partial<OpenOptions> = {}) => Object.keys((await openManifest({ ...options, ...change })).jobs),
    copy: (wanted?: string) => readCopy(address, wanted),
    copyFile: () => join(cacheDir, readdirSync(cacheDir)[0] ?? ""),
  };
}

describe("the compiled copy", () => {
  it("says the same as the file, and holds no variable's value", async () => {
    const { open, copy, copyFile } = bench(
      { "jobctl.yaml": `database: \${DB}\n${job("a", ", env: { P: '${SECRET}' }")}` },
      { env: { DB: "postgres://u:hunter2@h", SECRET: "hunter2" } },
    );
    const first = await open();
    expect(copy()).toEqual(first);
    expect(await open()).toEqual(first);
    expect(readFileSync(copyFile(), "utf8")).not.toContain("hunter2");
    expect(statSync(copyFile()).mode & 0o777).toBe(0o600);
  });

  it("is used: what is in it is what is opened", async () => {
    const { names, copy, copyFile } = bench({ "jobctl.yaml": job("a") });
    await names();
    expect(copy()).toBeDefined();
    expect(readdirSync(join(copyFile(), ".."))).toHaveLength(1);
  });

  it("reads a job only when it is asked for, and is to its users an object like any other", async () => {
    const { open, copy } = bench({ "jobctl.yaml": `version: 1\njobs: { b: { shell: x }, a: { shell: ü } }\n` });
    const { jobs } = await open();
    const lazy = copy()?.jobs ?? {};
    expect(Object.keys(lazy)).toEqual(["b", "a"]);
    expect([Object.hasOwn(lazy, "a"), Object.hasOwn(lazy, "toString"), "b" in lazy, lazy["c"]]).toEqual([true, false, true, undefined]);
    expect(lazy["a"]).toBe(lazy["a"]);
    expect(JSON.stringify(lazy)).toBe(JSON.stringify(jobs));
    expect({ ...lazy }).toEqual(jobs);
  });

  it("reads only the one that is wanted, and another from the same file when it is asked for", async () => {
    const names = Array.from({ length: 300 }, (_, n) => `job-${n}`);
    const yaml = (shell: string): string => `jobs:\n${names.map((name) => `  ${name}: { shell: ${shell} ${name} }\n`).join("")}`;
    const { open, copy, write, copyFile } = bench({ "jobctl.yaml": yaml("x") });
    const first = (await open()).jobs;
    const { jobs = {} } = copy("job-7") ?? {};
    write("jobctl.yaml", yaml("changed"));
    expect((await open()).jobs["job-8"]?.base.work).toMatchObject({ script: "changed job-8" });
    expect(jobs["job-7"]).toEqual(first["job-7"]);
    expect(jobs["job-8"]).toEqual(first["job-8"]);
    expect(copy("none")?.jobs["none"]).toBeUndefined();
    expect(Object.keys(copy("none")?.jobs ?? {})).toEqual(names);
    const whole = readFileSync(copyFile());
    const at = whole.indexOf('changed job-8"');
    whole[at] = 0x43;
    writeFileSync(copyFile(), whole);
    expect(copy("job-8")).toBeUndefined();
    expect(copy()).toBeUndefined();
    expect(() => copy("job-7")?.jobs["job-8"]).toThrow(`${copyFile()} is damaged: remove it`);
  });

  it("is not used after a change of the file, even one that keeps size and mtime", async () => {
    const { folder, names, write, copy } = bench({ "jobctl.yaml": job("a") });
    expect(await names()).toEqual(["a"]);
    const { atime, mtime } = statSync(join(folder, "jobctl.yaml"));
    write("jobctl.yaml", job("b"));
    utimesSync(join(folder, "jobctl.yaml"), atime, mtime);
    expect(copy()).toBeUndefined();
    expect(await names()).toEqual(["b"]);
  });

  it("is not used after a change of an included file, or when one comes or goes", async () => {
    const { names, write, folder } = bench({ "jobctl.yaml": "include: conf.d/*.yaml\n", "conf.d/a.yaml": job("a") });
    expect(await names()).toEqual(["a"]);
    write("conf.d/a.yaml", job("b"));
    expect(await names()).toEqual(["b"]);
    write("conf.d/c.yaml", job("c"));
    expect(await names()).toEqual(["b", "c"]);
    mkdirSync(join(folder, "empty"));
  });

  it("is not used when the folder of an include appears", async () => {
    const { names, write, folder } = bench({ "jobctl.yaml": `include: later.d/*.yaml\n${job("a")}` });
    expect(await names()).toEqual(["a"]);
    mkdirSync(join(folder, "later.d"));
    write("later.d/b.yaml", job("b"));
    expect(await names()).toEqual(["a", "b"]);
  });

  it("is not written where a variable decides a number, a duration or a choice: a change of it shows at once", async () => {
    const { open, copy } = bench({ "jobctl.yaml": job("a", ", timeout: '${LIMIT:-5m}', enabled: '${ON:-true}', priority: '${P:-7}'") });
    expect((await open()).jobs["a"]?.base).toMatchObject({ timeout: 300_000, enabled: true, priority: 7 });
    expect(copy()).toBeUndefined();
    expect((await open({ env: { LIMIT: "1000", ON: "false", P: "high" } })).jobs["a"]?.base).toMatchObject({
      timeout: 1000,
      enabled: false,
      priority: 8,
    });
  });

  it("is not used by another version of the program", async () => {
    const { open, copy, cacheDir, folder } = bench({ "jobctl.yaml": job("a") });
    await open();
    expect(copy()).toBeDefined();
    expect(readCopy({ cacheDir, uid: UID, manifestPath: join(folder, "jobctl.yaml"), programVersion: "1.0.1" })).toBeUndefined();
  });

  it("is not used once it is damaged, wherever a byte changed or the end is cut", async () => {
    const { names, open, copy, copyFile } = bench({ "jobctl.yaml": job("a") });
    await open();
    const whole = readFileSync(copyFile());
    const first = copy();
    for (let at = 0; at < whole.length; at += 7) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      writeFileSync(copyFile(), damaged);
      for (const wanted of [undefined, "a"]) expect([undefined, JSON.stringify(first)]).toContain(JSON.stringify(copy(wanted)));
      writeFileSync(copyFile(), whole.subarray(0, at));
      for (const wanted of [undefined, "a"]) expect(copy(wanted)).toBeUndefined();
    }
    expect(await names()).toEqual(["a"]);
    expect(copy()).toEqual(first);
  });

  it("is not used when others may write it or its folder", async () => {
    const { open, copy, copyFile, cacheDir } = bench({ "jobctl.yaml": job("a") });
    await open();
    chmodSync(copyFile(), 0o620);
    expect(copy()).toBeUndefined();
    chmodSync(copyFile(), 0o600);
    chmodSync(cacheDir, 0o777);
    expect(copy()).toBeUndefined();
    chmodSync(cacheDir, 0o700);
    expect(copy()).toBeDefined();
  });

  it("is not written while a file is younger than two seconds", async () => {
    const { open, copy } = bench({ "jobctl.yaml": job("a") });
    await open({ now: Date.now });
    expect(copy()).toBeUndefined();
  });

  it("is not needed: where none can be written everything works", async () => {
    const { names } = bench({ "jobctl.yaml": job("a"), file: "" });
    expect(await names({ cacheDir: undefined })).toEqual(["a"]);
    expect(await names({ cacheDir: "/proc/none" })).toEqual(["a"]);
  });

  it("stays whole under two processes that write it at once", async () => {
    const { folder, cacheDir, copy } = bench({ "jobctl.yaml": job("a") });
    const script = `const { loadManifest } = await import(${JSON.stringify(join(import.meta.dirname, "../../src/manifest/load-manifest.ts"))});
      for (let i = 0; i < 100; i++) loadManifest(${JSON.stringify(join(folder, "jobctl.yaml"))}, { env: {}, cwd: "/", uid: ${UID}, cacheDir: ${JSON.stringify(cacheDir)}, programVersion: "1.0.0", now: () => Date.now() + 10000 });`;
    const run = (): Promise<number | null> =>
      new Promise((done) => spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" }).on("close", done));
    const both = Promise.all([run(), run()]);
    let seen = 0;
    const poll = setInterval(() => {
      const now = readdirSync(folder).includes("cache") && readdirSync(cacheDir).some((name) => !/\.\d+$/.test(name));
      if (now) seen += copy() === undefined ? 1000 : 1;
    }, 1);
    expect(await both).toEqual([0, 0]);
    clearInterval(poll);
    expect(seen).toBeLessThan(1000);
    expect(copy()).toBeDefined();
    expect(readdirSync(cacheDir)).toHaveLength(1);
  });
});
