import fc from "fast-check";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { importCrontab } from "../../src/importing/import-crontab.ts";
import { importSystemd } from "../../src/importing/import-systemd.ts";
import type { Import } from "../../src/importing/imported.ts";
import { renderImport } from "../../src/output/import-yaml.ts";

const homeOf = (): string => "/root";
const cron = { name: "tab", withUser: false, dialect: "debian", timezone: "Europe/Berlin", user: "root", homeOf, now: 0 } as const;

/** Pieces that mean something to a shell, to cron, to systemd or to YAML. */
const piece = fc.constantFrom(
  ..."0 3 * * * |@daily |/opt/x|cd /srv && |flock -n /tmp/l |timeout 5m |A=b |'|\"|\\|%|$|${X}|$(| |  |&|&&|||;|>|> /dev/null|2>&1|#|: |- |{|}|[|]|!|*|?|~|\t|é|\u0007|null|-c |sh -c |env |nice |--|=|\r".split(
    "|",
  ),
);
const line = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(""));

/** What was imported, and what a reader of the YAML finds. */
function written(found: Import): [unknown, unknown] {
  const text = renderImport(found, "tab");
  return [Object.fromEntries(found.jobs.map(({ name, entry }) => [name, entry])), parse(text).jobs];
}

it("any crontab is imported without a fault, each job under its own name, and YAML gives back what was meant", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), line), { maxLength: 5 }), (lines) => {
      const found = importCrontab(lines.map(([isJob, text]) => `${isJob ? "0 3 * * * " : ""}${text}`).join("\n"), cron);
      const [meant, read] = written(found);
      expect(read).toEqual(meant);
      expect(new Set(found.jobs.map(({ name }) => name)).size).toBe(found.jobs.length);
      for (const { name } of found.jobs) expect(name).toMatch(/^[a-z0-9][a-z0-9-]{0,63}$/);
    }),
    { numRuns: 1500, seed: 1 },
  );
});

it("any units are imported without a fault", () => {
  fc.assert(
    fc.property(line, line, line, (exec, calendar, environment) => {
      const timer = `[Timer]\nOnCalendar=${calendar}\nRandomizedDelaySec=${environment}\n`;
      const service = `[Service]\nExecStart=${exec}\nEnvironment=${environment}\nTimeoutStopSec=${calendar}\n`;
      const pair = { timerName: "a.timer", timer, serviceName: "a.service", service, state: undefined };
      const [meant, read] = written(importSystemd([pair], { timezone: "UTC", isUser: false, homeOf }));
      expect(read).toEqual(meant);
    }),
    { numRuns: 1500, seed: 1 },
  );
});
