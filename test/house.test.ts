import { globSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "./helpers/world.ts";

/**
 * The rooms of the house and the arrows between them: what a file in a room may import from other rooms. A room is a folder of
 * src/, with the job host (running/host) as one of its own. Types count as well: an arrow is what a reader has to know.
 */
const NOUNS = "nouns";
const ARROWS: Record<string, readonly string[]> = {
  main: ["cli", "commands", "system", NOUNS],
  cli: ["commands", NOUNS],
  commands: [
    "manifest",
    "schedule",
    "importing",
    "timers",
    "running",
    "host",
    "history",
    "alerts",
    "views",
    "output",
    "system",
    "job-api",
    NOUNS,
  ],
  // The program is one process tree: a run asks the operating system, and tells how it ended. History comes as an argument.
  running: ["host", "system", "output", NOUNS],
  host: ["job-api", "history", "system", NOUNS],
  timers: ["schedule", "system", NOUNS],
  manifest: ["schedule", "system", NOUNS],
  views: ["history", "schedule", NOUNS],
  alerts: ["history", NOUNS],
  "job-api": ["history", NOUNS],
  history: [NOUNS],
  system: [NOUNS],
  output: ["running", NOUNS],
  schedule: [NOUNS],
  importing: ["schedule", NOUNS],
  jobs: [],
  [NOUNS]: [NOUNS],
};

/** The arrows that are drawn for types alone: nothing of that room is loaded. */
const ONLY_TYPES = new Set(["commands → host", "output → running", "alerts → history", "job-api → history"]);

/** One library, one door. */
const DOORS: Record<string, RegExp> = {
  commander: /^src\/cli(-[a-z]+)?\.ts$/,
  "cron-parser": /^src\/schedule\//,
  "better-sqlite3": /^src\/(history|job-api\/database)\//,
  pg: /^src\/job-api\/database\//,
  kysely: /^src\/job-api\//,
  "fs-native-extensions": /^src\/system\//,
  execa: /^src\/(system|job-api)\//,
  pino: /^src\/(output|running\/host)\//,
  chalk: /^src\/(output|running\/host)\//,
  "cli-progress": /^src\/output\//,
  "string-width": /^src\/output\//,
  "js-yaml": /^src\/manifest\//,
  yaml: /^src\/(manifest|output)\//,
  "fastest-levenshtein": /^src\/(nearest\.ts|job-api\/)/,
};

interface Import {
  file: string;
  from: string;
  typesOnly: boolean;
}

const imports = globSync(["src/**/*.ts", "jobs/*/*.ts"], { cwd: ROOT }).flatMap(importsOf);

describe("the house", () => {
  it("has no arrow between rooms that the picture does not show", () => {
    expect(imports.length).toBeGreaterThan(300);
    const drawn = imports.filter(({ file, from }) => !isAllowed(roomOf(file), roomOf(from)));
    expect(drawn.map(({ file, from }) => `${file} → ${from}`)).toEqual([]);
  });

  it("loads nothing along the arrows that are for types", () => {
    const loaded = imports.filter(({ file, from, typesOnly }) => !typesOnly && ONLY_TYPES.has(`${roomOf(file)} → ${roomOf(from)}`));
    expect(loaded.map(({ file, from }) => `${file} → ${from}`)).toEqual([]);
  });

  it("lets each library in by its own door", () => {
    const elsewhere = imports.filter(({ file, from }) => {
      const library = Object.keys(DOORS).find((name) => from === name || from.startsWith(`${name}/`));
      return library !== undefined && !DOORS[library]?.test(file);
    });
    expect(elsewhere.map(({ file, from }) => `${file} → ${from}`)).toEqual([]);
  });

  it("lets the shipped jobs import nothing but jobctl and each other", () => {
    const others = imports.filter(({ file, from }) => file.startsWith("jobs/") && from !== "jobctl" && !/^(jobs\/|node:)/.test(from));
    expect(others).toEqual([]);
  });

  // What loads a module of Node's where it is used says nothing of the process.
  it("knows the process only in the composition root, system/ and the job host", () => {
    const rooms = new Set(["main", "system", "host"]);
    const files = globSync("src/**/*.ts", { cwd: ROOT }).filter((file) => !rooms.has(roomOf(file)));
    expect(files.filter((file) => /\bprocess(\.(?!getBuiltinModule)|\[)/.test(withoutComments(file)))).toEqual([]);
  });

  it("writes no class but the error", () => {
    const files = globSync("{src,jobs}/**/*.ts", { cwd: ROOT }).filter((file) => file !== "src/errors.ts");
    expect(files.filter((file) => /^(export )?(abstract )?class /m.test(withoutComments(file)))).toEqual([]);
  });

  it("exports by name, but for the jobs, whose module is the job", () => {
    const files = globSync("src/**/*.ts", { cwd: ROOT });
    expect(files.filter((file) => /^export default /m.test(withoutComments(file)))).toEqual([]);
  });

  it("keeps no state in modules", () => {
    const files = globSync("{src,jobs}/**/*.ts", { cwd: ROOT });
    expect(files.filter((file) => /^(export )?let /m.test(withoutComments(file)))).toEqual([]);
  });
});

describe("package-lock.json", () => {
  const lock = JSON.parse(read("package-lock.json")) as { packages: Record<string, LockEntry> };

  it("names the packages of every platform, without which npm ci refuses it", () => {
    const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) => !isLocked(lock.packages, path, name)),
    );
    expect(missing).toEqual([]);
  });

  // npm forgets `gypfile: false` of the package's own manifest when it installs from a lock file, and then wants a compiler.
  it("says that better-sqlite3 is not to be compiled: it ships its binaries", () => {
    expect(lock.packages["node_modules/better-sqlite3"]?.gypfile).toBe(false);
  });
});

