import { Chalk } from "chalk";
import type { Output } from "../context.ts";
import { colourLevel, type Env, type Style } from "./looks.ts";

export function styleFor(output: Output, env: Env): Style {
  const { bold, dim, red, green, yellow, cyan } = new Chalk({ level: colourLevel(output.isTerminal, env) });
  return { bold, dim, red, green, yellow, cyan };
}
