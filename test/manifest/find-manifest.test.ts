import { join } from "node:path";
import { expect, it } from "vitest";
import { findManifest } from "../../src/manifest/find-manifest.ts";
import { folderWith, refusal } from "../helpers/manifest.ts";

it("takes --manifest, JOBCTL_MANIFEST, the folder's own, then the user's, in this order", () => {
  const cwd = folderWith({ "a.yaml": "", "b.yaml": "", "jobctl.yaml": "", "jobs/manifest.yaml": "", "config/jobctl/jobctl.yaml": "" });
  const only = folderWith({ "jobs/manifest.yaml": "" });
  const none = folderWith({});
  const env = { XDG_CONFIG_HOME: join(cwd, "config") };
  const find = (search: object): string => findManifest({ env, cwd, uid: 1000, ...search });
  expect(find({ file: "a.yaml", env: { JOBCTL_MANIFEST: "b.yaml" } })).toBe(join(cwd, "a.yaml"));
  expect(find({ env: { JOBCTL_MANIFEST: "b.yaml" } })).toBe(join(cwd, "b.yaml"));
  expect(find({})).toBe(join(cwd, "jobctl.yaml"));
  expect(find({ cwd: only })).toBe(join(only, "jobs/manifest.yaml"));
  expect(find({ cwd: none })).toBe(join(cwd, "config/jobctl/jobctl.yaml"));
});

it("does not take root's from the folder it happens to be in, and says so", () => {
  const cwd = folderWith({ "jobctl.yaml": "" });
  expect(refusal(() => findManifest({ env: {}, cwd, uid: 0 })).message).toBe(
    "no manifest found (looked for /etc/jobctl/jobctl.yaml); as root the one in the current folder must be named: --manifest jobctl.yaml",
  );
});

it("names what was asked for and is not there", () => {
  const cwd = folderWith({});
  expect(refusal(() => findManifest({ file: "x.yaml", env: {}, cwd, uid: 0 }))).toEqual({
    code: "config",
    message: `${join(cwd, "x.yaml")}: there is no such file (from --manifest); write a manifest with: jobctl init`,
  });
});
