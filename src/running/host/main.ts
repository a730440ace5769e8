import { describeModule } from "./describe.ts";
import type { ImportModule } from "./load-module.ts";
import { runJob } from "./run-job.ts";
import { quietWarnings } from "./warnings.ts";

/** The child process of a module job. `--describe MODULE [WITH]` tells of a module instead. */
export function host(importModule: ImportModule): void {
  quietWarnings();
  const [, , option, module = "", parameters] = process.argv;
  if (option === "--describe") void describeModule(module, parameters, importModule);
  else void runJob(importModule);
}
