/**
 * Builds dist/: CommonJS bundles for the command line (a start must be cheap, and `require` is cheaper than ESM), where
 * every dynamic `import()` of ours becomes a bundle of its own that is loaded when it is reached; and what a job's
 * author imports, as ESM (`jobctl`, and the shipped jobs) and as CommonJS (`jobctl/testing`, whose libraries are).
 */
import { execFile } from "node:child_process";
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { promisify } from "node:util";
import { type BuildOptions, build as bundle, type Plugin } from "esbuild";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const NATIVE = ["better-sqlite3", "better-sqlite3/*", "fs-native-extensions", "pg", "pg-native", "kysely"];

const common: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node22.18",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  logLevel: "warning",
  define: { PROGRAM_VERSION: JSON.stringify(version) },
  // Else a pattern with \p{..}, of which a library has one that we do not use, becomes a call that stays, a hundredth of a start.
  supported: { "regexp-unicode-property-escapes": true },
};

const commonJs: BuildOptions = {
  ...common,
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  // So that one source finds its packages both in our bundles and as an ES module (in tests).
  define: {
    ...common.define,
    "import.meta.filename": "__filename",
    "import.meta.dirname": "__dirname",
    "performance.now": "steadyNow",
  },
  inject: ["src/system/now.ts"],
};

/** What `bundleLoader` (src/system/) loads: the text of a function, which the loader would else have to copy to put one round it. */
const loadedByUs: BuildOptions = {
  ...commonJs,
  banner: { js: "(function (exports, require, module, __filename, __dirname) {" },
  footer: { js: "})" },
};

/** V8 holds the text that it runs and every name in it: short ones are a thirtieth of a start. The map is for who reports a bug. */
const shortNames: BuildOptions = { minifyIdentifiers: true, sourcemap: "external", sourcesContent: false };

/** What every run of a job loads. */
const LOADED_BY_RUNS: ReadonlySet<string> = new Set(["src/main-run.ts", "src/commands/start-run.ts", "src/running/attempts.ts"]);

