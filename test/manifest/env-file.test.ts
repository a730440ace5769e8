import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseEnvFile, readEnvFile } from "../../src/manifest/env-file.ts";
import { folderWith, refusal, UID } from "../helpers/manifest.ts";

const read = (text: string): Record<string, string> =>
  Object.fromEntries(parseEnvFile(text, ".env").map(({ name, value }) => [name, value]));

describe("an envFile", () => {
  it.each([
    ["A=1", { A: "1" }],
    ["export A=1\r\nB=2\r\n", { A: "1", B: "2" }],
    ["# note\n\n  A = x y  # note\n", { A: "x y" }],
    ["A=", { A: "" }],
    ["A=a#b", { A: "a#b" }],
    ["A='a # ${B} \\n'", { A: "a # ${B} \\n" }],
    ['A="a\\n\\"b\\" \\$c"', { A: 'a\n"b" $c' }],
    ['KEY="-----BEGIN\nabc\n-----END"\nB=1', { KEY: "-----BEGIN\nabc\n-----END", B: "1" }],
    ["A=x=y", { A: "x=y" }],
    ["\uFEFFA=1", { A: "1" }],
    ["A=1\nA=2", { A: "2" }],
  ])("reads %j", (text, variables) => {
    expect(read(text)).toEqual(variables);
  });

  it("tells the place of what is no assignment, and not its value", () => {
    expect(refusal(() => read("A=1\n1B=secret\n"))).toEqual({
      code: "config",
      message: '.env:2: "1B" begins no assignment; allowed: NAME=value, NAME="value" and # comments',
    });
  });

  it("must not decide which code root runs", () => {
    const path = join(folderWith({ ".env": "A=1\nLD_PRELOAD=/tmp/x.so\n" }), ".env");
    if (UID === 0)
      expect(refusal(() => readEnvFile(path, 0)).message).toBe(
        `${path}:2: LD_PRELOAD decides which code runs and is refused as root; take it out`,
      );
    expect(readEnvFile(path, 1000)).toEqual({ A: "1", LD_PRELOAD: "/tmp/x.so" });
  });
});
