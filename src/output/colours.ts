import { Chalk } from "chalk";
import type { ColourLevel, Style } from "./looks.ts";

export function colours(level: ColourLevel): Style {
  const { bold, dim, red, green, yellow, cyan } = new Chalk({ level });
  return { bold, dim, red, green, yellow, cyan };
}
