import { bundleLoader } from "./system/bundle-loader.ts";
import { cacheDirectory, isPrivateFolder } from "./system/cache-directory.ts";

/**
 * What the launcher calls: the compiled form of our bundles is kept, but only in a folder that nobody else can write.
 * @param requireOther the launcher's `require`, for all that is no bundle of ours
 *
 * What cron and systemd call must start fast: `run` has a bundle of its own, and only what it does not know goes on to the rest.
 */
export async function start(requireOther: NodeJS.Require): Promise<void> {
  const uid = process.geteuid?.() ?? 0;
  const folder = cacheDirectory(process.env, uid);
  const cacheFolder = folder !== undefined && isPrivateFolder(folder, uid) ? folder : undefined;
  const load = bundleLoader(import.meta.dirname, { cacheFolder, requireOther });
  if (process.argv[2] === "run") {
    const { fastRun } = load("./main-run.cjs") as typeof import("./main-run.ts");
    if (fastRun(process.argv.slice(3))) return;
  }
  const { main } = load("./main.cjs") as typeof import("./main.ts");
  await main();
}
