import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isRoot } from "../helpers/hosts.ts";
import { normalise, readDocument, readSystemdCommands } from "../helpers/readme.ts";
import { startTimerHost } from "../helpers/timer-host.ts";
import { ROOT } from "../helpers/world.ts";

if (!isRoot) console.warn("left out: the README's commands on a real systemd, which needs root");

/** What `systemd-analyze security` thinks differs between versions of systemd. */
const equal = (text: string): string => normalise(text).replaceAll(/exposure [\d.]+ [A-Z]+/g, "exposure <level>");

describe.runIf(isRoot)("README.md, on a host with systemd", () => {
  it("shows commands that work, and what they print", async () => {
    const path = join(ROOT, "README.md");
    const document = readDocument(path);
    const commands = readSystemdCommands(document);
    const [manifest, ...rest] = commands;
    const host = await startTimerHost("systemd-host");
    try {
      host.write("/etc/jobctl/jobctl.yaml", manifest?.output ?? "");
      const script = rest.map(({ command }) => `{ ${command}; } 2>&1\nprintf '\\001'\n`).join("");
      const printed = host.shell(`cd /root && ${script}`).stdout.split("\x01").slice(0, -1);
      if (process.env["UPDATE_README"]) writeFileSync(path, withPrinted(document, rest, printed));
      const page = (outputs: readonly string[]): string =>
        rest.map(({ command }, at) => `$ ${command}\n${equal(outputs[at] ?? "")}\n`).join("\n");
      expect(page(printed)).toBe(page(rest.map(({ output }) => output)));
    } finally {
      host.stop();
    }
  }, 60_000);
});

function withPrinted(document: string, commands: ReturnType<typeof readSystemdCommands>, printed: readonly string[]): string {
  const lines = document.split("\n");
  for (const [at, { output, line }] of [...commands.entries()].toReversed()) {
    const now = (printed[at] ?? "").trimEnd();
    if (equal(output) !== equal(now)) lines.splice(line, output.split("\n").length - 1, ...(now === "" ? [] : now.split("\n")));
  }
  return lines.join("\n");
}
