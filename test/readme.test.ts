import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { EXIT_TABLE } from "../src/exit-codes.ts";
import {
  headingAnchors,
  isCommand,
  normalise,
  readDocument,
  readLinks,
  readShown,
  readTable,
  type Shown,
  withOutputs,
} from "./helpers/readme.ts";
import { JOBCTL, ROOT } from "./helpers/world.ts";

const execute = promisify(execFile);
const README = readDocument(join(ROOT, "README.md"));
/** The folder in which the documents' reader works. */
const SHOP = "/home/ada/shop";
const MARK = "@@ end of command";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe.each(["README.md", "jobs/README.md"])("%s", (path) => {
  const document = readDocument(join(ROOT, path));
  const shown = readShown(document);

  it("shows commands that work, and what they print", async () => {
    const commands = shown.filter(isCommand);
    const printed = await runAll(shown);
    if (process.env["UPDATE_README"]) writeFileSync(join(ROOT, path), withOutputs(document, printed));
    const pages = (outputs: readonly string[]): string =>
      commands.map(({ command }, index) => `$ ${command}\n${normalise(outputs[index] ?? "")}\n`).join("\n");
    expect(pages(printed)).toBe(pages(commands.map(({ output }) => output)));
  }, 120_000);

  it("links to files and chapters that exist", () => {
    const anchors = headingAnchors(document);
    const broken = readLinks(document).filter((link) =>
      link.startsWith("#") ? !anchors.includes(link) : !existsSync(join(ROOT, dirname(path), link.replace(/#.*/, ""))),
    );
    expect(broken).toEqual([]);
  });
});

describe("README.md", () => {
  it("gives one command for the main job and one for the tests, which package.json knows", () => {
    const commands = [...README.matchAll(/^```sh\n(.*)\n```$/gm)].map(([, command]) => command);
    expect(commands.slice(0, 2)).toEqual(["npm ci && npm run demo", "npm ci && npm test"]);
    const { scripts } = JSON.parse(readDocument(join(ROOT, "package.json"))) as { scripts: Record<string, string> };
    expect(scripts["demo"]).toMatch(/ bin\/jobctl\.js demo$/);
    expect(scripts["test"]).toMatch(/ vitest run /);
  });

  it("lists the exit codes that the program has", () => {
    const rows = readTable(README, "Meaning").map(([meaning, code]) => ({ meaning, code }));
    expect(rows).toEqual(EXIT_TABLE);
  });

  it("names every variable that the program reads", async () => {
    const { stdout } = await execute("grep", ["-rhoE", '"JOBCTL_[A-Z_]+"|JOBCTL_[A-Z_]+:', join(ROOT, "src")]);
    const names = new Set(stdout.match(/JOBCTL_[A-Z_]+/g));
    expect([...names].filter((name) => name !== "JOBCTL_REQUEST" && !README.includes(`\`${name}\``))).toEqual([]);
  });
});

/** Runs the commands of a document one after the other in one shell, in a new folder, and gives what each printed. */
async function runAll(shown: readonly Shown[]): Promise<string[]> {
  const home = mkdtempSync(join(tmpdir(), "jobctl-readme-"));
  folders.push(home);
  const [bin, shop] = [join(home, "bin"), join(home, "shop")];
  mkdirSync(bin);
  mkdirSync(shop);
  program(bin, "jobctl", `exec "${process.execPath}" "${JOBCTL}" "$@"`);
  program(bin, "node", `exec "${process.execPath}" "$@"`);
  // What the script of that name does once the program is built, as it is here.
  program(bin, "npm", `test "$*" = "run demo" && npm_lifecycle_event=demo exec jobctl demo`);
  mkdirSync(join(shop, "node_modules"));
  symlinkSync(ROOT, join(shop, "node_modules/jobctl"));
  const script = join(home, "commands.sh");
  writeFileSync(script, shown.map(shellText).join(""));
  const env = {
    PATH: `${bin}:${process.env["PATH"]}`,
    HOME: home,
    // Root takes no manifest from the current folder; the reader is not root.
    JOBCTL_MANIFEST: join(shop, "jobctl.yaml"),
    JOBCTL_CACHE_DIR: join(home, "cache"),
    TZ: "UTC",
  };
  const { stdout } = await execute("bash", [script], { cwd: shop, env });
  return stdout.replaceAll(shop, SHOP).split(`${MARK}\n`).slice(0, -1);
}

function program(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

function shellText(shown: Shown): string {
  if (isCommand(shown)) return `{ ${shown.command}\n} 2>&1\necho "${MARK}"\n`;
  return `mkdir -p "$(dirname ${shown.path})"\ncat > ${shown.path} <<'END OF FILE'\n${shown.text}END OF FILE\n`;
}
