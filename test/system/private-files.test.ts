import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { replacePrivate } from "../../src/system/private-files.ts";
import { temporaryFolder } from "../helpers/history.ts";

describe("replacePrivate", () => {
  it("puts a whole text in a file's place, for its owner alone, and leaves nothing beside it", () => {
    const path = join(temporaryFolder("jobctl-private-"), "a/b/c.json");
    for (const text of ["first, and longer", "second"]) replacePrivate(path, text);
    expect(readFileSync(path, "utf8")).toBe("second");
    expect(readdirSync(join(path, ".."))).toEqual(["c.json"]);
    expect([path, join(path, ".."), join(path, "../..")].map((each) => statSync(each).mode & 0o777)).toEqual([0o600, 0o700, 0o700]);
  });
});
