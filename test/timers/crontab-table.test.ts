import { describe, expect, it } from "vitest";
import { findBlock, withBlock } from "../../src/timers/crontab-table.ts";

const owner = { prefix: "shop", manifestPath: "/etc/shop.yaml" };
const where = "the crontab of ada";
const block = (text: string, prefix = "shop", path = "/etc/shop.yaml"): string =>
  `# BEGIN ${prefix} ${path}\n${text}# END ${prefix} ${path}\n`;

describe("a crontab", () => {
  it.each([
    ["an empty one", "", block("a\n")],
    ["one without a last newline", "x", `x\n${block("a\n")}`],
    ["a block in its place", `x\n${block("old\n")}y\n`, `x\n${block("a\n")}y\n`],
    ["a block of an old prefix", `x\n${block("old\n", "store")}y\n`, `x\n${block("a\n")}y\n`],
    ["another manifest's block beside", block("b\n", "other", "/etc/o.yaml"), block("b\n", "other", "/etc/o.yaml") + block("a\n")],
  ])("takes the block: %s", (_, table, expected) => {
    expect(withBlock(table, block("a\n"), { owner, where })).toBe(expected);
  });

  it("gives its block back, and keeps each other byte", () => {
    const table = `\r\n\tx%\\%\n\n${block("a\n")}# BEGIN\ny`;
    expect(findBlock(table, owner, where).ours).toBe(block("a\n"));
    expect(withBlock(table, null, { owner, where })).toBe("\r\n\tx%\\%\n\n# BEGIN\ny");
  });

  it("says whose the block of this prefix is", () => {
    expect(findBlock(block("a\n", "shop", "/srv/b.yaml"), owner, where).foreign).toBe(
      'the crontab of ada: the block "shop" belongs to /srv/b.yaml',
    );
  });

  const half = "; half a block is never guessed at: mend the marks or remove its lines";
  it.each([
    ["# BEGIN shop /etc/shop.yaml\nx\n", `the crontab of ada: line 1: the block that begins here has no end${half}`],
    ["x\n# END shop /etc/shop.yaml\n", `the crontab of ada: line 2: "# END shop /etc/shop.yaml" ends no block${half}`],
    [
      "# BEGIN shop /etc/shop.yaml\n# BEGIN shop /etc/shop.yaml\n# END shop /etc/shop.yaml\n",
      `the crontab of ada: line 1: the block that begins here has no end before line 2${half}`,
    ],
    [`${block("")}${block("")}`, "the crontab of ada: lines 1 and 3 both begin a block of /etc/shop.yaml; remove one"],
  ])("is refused with half a block: %j", (table, message) => {
    expect(() => findBlock(table, owner, where)).toThrow(message);
  });
});