interface LockEntry {
  optionalDependencies?: Record<string, string>;
  gypfile?: boolean;
}

/** Does npm find the package from this place, by Node's own walk upwards? */
function isLocked(packages: Record<string, LockEntry>, path: string, name: string): boolean {
  const folder = path === "" ? "" : `${path}/`;
  if (packages[`${folder}node_modules/${name}`]) return true;
  return path !== "" && isLocked(packages, path.slice(0, Math.max(0, path.lastIndexOf("node_modules/") - 1)), name);
}

function isAllowed(room: string, other: string): boolean {
  return room === other || other.startsWith("lib:") || (ARROWS[room]?.includes(other) ?? false);
}

function roomOf(file: string): string {
  if (file.startsWith("jobs/")) return "jobs";
  if (!file.startsWith("src/")) return `lib:${file}`;
  const [first = "", ...rest] = file.slice("src/".length).split("/");
  if (first === "running" && rest[0] === "host") return "host";
  if (rest.length > 0) return first;
  if (/^(start|main|main-run)\.ts$/.test(first)) return "main";
  return /^cli(-[a-z]+)?\.ts$/.test(first) ? "cli" : NOUNS;
}

function importsOf(file: string): Import[] {
  const found = withoutComments(file).matchAll(
    /^(?:import|export)( type)?\b[^;]*? from "([^"]+)"|\bimport\("([^"]+)"\)|^import "([^"]+)"/gm,
  );
  return [...found].map(([, type, ...names]) => {
    const name = names.find(Boolean) ?? "";
    return { file, from: name.startsWith(".") ? relative(".", resolve(dirname(file), name)) : name, typesOnly: type !== undefined };
  });
}

/** Comments and templates, which hold text for people and for other files, are left out. */
function withoutComments(file: string): string {
  return read(file)
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/^\s*\/\/.*$/gm, "")
    .replaceAll(/`(?:[^`\\]|\\.)*`/g, "``");
}

function read(file: string): string {
  return readFileSync(resolve(ROOT, file), "utf8");
}
