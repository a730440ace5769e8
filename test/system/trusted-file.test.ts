import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, lchownSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { assertTrustedFolder, distrust, readTrusted } from "../../src/system/trusted-file.ts";
import { folderWith, refusal, UID } from "../helpers/manifest.ts";

const RULE = "as root jobctl reads only what root alone can change";

describe("what root reads", () => {
  it.each([
    [{ uid: 0, mode: 0o100644 }, undefined],
    [{ uid: 0, mode: 0o100600 }, undefined],
    [{ uid: 7, mode: 0o100644 }, "f: belongs to user 7, not to root (chown root f)"],
    [{ uid: 0, mode: 0o100664 }, "f: can be written by others than root (chmod go-w f)"],
    [{ uid: 0, mode: 0o100646 }, "f: can be written by others than root (chmod go-w f)"],
  ])("judges %j", (stats, problem) => {
    expect(distrust("f", stats)).toBe(problem);
  });

  it.runIf(UID === 0)("is its own, in folders of its own, also where a link leads", () => {
    const folder = folderWith({ "own/a": "x", "open/a": "x" });
    const at = (name: string): string => join(folder, name);
    symlinkSync(at("open/a"), at("own/link"));
    expect(readTrusted(at("own/a"), 0).bytes.toString()).toBe("x");
    chmodSync(at("open"), 0o777);
    expect(refusal(() => readTrusted(at("open/a"), 0)).message).toBe(
      `${at("open")}: can be written by others than root (chmod go-w ${at("open")}); ${RULE}`,
    );
    expect(refusal(() => readTrusted(at("own/link"), 0)).message).toContain(at("open"));
    chmodSync(at("open"), 0o1777);
    expect(readTrusted(at("open/a"), 0).bytes.toString()).toBe("x");
    chownSync(at("own/a"), 1000, 1000);
    expect(refusal(() => readTrusted(at("own/a"), 0)).message).toBe(
      `${at("own/a")}: belongs to user 1000, not to root (chown root ${at("own/a")}); ${RULE}`,
    );
    expect(readTrusted(at("own/a"), 1000).bytes.toString()).toBe("x");
  });

  it.runIf(UID === 0)("is not what a link of somebody else leads to, wherever on the way it is", () => {
    const folder = folderWith({ "own/sub/a": "x" });
    const at = (name: string): string => join(folder, name);
    symlinkSync("own", at("mine"));
    symlinkSync(at("own"), at("theirs"));
    lchownSync(at("theirs"), 1000, 1000);
    expect(readTrusted(at("mine/sub/../sub/a"), 0).bytes.toString()).toBe("x");
    expect(refusal(() => readTrusted(at("theirs/sub/a"), 0)).message).toContain(`${at("theirs")}: belongs to user 1000, not to root`);
  });

  it.runIf(UID === 0)("lies in folders that root may write to, or make", () => {
    const folder = folderWith({ "own/a": "x" });
    const at = (name: string): string => join(folder, name);
    symlinkSync("circle", at("circle"));
    for (const name of ["own", "own/not/yet/there"]) expect(assertTrustedFolder(at(name))).toBeUndefined();
    expect(refusal(() => assertTrustedFolder(at("circle/state"))).message).toContain(
      `${at("circle/state")}: its owner is not known: too many`,
    );
    chownSync(at("own"), 1000, 1000);
    expect(refusal(() => assertTrustedFolder(at("own/not/yet/there"))).message).toContain(
      `${at("own")}: belongs to user 1000, not to root`,
    );
  });

  it("is a file: neither a folder nor a pipe that nobody writes", () => {
    const folder = folderWith({});
    mkdirSync(join(folder, "folder"));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    writeFileSync(join(folder, "file"), "x");
    expect(refusal(() => readTrusted(join(folder, "folder"), UID)).message).toBe(
      `${join(folder, "folder")}: cannot be read: it is a folder, not a file`,
    );
    expect(refusal(() => readTrusted(join(folder, "pipe"), UID)).message).toBe(
      `${join(folder, "pipe")}: cannot be read: it is a pipe, not a file`,
    );
    expect(refusal(() => readTrusted(join(folder, "none"), UID)).message).toBe(
      `${join(folder, "none")}: cannot be read: there is no such file`,
    );
  });

  it("is not so large that reading it would take the memory of the host", () => {
    const path = join(folderWith({}), "large");
    for (const [size, message] of [
      [16 * 2 ** 20, undefined],
      [3 * 2 ** 30, `${path}: cannot be read: it is larger than 16 MB`],
    ] as const) {
      writeFileSync(path, "");
      truncateSync(path, size);
      if (message === undefined) expect(readTrusted(path, UID).bytes).toHaveLength(size);
      else expect(refusal(() => readTrusted(path, UID)).message).toBe(message);
    }
  });
});
