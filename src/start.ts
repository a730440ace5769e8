import { enableCompileCache } from "node:module";
import { cacheDirectory, isPrivateFolder } from "./system/cache-directory.ts";

/**
 * What the launcher calls: Node keeps the compiled form of our bundles, but only in a folder that nobody else can write,
 * since what is in there is run (its default folder in the shared temporary directory can be prepared by a stranger).
 * What cron and systemd call must start fast: `run` has a bundle of its own, and only what it does not know goes on to the rest.
 */
export async function start(): Promise<void> {
  const uid = process.geteuid?.() ?? 0;
  const folder = cacheDirectory(process.env, uid);
  if (folder !== undefined && isPrivateFolder(folder, uid)) enableCompileCache(folder);
  if (process.argv[2] === "run") {
    const { fastRun } = await import("./main-run.ts");
    if (fastRun(process.argv.slice(3))) return;
  }
  const { main } = await import("./main.ts");
  await main();
}