/** What packages load at once and the command line never uses; with each of them came all of node:net and node:stream, a tenth of a start. */
const UNUSED: readonly { from: RegExp; what: RegExp; instead?: string }[] = [
  // It starts programs only for a command that is a file of its own.
  { from: /\/commander\//, what: /^node:child_process$/ },
  // It is loaded to be what is there without it.
  { from: /\/commander\//, what: /^node:process$/, instead: "process" },
  // Looks for colours at each start; we say which there are.
  { from: /\/chalk\//, what: /^#supports-color$/ },
  { from: /\/better-sqlite3\//, what: /^\.\/methods\/(aggregate|backup|explain|function|inspect|serialize|table|transaction)$/ },
];

const bundled = new Set<string>();

rmSync("dist", { recursive: true, force: true });
await Promise.all([launched(), commandLine(["src/main-run.ts", "src/main.ts"]), loadedByNode(), jobSide(), jobTypes()]);
writeFileSync("dist/LICENSES.txt", [...bundled].toSorted().map(licenseOf).join("\n"));

/** Builds, and remembers whose code went into it. */
async function build(options: BuildOptions): Promise<void> {
  const { metafile } = await bundle({ ...options, metafile: true });
  for (const file of Object.keys(metafile?.inputs ?? {})) {
    const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file) ?? [];
    if (folder) bundled.add(folder);
  }
}

/** The licence of a package whose code is in our bundles, which is to go wherever its code goes. */
function licenseOf(folder: string): string {
  const { name, version: packageVersion, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const [file] = globSync(`${folder}/{LICENSE,LICENCE,license,License}{,.md,.txt,-MIT,-MIT.txt}`);
  return `${name} ${packageVersion} (${license})\n\n${file ? readFileSync(file, "utf8").trim() : ""}\n`;
}

/** What the launcher loads. */
function launched(): Promise<void> {
  return build({ ...loadedByUs, ...shortNames, entryPoints: { start: "src/start.ts" }, outdir: "dist" });
}

/** What Node itself loads, as CommonJS: the first of our code in a job's host, and what authors' tests use. */
async function loadedByNode(): Promise<void> {
  await Promise.all([
    build({
      ...commonJs,
      // As in the launcher: Node's own modules are asked for without its loader.
      minifyIdentifiers: true,
      banner: { js: "const requireOther = require; require = process.getBuiltinModule;" },
      entryPoints: { "job/host": "src/running/host/start.ts" },
      outdir: "dist",
    }),
    build({
      ...commonJs,
      entryPoints: { "job/testing": "src/job-api/testing.ts" },
      outdir: "dist",
      external: ["better-sqlite3", "better-sqlite3/*", "pg"],
    }),
  ]);
}

/** Bundles the entries, then every module that they import dynamically, and so on. All lie flat in dist/, so that any may load any. */
async function commandLine(entries: string[]): Promise<void> {
  const done = new Set<string>();
  for (let todo = entries; todo.length > 0;) {
    for (const entry of todo) done.add(entry);
    const lazy = new Set<string>();
    const bundleAs = (files: string[], more: BuildOptions): Promise<void> =>
      build({
        ...loadedByUs,
        ...more,
        entryPoints: Object.fromEntries(files.map((file) => [bundleName(file), file])),
        outdir: "dist",
        external: NATIVE.filter((name) => name !== "kysely"),
        supported: { ...common.supported, "dynamic-import": false },
        plugins: [lazyImports(lazy), sqliteInside(), withoutUnused()],
      });
    const isLoadedByRuns = (file: string): boolean => LOADED_BY_RUNS.has(file);
    await bundleAs(todo.filter(isLoadedByRuns), shortNames);
    await bundleAs(
      todo.filter((file) => !isLoadedByRuns(file)),
      {},
    );
    todo = [...lazy].filter((file) => !done.has(file));
  }
}

function bundleName(file: string): string {
  return file
    .replace(/^src\//, "")
    .replace(/\.ts$/, "")
    .replaceAll("/", "-");
}

function lazyImports(found: Set<string>): Plugin {
  return {
    name: "lazy-imports",
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\// }, ({ kind, path, resolveDir }) => {
        if (kind !== "dynamic-import") return undefined;
        const file = relative(".", resolve(resolveDir, path));
        if (!file.startsWith("src/")) return undefined;
        found.add(file);
        return { path: `./${bundleName(file)}.cjs`, external: true };
      });
    },
  };
}

/** The JavaScript of better-sqlite3 goes into the bundles, only its binary stays outside. Its lib/ is no public entry: a change of it fails this build. */
function sqliteInside(): Plugin {
  const lib = resolve("node_modules/better-sqlite3/lib");
  return {
    name: "sqlite-inside",
    setup({ onResolve }) {
      onResolve({ filter: /^\.\/sqlite-driver\.ts$/ }, () => ({ path: resolve("src/history/sqlite-driver.bundled.cjs") }));
      onResolve({ filter: /^better-sqlite3\/lib\// }, ({ path }) => ({ path: resolve(lib, path.replace("better-sqlite3/lib/", "")) }));
    },
  };
}

function withoutUnused(): Plugin {
  return {
    name: "without-unused",
    setup({ onResolve, onLoad }) {
      for (const { from, what, instead = "{}" } of UNUSED) {
        const pluginData = { contents: `module.exports = ${instead};` };
        onResolve({ filter: what }, ({ importer, path }) => (from.test(importer) ? { path, namespace: "unused", pluginData } : undefined));
      }
      onLoad({ filter: /./, namespace: "unused" }, ({ pluginData }) => pluginData as { contents: string });
    },
  };
}

/** The job host with the parts that it loads on first use (CommonJS: it starts with every module job), and the ESM that users' modules import. */
async function jobSide(): Promise<void> {
  await Promise.all([
    build({
      ...loadedByUs,
      minifyIdentifiers: true,
      entryPoints: {
        "host-main": "src/running/host/main.ts",
        "host-database": "src/job-api/database/job-database.ts",
        "host-files": "src/job-api/files/folder.ts",
        "host-history": "src/running/host/read-history.ts",
        "host-logger": "src/running/host/logger.ts",
        "host-mailer": "src/job-api/mail/mailer.ts",
        "host-scope": "src/job-api/database/scope/open-scope.ts",
      },
      outdir: "dist/job",
      external: ["better-sqlite3", "better-sqlite3/*", "pg", "./host-*.cjs"],
    }),
    build({ ...common, entryPoints: { index: "src/job-api/index.ts" }, outdir: "dist/job", format: "esm", minifyWhitespace: true }),
    // The shipped jobs import `jobctl` as a user's do: the host maps it.
    build({ ...common, entryPoints: shippedJobs(), outdir: "dist/job", format: "esm", external: ["jobctl"] }),
  ]);
  cpSync("jobs/manifest.yaml", "dist/job/manifest.yaml");
}

/** The types of `jobctl` and `jobctl/testing`. tsc keeps the `.ts` of our imports in them, which means nothing in a package. */
async function jobTypes(): Promise<void> {
  const out = "dist/job/types";
  const flags =
    "--declaration --emitDeclarationOnly --noEmit false --module nodenext --target es2024 --strict --exactOptionalPropertyTypes";
  const args = ["--ignoreConfig", ...flags.split(" "), "--allowImportingTsExtensions", "--skipLibCheck", "--types", "node"];
  const entries = ["src/job-api/index.ts", "src/job-api/testing.ts"];
  const tsc = ["node_modules/typescript/bin/tsc", ...args, "--rootDir", "src", "--outDir", out, ...entries];
  await promisify(execFile)(process.execPath, tsc);
  for (const file of globSync(`${out}/**/*.d.ts`)) {
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(/(from "\.[^"]*)\.ts"/g, '$1.js"'));
  }
  for (const name of ["index", "testing"]) writeFileSync(`dist/job/${name}.d.ts`, `export * from "./types/job-api/${name}.js";\n`);
}

function shippedJobs(): Record<string, string> {
  return Object.fromEntries(globSync("jobs/*/*.ts").map((file) => [file.replace(/\.ts$/, ""), file]));
}
