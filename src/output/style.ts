import type { Output } from "../context.ts";
import { colourLevel, type Env, PLAIN, type Style } from "./looks.ts";

/** What makes colours is loaded only where there are any: a fiftieth of a start. */
export async function styleFor(output: Output, env: Env): Promise<Style> {
  const level = colourLevel(output.isTerminal, env);
  return level === 0 ? PLAIN : (await import("./colours.ts")).colours(level);
}
