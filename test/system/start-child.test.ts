import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Child, ChildRequest } from "../../src/system/child.ts";
import { loadLibc } from "../../src/system/libc.ts";
import { posixSpawn } from "../../src/system/posix-spawn.ts";
import { spawnByNode, startChild } from "../../src/system/start-child.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { until } from "../helpers/world.ts";

type Start = (request: ChildRequest) => Promise<Child | Error>;

const asIs = <Made>(make: () => Made): Made => make();
const byEither: Start = (request) => startChild(request, asIs);
const WAYS: [string, Start][] = [
  ["node:child_process", (request) => spawnByNode(request, asIs)],
  ["what this Node has", byEither],
];
if (loadLibc()) WAYS.push(["posix_spawn", async (request) => posixSpawn(request) ?? new Error("not started by posix_spawn")]);
else console.warn("left out: posix_spawn, since this Node has no node:ffi");

let folder: string;
let lock: number;
beforeEach(() => {
  folder = temporaryFolder();
  lock = openSync(join(folder, "lock"), "w");
  mkdirSync(join(folder, "bin"));
  for (const [name, text] of [
    ["hello", "#!/bin/sh\necho hello from $0\n"],
    ["plain", "echo no interpreter\n"],
  ] as const) {
    writeFileSync(join(folder, "bin", name), text);
    chmodSync(join(folder, "bin", name), 0o755);
  }
});
afterEach(() => closeSync(lock));

interface Ended {
  exitCode: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
  control: string;
}

async function ending(start: Start, argv: readonly [string, ...string[]], given: Partial<ChildRequest> = {}): Promise<Ended> {
  const texts = new Map<number, string>();
  const stdio = ["ignore", "pipe", "pipe", lock] as const;
  const onData = (descriptor: number, bytes: Buffer): void =>
    void texts.set(descriptor, (texts.get(descriptor) ?? "") + bytes.toString("latin1"));
  const child = await start({ argv, cwd: folder, env: { PATH: "/usr/bin:/bin" }, stdio, onData, ...given });
  if (child instanceof Error) throw child;
  const exit = await child.exited;
  await child.closed;
  child.release();
  return { ...exit, stdout: texts.get(1) ?? "", stderr: texts.get(2) ?? "", control: texts.get(4) ?? "" };
}

const sh = (script: string): [string, ...string[]] => ["/bin/sh", "-c", script];

