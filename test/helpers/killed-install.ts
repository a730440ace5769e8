import type { Progress } from "../../src/commands/change-timers.ts";
import { installTimers } from "../../src/commands/install-timers.ts";
import { uninstallTimers } from "../../src/commands/uninstall-timers.ts";
import { processContext } from "../../src/system/process-context.ts";

/** A child of the tests: a change of the timers, which kills itself after a step. Its arguments are the step (0: none), the target, what it does, and its clock. */
const [killAfter = "0", target = "auto", action = "install", clock] = process.argv.slice(2);
const done: string[] = [];
const passing = processContext("0.1.0");
const context = {
  ...passing,
  nodePath: passing.nodePath.replace(/^\/tmp\/.*/, "/opt/node"),
  packageRoot: "/opt/jobctl",
  now: clock === undefined ? passing.now : () => Date.parse(clock),
  stdout: { ...passing.stdout, write: () => undefined },
};
const options = {
  target: target as "auto",
  user: false,
  system: false,
  enable: true,
  dryRun: false,
  exitCode: false,
  force: false,
  json: false,
};
const progress: Progress = {
  afterStep(name) {
    done.push(name);
    if (done.length === Number(killAfter)) process.kill(process.pid, "SIGKILL");
  },
};
if (action === "uninstall") await uninstallTimers(options, context, progress);
else await installTimers({ ...options, undo: action === "undo" }, context, progress);
process.stdout.write(`${done.join("\n")}\n`);
process.exit(0);
