import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { crontabQuote } from "../../src/timers/crontab-quote.ts";
import { shellQuote } from "../../src/timers/shell-quote.ts";
import { execArgument, unitWord } from "../../src/timers/system-unit-quote.ts";
import { type Host, isRoot, startHost } from "../helpers/hosts.ts";
import { until } from "../helpers/world.ts";
import { NASTY, WITH_LINE_BREAKS, randomArguments } from "./nasty-arguments.ts";

const hosts: Host[] = [];
const folders: string[] = [];
afterEach(() => {
  for (const host of hosts.splice(0)) host.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder with a script that writes its arguments, each ended by NUL, to the file that its first one names. */
function sharedFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "jobctl-quotes-"));
  folders.push(folder);
  writeFileSync(
    join(folder, "dump"),
    `out=$1; shift; printf '%s\\0' "$@" > ${folder}/tmp-$out && mv ${folder}/tmp-$out ${folder}/out-$out\n`,
  );
  return folder;
}

const dumped = (folder: string, count: number): string[][] =>
  Array.from({ length: count }, (_, index) =>
    readFileSync(join(folder, `out-${index}`), "utf8")
      .split("\0")
      .slice(0, -1),
  );

describe.runIf(isRoot)("arguments come through byte for byte", () => {
  it("a real systemd unit, as arguments, as text of a shell and as variables", async () => {
    const folder = sharedFolder();
    const lists = [...NASTY, ...WITH_LINE_BREAKS, ...randomArguments(40)];
    const plain = lists.map((list, index) => ["/bin/sh", `${folder}/dump`, String(index), ...list]);
    const shell = lists.map((list, index) => [
      "/bin/sh",
      "-c",
      ["/bin/sh", `${folder}/dump`, String(lists.length + index), ...list].map(shellQuote).join(" "),
    ]);
    const variables = lists.map((list, index) => `Environment=${unitWord(`V${index}=${list.join("|")}`)}`);
    const starts = [...plain, ...shell].map((argv) => `ExecStart=${argv.map(execArgument).join(" ")}`);
    const environment = `ExecStart=/bin/sh -c ${execArgument(`env -0 > ${folder}/environment`)}`;
    const unit = ["[Service]", "Type=oneshot", ...variables, ...starts, environment, ""].join("\n");

    const host = await startHost("systemd-host", ["--share", folder]);
    hosts.push(host);
    host.exec(["sh", "-c", "cat > /etc/systemd/system/dump.service"], unit);
    host.exec(["systemctl", "daemon-reload"]);
    host.exec(["systemctl", "start", "dump.service"]);
    expect(dumped(folder, 2 * lists.length)).toEqual([...lists, ...lists]);
    const found = new Map(
      readFileSync(join(folder, "environment"), "utf8")
        .split("\0")
        .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
    expect(lists.map((_, index) => found.get(`V${index}`))).toEqual(lists.map((list) => list.join("|")));
  });

  it("a real crontab", async () => {
    const folder = sharedFolder();
    const lists = [...NASTY, ...randomArguments(40)];
    const lines = lists.map(
      (list, index) => `* * * * * ${crontabQuote(["/bin/sh", `${folder}/dump`, String(index), ...list].map(shellQuote).join(" "))}\n`,
    );
    const host = await startHost("cron-host", ["--share", folder]);
    hosts.push(host);
    host.exec(["crontab", "-"], lines.join(""));
    await until(() => readdirSync(folder).filter((name) => name.startsWith("out-")).length === lists.length, "all lines", 130_000);
    expect(dumped(folder, lists.length)).toEqual(lists);
  }, 180_000);
});
