import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

let dir: string;
const loader = join(import.meta.dirname, "../../src/system/bundle-loader.ts");
const cache = (): string => join(dir, "cache");

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "jobctl-bundles-"));
  mkdirSync(cache());
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Loads main.cjs of the folder in a process of its own, as the launcher does; returns what its `say()` gives. */
function run(cacheFolder: string | undefined = cache()): string {
  const program = `
    import { createRequire } from "node:module";
    const { bundleLoader } = await import(${JSON.stringify(loader)});
    const load = bundleLoader(${JSON.stringify(dir)}, { cacheFolder: ${JSON.stringify(cacheFolder)}, requireOther: createRequire(${JSON.stringify(loader)}) });
    process.stdout.write(String(await load("./main.cjs").say()));`;
  return execFileSync(process.execPath, ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", program], {
    encoding: "utf8",
  });
}

const bundle = (text: string, name = "main.cjs"): void =>
  writeFileSync(join(dir, name), `(function (exports, require, module, __filename, __dirname) {${text}\n})`);
const kept = (): string => join(cache(), readdirSync(cache())[0] ?? "nothing");

test("what has run is kept compiled, and used by the next process", () => {
  bundle(`exports.say = () => "${"x".repeat(500)}".length + (() => 1)()`);
  for (let start = 1; start <= 3; start++) expect(run()).toBe("501");
  const { mtimeMs, size, mode } = statSync(kept());
  expect(size).toBeGreaterThan(600);
  expect(mode & 0o777).toBe(0o600);
  expect(run()).toBe("501");
  expect(statSync(kept()).mtimeMs).toBe(mtimeMs);
});

test("a bundle that changed is never taken for the old one, not even at the same length", () => {
  bundle(`exports.say = () => "old"`);
  expect(run()).toBe("old");
  bundle(`exports.say = () => "new"`);
  expect(run()).toBe("new");
  expect(run()).toBe("new");
});

test("a copy that was cut off, or is none, is made anew", () => {
  bundle(`exports.say = () => "here"`);
  run();
  const whole = readFileSync(kept());
  const trailer = whole.subarray(-42); // an exit code, that it is one, and five numbers of the file
  for (const damaged of [
    Buffer.alloc(0),
    Buffer.from("nonsense"),
    whole.subarray(0, 100),
    Buffer.concat([whole.subarray(0, 200), trailer]),
    trailer,
  ]) {
    writeFileSync(kept(), damaged);
    expect(run()).toBe("here");
    expect(readFileSync(kept()).length).toBe(whole.length);
  }
});

test("what runs only later is added by the second and third start, and then once an hour", () => {
  bundle(
    `exports.say = () => process.env.LATER ? (() => "${"later ".repeat(50)}".length + [1, 2, 3].map((each) => each * 2).join())() : "now"`,
  );
  for (let start = 1; start <= 3; start++) run();
  const small = statSync(kept()).size;
  process.env["LATER"] = "1";
  try {
    run();
    expect(statSync(kept()).size).toBe(small);
    const longAgo = (Date.now() - 61 * 60_000) / 1000;
    utimesSync(kept(), longAgo, longAgo);
    expect(run()).toBe("3002,4,6");
    expect(statSync(kept()).size).toBeGreaterThan(small);
    rmSync(kept());
    delete process.env["LATER"];
    run();
    process.env["LATER"] = "1";
    run();
    expect(statSync(kept()).size).toBeGreaterThan(small);
  } finally {
    delete process.env["LATER"];
  }
});

test("of starts that began together one adds what it ran", () => {
  bundle(`exports.say = () => process.env.OTHER ? require("node:fs").writeFileSync(process.env.OTHER, "kept by another") : "alone"`);
  run();
  process.env["OTHER"] = kept();
  try {
    run();
    expect(readFileSync(kept(), "utf8")).toBe("kept by another");
  } finally {
    delete process.env["OTHER"];
  }
  run();
  expect(readFileSync(kept(), "utf8")).not.toBe("kept by another");
});

test("of many exit codes the latest are known", () => {
  bundle(`exports.say = () => "here"`);
  run();
  const whole = readFileSync(kept());
  const [code, tag] = [whole.subarray(0, -42), whole.subarray(-40)];
  writeFileSync(kept(), Buffer.concat([code, Buffer.alloc(255, 7), Buffer.from([255]), tag]));
  expect(run()).toBe("here");
  expect([...readFileSync(kept()).subarray(-(255 + 1 + 40), -40)]).toEqual([...Array(254).fill(7), 0, 255]);
});

test("where nothing can be kept, a start ends as it would otherwise", () => {
  bundle(`exports.say = () => "here"`);
  symlinkSync("circle", join(dir, "circle"));
  for (const folder of [join(dir, "circle"), join(dir, "main.cjs")]) expect(run(folder)).toBe("here");
  expect(readdirSync(dir).toSorted()).toEqual(["cache", "circle", "main.cjs"]);
});

test("each exit code has its own three starts, since what fails runs what nothing else does", () => {
  bundle(`exports.say = () => process.env.LATER ? (process.exitCode = 75, "${"later ".repeat(50)}".length + "!") : "now"`);
  for (let start = 1; start <= 4; start++) run();
  const small = statSync(kept()).size;
  process.env["LATER"] = "1";
  try {
    expect(run).toThrow();
    expect(statSync(kept()).size).toBeGreaterThan(small);
    for (let start = 2; start <= 3; start++) expect(run).toThrow();
    const { mtimeMs } = statSync(kept());
    expect(run).toThrow();
    expect(statSync(kept()).mtimeMs).toBe(mtimeMs);
  } finally {
    delete process.env["LATER"];
  }
});

test("the cache folder is made for its owner alone; one that can't be made, and none at all, only make it slower", () => {
  bundle(`exports.say = () => "works"`);
  expect(run(join(dir, "deep/new"))).toBe("works");
  expect(statSync(join(dir, "deep/new")).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(dir, "deep/new"))).toHaveLength(1);
  expect(run(join(dir, "main.cjs/below-a-file"))).toBe("works");
  expect(run("")).toBe("works");
});

test("bundles load each other and Node's own modules, each once", () => {
  bundle(`exports.count = (globalThis.loads = (globalThis.loads ?? 0) + 1)`, "other.cjs");
  bundle(`const { sep } = require("node:path"); require("./other.cjs");
    exports.say = () => [require("./other.cjs").count, sep, __dirname].join(" ")`);
  expect(run()).toBe(`1 / ${dir}`);
});
