import { hostname } from "node:os";
import { JobctlError } from "../../errors.ts";
import { didYouMean } from "../../nearest.ts";
import { DURATION_FORMS, parseDuration } from "../../units.ts";
import { found } from "../param.ts";

/** Where mail goes, out of the manifest's `mail:`. Durations in milliseconds. */
export interface MailServer {
  way: SmtpWay | { kind: "sendmail"; path: string } | { kind: "file"; folder: string };
  /** The sender: `no-reply@example.com`, or `Example <no-reply@example.com>`. */
  from: { name: string; address: string };
  /** The right side of Message-IDs: the sender's, where it is given, and never this host's, for another may repeat a mail. */
  idDomain: string;
  /** How often a mail is tried in one run, and how long to wait before the second try; each further wait is four times as long. */
  tries: number;
  retryPause: number;
  connectionTimeout: number;
  socketTimeout: number;
}

export interface SmtpWay {
  kind: "smtp";
  host: string;
  port: number;
  /** TLS from the first byte; otherwise by STARTTLS where the server offers it, or must with `requireTls`: as a login must, but for this host's own server. */
  secure: boolean;
  requireTls: boolean;
  rejectUnauthorized: boolean;
  auth: { user: string; pass: string } | undefined;
}

/** Where every Unix mail server puts it (FHS 3.0, 4.9.2); a unit's PATH may not have that folder. */
const SENDMAIL = "/usr/sbin/sendmail";
const FORMS = "smtp://USER:PASSWORD@HOST:PORT, smtps://..., sendmail:, sendmail:/PATH or file:FOLDER";
const OPTIONS = ["from", "tries", "retryPause", "connectionTimeout", "socketTimeout", "requireTls", "rejectUnauthorized"];

/** Reads `mail:`. Throws JobctlError (config) with every problem, one a line; never with the URL itself, which may hold a password. */
export function parseMailUrl(url: string): MailServer {
  const [address = "", query = ""] = split(url);
  const problems: string[] = [];
  const options = readOptions(query, problems);
  const way = readWay(address, options, problems);
  const from = options.text("from");
  const server = {
    from: sender(from ?? `jobctl@${hostname()}`, problems),
    idDomain: from?.split("@").at(-1)?.replace(">", "") ?? "jobctl.local",
    tries: options.whole("tries", 3),
    retryPause: options.duration("retryPause", 2000),
    connectionTimeout: options.duration("connectionTimeout", 10_000),
    socketTimeout: options.duration("socketTimeout", 30_000),
  };
  if (problems.length > 0 || !way) throw new JobctlError("config", problems.map((problem) => `mail: ${problem}`).join("\n"));
  return { way, ...server };
}

function split(url: string): string[] {
  const mark = url.indexOf("?");
  return mark === -1 ? [url] : [url.slice(0, mark), url.slice(mark + 1)];
}

function readWay(address: string, options: Options, problems: string[]): MailServer["way"] | undefined {
  if (address.startsWith("file:") && address.length > "file:".length) return { kind: "file", folder: address.slice("file:".length) };
  if (/^sendmail:(\/|$)/.test(address)) return { kind: "sendmail", path: address.slice("sendmail:".length) || SENDMAIL };
  if (/^smtps?:\/\//.test(address)) return readSmtp(address, options, problems);
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(address)?.[0];
  problems.push(`${scheme ? `"${scheme}" is` : "this is"} none of the ways jobctl knows; write ${FORMS}`);
  return undefined;
}

function readSmtp(address: string, options: Options, problems: string[]): SmtpWay | undefined {
  const url = URL.parse(address);
  if (!url || url.hostname === "" || !/^\/?$/.test(url.pathname) || url.hash !== "") {
    problems.push("this is no address of a mail server; write smtp://USER:PASSWORD@HOST:PORT with special characters as %XX");
    return undefined;
  }
  const secure = url.protocol === "smtps:";
  const auth = decoded(url, problems);
  return {
    kind: "smtp",
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTls: options.flag("requireTls", auth !== undefined && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname)),
    rejectUnauthorized: options.flag("rejectUnauthorized", true),
    auth,
  };
}

function decoded({ username, password }: URL, problems: string[]): SmtpWay["auth"] {
  if (username === "") return undefined;
  try {
    return { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
  } catch {
    problems.push("the user or password holds a % that begins no %XX; write it as %25");
    return undefined;
  }
}

interface Options {
  text(name: string): string | undefined;
  whole(name: string, otherwise: number): number;
  duration(name: string, otherwise: number): number;
  flag(name: string, otherwise: boolean): boolean;
}

function readOptions(query: string, problems: string[]): Options {
  const given = optionsOf(query, problems);
  for (const name of given.keys()) {
    if (OPTIONS.includes(name)) continue;
    problems.push(`there is no option ${found(name)}${didYouMean(name, OPTIONS) || `; there are ${OPTIONS.join(", ")}`}`);
  }
  const read = <Value>(name: string, { otherwise, parse, expected }: Reader<Value>): Value => {
    const text = given.get(name);
    const value = text === null ? otherwise : parse(text);
    if (value === undefined) problems.push(`${name}: ${found(text)} is not ${expected}`);
    return value ?? otherwise;
  };
  return {
    text: (name) => given.get(name) ?? undefined,
    whole: (name, otherwise) => read(name, { otherwise, parse: positive, expected: "a whole number from 1 to 20" }),
    duration: (name, otherwise) => read(name, { otherwise, parse: parseDuration, expected: DURATION_FORMS }),
    flag: (name, otherwise) => read(name, { otherwise, parse: (text) => FLAGS[text], expected: "true or false" }),
  };
}

/** A `?` in a password would make its rest look like options, which messages show. */
function optionsOf(query: string, problems: string[]): URLSearchParams {
  const given = new URLSearchParams(query);
  if ([...given].every(([name, value]) => !name.includes("@") && (name === "from" || !value.includes("@")))) return given;
  problems.push("what follows the first ? is no list of options; write a ? in the user or password as %3F");
  return new URLSearchParams();
}

interface Reader<Value> {
  otherwise: Value;
  parse(text: string): Value | undefined;
  expected: string;
}

const FLAGS: Record<string, boolean> = { true: true, false: false };

function positive(text: string): number | undefined {
  return /^([1-9]|1\d|20)$/.test(text) ? Number(text) : undefined;
}

function sender(text: string, problems: string[]): MailServer["from"] {
  const [, name = "", bracketed] = /^([^<>]*)<([^<>]*)>$/.exec(text) ?? [];
  const address = bracketed ?? text;
  if (!isAddress(address))
    problems.push(`from: ${found(text)} is no mail address; write no-reply@example.com or Example <no-reply@example.com>`);
  return { name: name.trim(), address };
}

/** One address and nothing else: neither a list nor a header can hide in it. */
export function isAddress(text: string): boolean {
  return /^[^\s@<>(),;:"\\\p{Cc}]+@[^\s@<>(),;:"\\\p{Cc}]+$/u.test(text) && !text.startsWith("-");
}
