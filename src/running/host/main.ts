import { describeModule } from "./describe.ts";
import { runJob } from "./run-job.ts";
import { quietWarnings } from "./warnings.ts";

/** The child process of a module job. `--describe MODULE [WITH]` tells of a module instead. */
quietWarnings();
if (process.argv[2] === "--describe") void describeModule(process.argv[3] ?? "", process.argv[4]);
else void runJob();
