import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Waits } from "./writer.ts";

/** Does the work while the writer writes. Resolves with what the work gave, and with how long the writer waited. */
export async function besideWriter<Value>(url: string, work: () => Promise<Value>): Promise<{ value: Value; waits: Waits }> {
  const writer = spawn(process.execPath, [join(import.meta.dirname, "writer.ts"), url], { stdio: ["ignore", "pipe", "inherit"] });
  await once(writer.stdout, "data");
  const rest = text(writer.stdout);
  try {
    const value = await work();
    writer.kill("SIGTERM");
    return { value, waits: JSON.parse(await rest) as Waits };
  } finally {
    writer.kill("SIGKILL");
  }
}
