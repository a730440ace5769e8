import { describe, expect, it } from "vitest";
import { problemsOf } from "../helpers/manifest.ts";

const job = (fields: string): string => `jobs:\n  nightly: { command: [x], ${fields} }\n`;

describe("problems of a manifest", () => {
  it.each([
    ["an unknown field of the manifest", "prefx: a\njobs: {}\n", 'prefx: unknown field "prefx"; did you mean "prefix"? (jobctl.yaml:1:1)'],
    [
      "an unknown field of a job",
      job("timeuot: 5m"),
      'jobs.nightly.timeuot: unknown field "timeuot"; did you mean "timeout"? (jobctl.yaml:2:28)',
    ],
    [
      "an unknown field that is like no other",
      job("window: { from: '01:00', to: '02:00', q: 1 }"),
      'jobs.nightly.window.q: unknown field "q"; allowed here: from, to, timezone (jobctl.yaml:2:66)',
    ],
    [
      "a field that belongs into another, though one like it is here",
      job("timezone: Europe/Berlin"),
      'jobs.nightly.timezone: unknown field "timezone"; did you mean "schedule.timezone"? (jobctl.yaml:2:28)',
    ],
    [
      "a job's field at the top",
      "retry: { maxRetries: 3 }\njobs: {}\n",
      'retry: unknown field "retry"; did you mean "defaults.retry"? (jobctl.yaml:1:1)',
    ],
    [
      "a duration that is none",
      job("timeout: soon"),
      'jobs.nightly.timeout: "soon" is not a duration such as 90s, 15m, 2h, 30d, or a number of milliseconds (jobctl.yaml:2:37)',
    ],
    [
      "a size that is none",
      job("maxOutput: 5 apples"),
      'jobs.nightly.maxOutput: "5 apples" is not a size such as 512MB or 1.5GB, or a number of megabytes (jobctl.yaml:2:39)',
    ],
    [
      "an unknown choice",
      job("overlap: skipp"),
      'jobs.nightly.overlap: "skipp" is not one of skip, wait, replace, allow; did you mean "skip"? (jobctl.yaml:2:37)',
    ],
    ["a YAML 1.1 flag", job("enabled: no"), 'jobs.nightly.enabled: "no" is not true or false (jobctl.yaml:2:37)'],
    [
      "a number out of range",
      job("priority: 11"),
      "jobs.nightly.priority: 11 is not one of low, normal, high, critical, or a whole number from 1 to 10 (jobctl.yaml:2:38)",
    ],
    [
      "a fraction for a whole number",
      job("retry: { maxRetries: 1.5 }"),
      "jobs.nightly.retry.maxRetries: 1.5 is not a whole number from 0 to 1000 (jobctl.yaml:2:49)",
    ],
    ["a flag for a text", job("title: true"), "jobs.nightly.title: true is not a text; put it in quotes (jobctl.yaml:2:35)"],
    ["a list for a map", job("env: [a]"), "jobs.nightly.env: a list is not a map (jobctl.yaml:2:33)"],
    ["an empty value", "jobs:\n", "jobs: an empty value is not a map (jobctl.yaml:1:1)"],
    [
      "an empty command",
      "jobs:\n  a: { command: [] }\n",
      "jobs.a.command: an empty list is not a list of arguments that begins with the program (jobctl.yaml:2:17)",
    ],
    [
      "organizations that nothing lists",
      job("scope: organization"),
      "jobs.nightly.scope: needs organizations: with a query or a command that lists them (jobctl.yaml:2:35)",
    ],
    [
      "organizations that two things list",
      job("scope: organization, organizations: { query: SELECT 1, command: [ls] }"),
      "jobs.nightly.organizations: takes exactly one of query and command (jobctl.yaml:2:64)",
    ],
    [
      "organizations side by side in two ways",
      job("scope: organization, overlap: allow, organizations: { command: [ls] }"),
      'jobs.nightly.overlap: "allow" does not go with scope: organization, whose resources.concurrencyLimit counts organizations (jobctl.yaml:2:58)',
    ],
    ["a missing field", job("schedule: { type: cron }"), "jobs.nightly.schedule.expression: is missing (jobctl.yaml:2:28)"],
    [
      "a bad job name",
      "jobs:\n  Nightly: { shell: x }\n",
      'jobs.Nightly: "Nightly" is not a job\'s name: small letters, digits and hyphens, up to 64, not beginning with a hyphen (jobctl.yaml:2:3)',
    ],
    ["a bad prefix", "prefix: My_Jobs\n", 'prefix: "My_Jobs" is not 1 to 32 small letters, digits and hyphens (jobctl.yaml:1:9)'],
    ["another version", "version: 2\n", "version: 2 is not 1, the only version of the manifest so far (jobctl.yaml:1:10)"],
    ["a bad access key", "access: { deploy: [a] }\n", 'access.deploy: "deploy" is not user:NAME or group:NAME (jobctl.yaml:1:11)'],
    [
      "a bad exit code",
      job("exitCodes: { 300: ok }"),
      'jobs.nightly.exitCodes.300: "300" is not an exit code from 0 to 255 (jobctl.yaml:2:41)',
    ],
    [
      "a bad secret",
      job("secrets: { TOKEN: abc }"),
      'jobs.nightly.secrets.TOKEN: "abc" is not file:PATH, env:NAME or credential:NAME (jobctl.yaml:2:46)',
    ],
    ["a minute out of range", job('schedule: "61 * * * *"'), 'jobs.nightly.schedule: minute "61" is out of 0-59 (jobctl.yaml:2:38)'],
    ["no work", "jobs:\n  a: { description: x }\n", "jobs.a: does nothing: give it uses, command or shell (jobctl.yaml:2:3)"],
    [
      "two kinds of work",
      job("shell: y"),
      "jobs.nightly.shell: has command and shell; a job does exactly one of uses, command and shell (jobctl.yaml:2:28)",
    ],
    [
      "parameters of a command",
      job("with: { a: 1 }"),
      "jobs.nightly.with: is for jobs with uses; a command takes its arguments in command, or variables in env (jobctl.yaml:2:28)",
    ],
    [
      "a need that is nearly a job",
      job("needs: [nightlly]"),
      'jobs.nightly.needs[0]: "nightlly" is no job of this manifest; did you mean "nightly"? (jobctl.yaml:2:36)',
    ],
    ["a need that is no job", job("needs: [x]"), 'jobs.nightly.needs[0]: "x" is no job of this manifest (jobctl.yaml:2:36)'],
    [
      "a circle of needs",
      "jobs:\n  a: { shell: x, needs: [b] }\n  b: { shell: x, needs: [a] }\n",
      "jobs.a.needs: goes round in a circle: a → b → a (jobctl.yaml:2:25)",
    ],
    [
      "a longer circle of needs, which not all jobs on the way to it are part of",
      "jobs:\n  d: { shell: x, needs: [a] }\n  a: { shell: x, needs: [b] }\n  b: { shell: x, needs: [c] }\n  c: { shell: x, needs: [a] }\n",
      "jobs.a.needs: goes round in a circle: a → b → c → a (jobctl.yaml:3:25)",
    ],
    ["a job that needs itself", "jobs:\n  a: { shell: x, needs: [a] }\n", "jobs.a.needs: goes round in a circle: a → a (jobctl.yaml:2:25)"],
    [
      "a circle of needs that only an environment closes",
      "jobs:\n  a: { shell: x, needs: [b] }\n  b: { shell: x, environments: { staging: { needs: [a] } } }\n",
      "jobs.a.needs: goes round in a circle: a → b → a (in the environment staging) (jobctl.yaml:2:25)",
    ],
    [
      "a group that is none",
      job("group: g"),
      'jobs.nightly.group: "g" is no group of this manifest; define it under groups (jobctl.yaml:2:35)',
    ],
    [
      "a pattern that is none",
      job("expect: { output: { match: '(' } }"),
      'jobs.nightly.expect.output.match: "(" is no regular expression: Invalid regular expression: /(/: Unterminated group (jobctl.yaml:2:55)',
    ],
    [
      "no way to find organizations",
      job("organizations: {}"),
      "jobs.nightly.organizations: takes exactly one of query and command (jobctl.yaml:2:43)",
    ],
    [
      "a window that never opens",
      job("window: { from: '1:00', to: '01:00' }"),
      "jobs.nightly.window: from and to are the same time: it would never be open (jobctl.yaml:2:36)",
    ],
    [
      "delays the wrong way round",
      job("retry: { initialDelay: 5m, maxDelay: 1m }"),
      "jobs.nightly.retry.maxDelay: is shorter than initialDelay (jobctl.yaml:2:65)",
    ],
    [
      "a jitter that reaches the next run",
      job("schedule: { expression: '0 */6 * * *', jitter: 6h }"),
      "jobs.nightly.schedule.jitter: 6h is not shorter than 6h, the shortest time between two runs (jobctl.yaml:2:75)",
    ],
    ["full hardening with a network", job("hardening: full"), 'jobs.nightly.hardening: "full" needs network: false (jobctl.yaml:2:39)'],
    [
      "an unknown zone",
      "timezone: Europe/Berlinn\n",
      'timezone: timezone "Europe/Berlinn" is not known: allowed are UTC and names like Europe/Berlin; did you mean "Europe/Berlin"? (jobctl.yaml:1:11)',
    ],
    [
      "a variable that is not set",
      job("timeout: '${LIMIT}'"),
      "jobs.nightly.timeout: the variable LIMIT is not set; set it in the environment or the envFile, or write ${LIMIT:-default} (jobctl.yaml:2:37)",
    ],
    [
      "a variable that does not fit",
      job("timeout: '${LIMIT:-soon}'"),
      'jobs.nightly.timeout: ${LIMIT:-soon}: "soon" is not a duration such as 90s, 15m, 2h, 30d, or a number of milliseconds (jobctl.yaml:2:37)',
    ],
    ["an include that is not there", "include: other.yaml\n", "include"],
    ["a wildcard in a folder", "include: '*/a.yaml'\n", "include"],
  ])("tells of %s", (name, yaml, message) => {
    const problems = problemsOf(yaml);
    expect(problems).toHaveLength(1);
    if (message === "include")
      expect(problems[0]).toMatch(
        name.startsWith("a wildcard")
          ? /has a wildcard in a folder's name; allowed are \* and \? in the file's name \(jobctl.yaml:1:10\)$/
          : /other.yaml: cannot be read: there is no such file \(jobctl.yaml:1:10\)$/,
      );
    else expect(problems[0]).toBe(message);
  });

  it.each([
    ["an empty file", "", "the file is empty; a manifest begins with version: 1 and jobs: (jobctl.yaml:1:1)"],
    ["only comments", "# x\n", "the file is empty; a manifest begins with version: 1 and jobs: (jobctl.yaml:1:1)"],
    ["a list", "- a\n", "a list is not a map (jobctl.yaml:1:1)"],
    ["a text", "hello\n", '"hello" is not a map (jobctl.yaml:1:1)'],
    ["two keys of one name", "jobs: {}\njobs: {}\n", 'the file is not valid YAML: duplicated mapping key "jobs" (jobctl.yaml:2:1)'],
    ["a tab", "jobs:\n\ta: 1\n", "the file is not valid YAML: tab characters must not be used in indentation (jobctl.yaml:2:1)"],
    [
      "two documents",
      "jobs: {}\n---\njobs: {}\n",
      "the file holds more than one YAML document; a manifest is one (take out the ---) (jobctl.yaml:3:1)",
    ],
    [
      "a tag",
      "jobs: !!js/function 'x'\n",
      "the file is not valid YAML: unknown scalar tag !<tag:yaml.org,2002:js/function> (jobctl.yaml:1:7)",
    ],
    [
      "a merge key",
      "jobs:\n  a: { <<: { shell: x } }\n",
      'merge keys ("<<") are not read; write what the jobs share under defaults (jobctl.yaml:2:8)',
    ],
    ["a map as a key", "? [a]\n: b\n", "the file is not valid YAML: object-based map does not support complex keys (jobctl.yaml:1:1)"],
    ["an alias of itself", "jobs: &a { x: *a }\n", "an alias is inside of its own anchor (jobctl.yaml:1:15)"],
    [
      "an open quote",
      'prefix: "abc',
      "the file is not valid YAML: unexpected end of the stream within a double quoted scalar (jobctl.yaml:1:13)",
    ],
    ["no UTF-8", Buffer.from([0x61, 0x3a, 0xff]), "the file is not UTF-8 text; save it as UTF-8 (jobctl.yaml:1:1)"],
    ["UTF-16", Buffer.from("\uFEFFversion: 1\n", "utf16le"), "the file is not UTF-8 text; save it as UTF-8 (jobctl.yaml:1:1)"],
    ["a NUL", 'jobs:\n  a: { shell: "a\\0b" }\n', "jobs.a.shell: has a NUL character in it; take it out (jobctl.yaml:2:15)"],
    [
      "a name that JavaScript keeps for itself",
      "jobs:\n  constructor: { shell: x }\n",
      "jobs.constructor: can't be a name; choose another (jobctl.yaml:2:3)",
    ],
    [
      "a huge number",
      "jobs:\n  a: { shell: x, timeout: 99999999999999999999999999 }\n",
      "jobs.a.timeout: 1e+26 is not a duration such as 90s, 15m, 2h, 30d, or a number of milliseconds (jobctl.yaml:2:27)",
    ],
  ])("tells of %s", (_, yaml, message) => {
    expect(problemsOf(yaml)).toEqual([message]);
  });

  it("refuses a bomb of aliases within a second", () => {
    const levels = Array.from(
      { length: 30 },
      (_, level) => `l${level}: &l${level} [${Array.from({ length: 9 }, () => (level === 0 ? "x" : `*l${level - 1}`)).join(", ")}]`,
    );
    const begun = performance.now();
    expect(problemsOf(levels.join("\n"))).toEqual([
      expect.stringMatching(/^the file holds more than 1000000 values \(aliases count each time\)|aliases/),
    ]);
    expect(performance.now() - begun).toBeLessThan(1000);
  });

  it("tells every problem at once, in the order of the file", () => {
    const yaml = `prefx: a\njobs:\n  a: { shell: x, command: [y], timeout: soon }\n  b: { shell: x, schedule: "61 * * * *", needs: [c] }\n  c: { shell: 1 }\n`;
    expect(problemsOf(yaml).map((text) => text.replace(/:.*\(/, " ("))).toEqual([
      "prefx (jobctl.yaml:1:1)",
      "jobs.a.timeout (jobctl.yaml:3:41)",
      "jobs.b.schedule (jobctl.yaml:4:28)",
      "jobs.c.shell (jobctl.yaml:5:15)",
    ]);
  });

  it("reads a file with a byte order mark, anchors and Windows line ends", () => {
    expect(problemsOf("\uFEFFversion: 1\r\njobs:\r\n  a: { command: &c [x] }\r\n  b: { command: *c }\r\n")).toEqual([]);
  });
});
