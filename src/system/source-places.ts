import { readFileSync } from "node:fs";
import type { SourceMapPayload, SourceOrigin } from "node:module";

/** A stack whose places in our bundles, where names are short and lines long, are told as those in the sources that they were made of. */
export function sourcePlaces(stack: string): string {
  const { SourceMap } = process.getBuiltinModule("node:module"); // a hundredth of a start
  return stack.replaceAll(/(\/[^\s()]+\.cjs):(\d+):(\d+)/g, (place, bundle: string, line: string, column: string) => {
    try {
      const map = new SourceMap(JSON.parse(readFileSync(`${bundle}.map`, "utf8")) as SourceMapPayload);
      const { fileName, lineNumber, columnNumber } = map.findOrigin(Number(line), Number(column)) as SourceOrigin;
      return `${fileName.replace(/^(\.\.\/)+/, "")}:${lineNumber}:${columnNumber}`;
    } catch {
      return place; // no bundle of ours, or one without its map
    }
  });
}
