/** A word of a shell command. */
export interface ShellWord {
  kind: "word";
  /** Without its quotes. */
  text: string;
  /** False where the shell would still expand something: `$`, a backtick, a pattern, `~`. */
  plain: boolean;
  start: number;
  end: number;
}

export interface ShellOperator {
  kind: "operator";
  /** `&&`, `|`, `>>`, `;`, ... */
  text: string;
  start: number;
  end: number;
}

export type ShellToken = ShellWord | ShellOperator;

const OPERATOR = /&&|\|\||;;|&>>|&>|>>|<<-|<<|<&|>&|<>|>\||[;&|()<>\n]/y;

/**
 * Splits a command as sh(1) does (POSIX, Shell Command Language 2.3), without expanding anything. Undefined where a quote is
 * not closed. A comment ends the command.
 */
export function shellTokens(text: string): ShellToken[] | undefined {
  const tokens: ShellToken[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    OPERATOR.lastIndex = at;
    const operator = OPERATOR.exec(text)?.[0];
    if (char === " " || char === "\t") at += 1;
    else if (char === "#") at = endOfLine(text, at);
    else if (operator !== undefined) {
      tokens.push({ kind: "operator", text: operator, start: at, end: at + operator.length });
      at += operator.length;
    } else {
      const word = readWord(text, at);
      if (word === undefined) return undefined;
      tokens.push(word);
      at = word.end;
    }
  }
  return tokens;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

interface Part {
  text: string;
  plain: boolean;
  end: number;
}

function readWord(text: string, start: number): ShellWord | undefined {
  let at = start;
  let [value, plain] = ["", true];
  while (at < text.length && !/[\s;&|()<>]/.test(text.charAt(at))) {
    const part = readPart(text, at, at === start);
    if (part === undefined) return undefined;
    value += part.text;
    plain &&= part.plain;
    at = part.end;
  }
  return { kind: "word", text: value, plain, start, end: at };
}

function readPart(text: string, at: number, first: boolean): Part | undefined {
  const char = text.charAt(at);
  if (char === "'") return singleQuoted(text, at);
  if (char === '"') return doubleQuoted(text, at);
  if (char === "\\") return at + 1 < text.length ? { text: text.charAt(at + 1), plain: true, end: at + 2 } : undefined;
  if (char === "$" || char === "`") return expansion(text, at);
  return { text: char, plain: !isPattern(text, at) && !(char === "~" && first), end: at + 1 };
}

/** Patterns of sh, and the braces of other shells: `{a,b}`, but not `{}`. */
function isPattern(text: string, at: number): boolean {
  return /[*?[]/.test(text.charAt(at)) || /^\{[^}\s]*(?:,|\.\.)/.test(text.slice(at));
}

function singleQuoted(text: string, at: number): Part | undefined {
  const end = text.indexOf("'", at + 1);
  return end < 0 ? undefined : { text: text.slice(at + 1, end), plain: true, end: end + 1 };
}

function doubleQuoted(text: string, start: number): Part | undefined {
  let [value, plain] = ["", true];
  for (let at = start + 1; at < text.length;) {
    const char = text.charAt(at);
    if (char === '"') return { text: value, plain, end: at + 1 };
    if (char === "$" || char === "`") {
      const part = expansion(text, at);
      if (part === undefined) return undefined;
      value += part.text;
      plain &&= part.plain;
      at = part.end;
    } else {
      const escaped = char === "\\" && /[$`"\\\n]/.test(text.charAt(at + 1));
      value += escaped ? text.charAt(at + 1) : char;
      at += escaped ? 2 : 1;
    }
  }
  return undefined;
}

/** `$NAME`, `${...}`, `$(...)` and backticks, as they stand. A `$` before anything else is a dollar. */
function expansion(text: string, at: number): Part | undefined {
  if (text.charAt(at) === "`") {
    const end = text.indexOf("`", at + 1);
    return end < 0 ? undefined : { text: text.slice(at, end + 1), plain: false, end: end + 1 };
  }
  const next = text.charAt(at + 1);
  if (next === "(" || next === "{") {
    const end = closing(text, at + 1);
    return end === undefined ? undefined : { text: text.slice(at, end), plain: false, end };
  }
  return /[A-Za-z0-9_@*#?$!-]/.test(next)
    ? { text: text.slice(at, at + 2), plain: false, end: at + 2 }
    : { text: "$", plain: true, end: at + 1 };
}

/** Behind the bracket that closes the one at `at`; quotes inside are passed over. */
function closing(text: string, at: number): number | undefined {
  const open = text.charAt(at);
  const close = open === "(" ? ")" : "}";
  for (let [index, depth] = [at, 0]; index < text.length; index += 1) {
    const char = text.charAt(index);
    if (char === "\\") index += 1;
    else if (char === "'" || char === '"') {
      const quoted = char === "'" ? singleQuoted(text, index) : doubleQuoted(text, index);
      if (quoted === undefined) return undefined;
      index = quoted.end - 1;
    } else if (char === open) depth += 1;
    else if (char === close && --depth === 0) return index + 1;
  }
  return undefined;
}
