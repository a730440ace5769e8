import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** Of a whole file, as hexadecimal text. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