describe.each(WAYS)("a child started by %s", (_, start) => {
  it("gives its two outputs and its exit code", async () => {
    expect(await ending(start, sh("echo out; echo err >&2; exit 7"))).toEqual({
      exitCode: 7,
      signal: null,
      stdout: "out\n",
      stderr: "err\n",
      control: "",
    });
  });

  it("tells the signal that ended it", async () => {
    expect(await ending(start, sh("kill -KILL $$"))).toMatchObject({ exitCode: null, signal: "SIGKILL" });
  });

  it("has nothing on its standard input, and of our descriptors only what it was given", async () => {
    const { stdout } = await ending(start, sh("for n in 0 1 2 3; do readlink /proc/self/fd/$n; done; ls /proc/self/fd; cat"));
    const [links, others] = [stdout.split("\n").slice(0, 4), stdout.split("\n").slice(4)];
    expect(links).toEqual([
      "/dev/null",
      expect.stringMatching(/^(pipe|socket):/),
      expect.stringMatching(/^(pipe|socket):/),
      `${folder}/lock`,
    ]);
    expect(others).not.toContain(String(lock));
  });

  it("leads a session and a group of its own", async () => {
    const { stdout } = await ending(start, sh("echo $$ $(cut -d' ' -f5,6 /proc/self/stat)"));
    expect(stdout).toMatch(/^(\d+) \1 \1\n$/);
  });

  it("has no signal blocked or ignored, though Node ignores SIGPIPE", async () => {
    const { stdout } = await ending(start, ["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"]);
    expect(stdout).toBe("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  });

  it("has just the environment, the arguments and the folder that it was given", async () => {
    const env = { A: "", B: "schön = 1", PATH: "/usr/bin:/bin" };
    expect((await ending(start, ["env"], { env })).stdout).toBe(Buffer.from("A=\nB=schön = 1\nPATH=/usr/bin:/bin\n").toString("latin1"));
    expect((await ending(start, ["printf", "<%s>", "", "a b", "*"])).stdout).toBe("<><a b><*>");
    expect((await ending(start, ["pwd"], { cwd: join(folder, "bin") })).stdout).toBe(`${folder}/bin\n`);
  });

  it("is looked for as execvp(3) does", async () => {
    expect((await ending(start, ["bin/hello"])).stdout).toBe("hello from bin/hello\n");
    expect((await ending(start, ["hello"], { env: { PATH: `/nowhere:${folder}:${folder}/bin:/bin` } })).stdout).toBe(
      `hello from ${folder}/bin/hello\n`,
    );
  });

  it("is heard to the last byte", async () => {
    const { stdout, stderr } = await ending(start, sh("seq 200000 & seq 300000 >&2; wait"));
    expect([stdout.length, stdout.slice(-7), stderr.length, stderr.slice(-7)]).toEqual([1_288_895, "200000\n", 1_988_895, "300000\n"]);
  });

  it("writes to a control pipe", async () => {
    const stdio = ["ignore", "pipe", "pipe", lock, "pipe"] as const;
    expect(await ending(start, sh("echo message >&4"), { stdio })).toMatchObject({ control: "message\n", stdout: "" });
  });

  it("may hold its pipes for longer than anybody listens", async () => {
    let sleeper = 0;
    const child = await start({
      argv: sh("sleep 20 & echo $!"),
      cwd: folder,
      env: {},
      stdio: ["ignore", "pipe", "pipe"],
      onData: (_slot, bytes) => (sleeper = Number(bytes)),
    });
    if (child instanceof Error) throw child;
    expect(await child.exited).toEqual({ exitCode: 0, signal: null });
    await until(() => sleeper > 0, "the sleeper's id");
    child.release();
    await child.closed;
    process.kill(sleeper);
  });

  it("leaves no descriptor behind, however short its life", async () => {
    const open = (): number => readdirSync("/proc/self/fd").length;
    await ending(start, ["true"]);
    const before = open();
    for (let n = 0; n < 50; n++) expect(await ending(start, ["/bin/true"])).toMatchObject({ exitCode: 0 });
    for (let n = 0; n < 5; n++) await expect(ending(start, ["/nowhere"])).rejects.toThrow();
    await until(() => open() <= before, "the descriptors' end");
  });
});

describe("starting a child", () => {
  it.runIf(loadLibc())("has not succeeded where a signal without a name ended it, which Node tells as 0", async () => {
    expect(await ending(byEither, sh("kill -40 $$"))).toMatchObject({ exitCode: 168, signal: null });
  });

  it.each<[string, string, [string, ...string[]], Partial<ChildRequest>]>([
    ["ENOENT", "a file that is not there", ["/nowhere/at-all"], {}],
    ["ENOENT", "a name that is not in PATH", ["nowhere-at-all"], {}],
    ["EACCES", "a file that is no program", ["./lock"], {}],
    ["ENOENT", "a folder that is not there", ["/bin/true"], { cwd: "/nowhere" }],
    ["E2BIG", "arguments that are too long", ["/bin/echo", "x".repeat(3_000_000)], {}],
    ["ERR_INVALID_ARG_VALUE", "a null byte", ["/bin/echo", "a\0b"], {}],
  ])("tells %s of %s", async (code, _what, argv, given) => {
    const found = await ending(byEither, argv, given).catch((error: NodeJS.ErrnoException) => error.code);
    expect(found).toBe(code);
  });

  it("gives a script without an interpreter's name to sh", async () => {
    expect((await ending(byEither, ["bin/plain"])).stdout).toBe("no interpreter\n");
  });

  it("hears many at once", async () => {
    const all = await Promise.all(Array.from({ length: 12 }, (_each, n) => ending(byEither, sh(`sleep 0.2; echo ${n}`))));
    expect(all.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 12 }, (_each, n) => `${n}\n`));
  });

  it("sets around the start what belongs to the child from its birth", async () => {
    let made = 0;
    const startBy = <Made>(make: () => Made): Made => {
      made++;
      return make();
    };
    const child = await startChild({ argv: ["/bin/true"], cwd: "/", env: {}, stdio: ["ignore"], onData: () => {} }, startBy);
    expect([child instanceof Error, made]).toEqual([false, loadLibc() ? 1 : 2]);
  });
});
