import { JobctlError } from "../errors.ts";

/** Whose block is meant. */
export interface BlockOwner {
  prefix: string;
  manifestPath: string;
}

/** A block between marks, which jobctl writes; lines count from 0, `to` is the line after its end. */
interface Block extends BlockOwner {
  from: number;
  to: number;
}

/** Our block in a crontab, or why the place of one is taken. */
export interface CrontabBlocks {
  ours: string | null;
  foreign?: string;
}

/** Throws JobctlError("config") for half a block of ours, and for two. */
export function findBlock(table: string, owner: BlockOwner, where: string): CrontabBlocks {
  const lines = linesOf(table);
  const blocks = blocksOf(lines, owner, where);
  const ours = ourBlock(blocks, owner, where);
  const other = blocks.find(({ prefix, manifestPath }) => prefix === owner.prefix && manifestPath !== owner.manifestPath);
  return {
    ours: ours === undefined ? null : lines.slice(ours.from, ours.to).join(""),
    ...(other === undefined ? {} : { foreign: `${where}: the block "${other.prefix}" belongs to ${other.manifestPath}` }),
  };
}

/** The table with our block in its old place, at the end where there was none, or without it. Every other line stays as it is. */
export function withBlock(table: string, block: string | null, { owner, where }: { owner: BlockOwner; where: string }): string {
  const lines = linesOf(table);
  const old = ourBlock(blocksOf(lines, owner, where), owner, where);
  if (old !== undefined) return [...lines.slice(0, old.from), block ?? "", ...lines.slice(old.to)].join("");
  if (block === null) return table;
  return `${table}${table === "" || table.endsWith("\n") ? "" : "\n"}${block}`;
}

/** Lines with their ends; what does not end in a newline is a line, too. */
const linesOf = (table: string): string[] => table.match(/[^\n]*\n|[^\n]+$/g) ?? [];

function ourBlock(blocks: readonly Block[], { manifestPath }: BlockOwner, where: string): Block | undefined {
  const [first, second] = blocks.filter((block) => block.manifestPath === manifestPath);
  if (second !== undefined) {
    throw new JobctlError(
      "config",
      `${where}: lines ${(first?.from ?? 0) + 1} and ${second.from + 1} both begin a block of ${manifestPath}; remove one`,
    );
  }
  return first;
}

const MARK = /^# (BEGIN|END) ([a-z0-9][a-z0-9-]*) (\/.*)\n?$/;

/** The blocks of this prefix or manifest; marks of anybody else are comments. */
function blocksOf(lines: readonly string[], owner: BlockOwner, where: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  const half = (at: number, text: string): JobctlError =>
    new JobctlError("config", `${where}: line ${at + 1}: ${text}; half a block is never guessed at: mend the marks or remove its lines`);
  for (const [index, line] of lines.entries()) {
    const [, kind, prefix = "", manifestPath = ""] = MARK.exec(line) ?? [];
    if (kind === undefined || (prefix !== owner.prefix && manifestPath !== owner.manifestPath)) continue;
    const mark = JSON.stringify(line.trimEnd());
    if (kind === "BEGIN") {
      if (open !== undefined) throw half(open.from, `the block that begins here has no end before line ${index + 1}`);
      open = { prefix, manifestPath, from: index, to: index };
    } else {
      if (open?.prefix !== prefix || open.manifestPath !== manifestPath) throw half(index, `${mark} ends no block`);
      blocks.push({ ...open, to: index + 1 });
      open = undefined;
    }
  }
  if (open !== undefined) throw half(open.from, "the block that begins here has no end");
  return blocks;
}
