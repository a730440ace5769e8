/** A storm over three hundred jobs, and what must hold after it: `npm run soak -- --help`. */
import { readOptions, USAGE } from "./options.ts";
import { renderProgress, renderReport } from "./report.ts";
import { soak } from "./soak.ts";
import type { StormState } from "./storm.ts";

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === "help") return void process.stdout.write(USAGE);
  process.stderr.write(`soak test: seed ${options.seed}, ${options.seconds} s and some more; Ctrl-C ends the storm and checks\n`);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const result = await soak(options, { told: process.stderr.isTTY ? showProgress() : () => undefined, stop: stop.signal });
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  process.stdout.write(renderReport(result));
  process.exitCode = result.verdicts.some(({ broken }) => broken.length > 0) ? 1 : 0;
}

function showProgress(): (state: StormState) => void {
  let shown = 0;
  return (state) => {
    if (performance.now() < shown + 500) return;
    shown = performance.now();
    process.stderr.write(`\r\x1b[K${renderProgress(state)}`);
  };
}

main().catch((error: unknown) => {
  process.stderr.write(`soak: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
