import { execFileSync, spawn } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { isCronRunning } from "../../src/system/cron-daemon.ts";
import { isRoot } from "../helpers/hosts.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { ROOT, until } from "../helpers/world.ts";

it.each(["cron", "crond"])("knows a running %s by its name", async (name) => {
  const program = join(temporaryFolder(), name);
  copyFileSync("/bin/sleep", program);
  const child = spawn(program, ["60"]);
  try {
    await until(() => isCronRunning() === true, "it is seen");
  } finally {
    child.kill();
  }
  await expect(new Promise((resolve) => child.once("exit", resolve))).resolves.toBe(null);
});

it.runIf(isRoot)("sees that none runs, among processes without one", () => {
  const code = `import { isCronRunning } from ${JSON.stringify(join(ROOT, "src/system/cron-daemon.ts"))}; console.log(isCronRunning())`;
  const node = [process.execPath, "--disable-warning=ExperimentalWarning", "--input-type=module", "-e", code];
  expect(execFileSync("unshare", ["--pid", "--fork", "--mount-proc", ...node], { encoding: "utf8" })).toBe("false\n");
});
