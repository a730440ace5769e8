import { installTimers } from "../../src/commands/install-timers.ts";
import { processContext } from "../../src/system/process-context.ts";

/** A child of the tests: install-timers, which kills itself after a step. Its arguments are the step and the target. */
const [killAfter = "0", target = "auto"] = process.argv.slice(2);
const done: string[] = [];
const context = processContext("0.1.0");
await installTimers(
  {
    target: target as "auto",
    user: false,
    system: false,
    enable: true,
    dryRun: false,
    exitCode: false,
    force: false,
    json: false,
    undo: false,
  },
  {
    ...context,
    nodePath: context.nodePath.replace(/^\/tmp\/.*/, "/opt/node"),
    packageRoot: "/opt/jobctl",
    stdout: { ...context.stdout, write: () => undefined },
  },
  {
    afterStep(name) {
      done.push(name);
      if (done.length === Number(killAfter)) process.kill(process.pid, "SIGKILL");
    },
  },
);
process.stdout.write(`${done.join("\n")}\n`);
process.exit(0);
