import type { MailServer } from "./mail-url.ts";

/** Why a mail was not delivered. */
export interface Trouble {
  kind: "refused" | "deferred" | "unreachable";
  reason: string;
  /** Is another try in a moment worth it? */
  again: boolean;
}

interface TransportError {
  message?: unknown;
  code?: unknown;
  command?: unknown;
  responseCode?: unknown;
}

/**
 * Reads an error of nodemailer. RFC 5321, 4.2.1: 5yz is permanent, 4yz is not. A 5yz to RCPT or DATA is about this mail;
 * any other (greeting, login, sender) would meet every mail. Without an answer the server is gone, or broke off in the middle.
 */
export function readTrouble(error: unknown, server: MailServer): Trouble {
  const { code, command, responseCode } = error as TransportError;
  const reason = withoutPassword(firstLine(error), server);
  const answer = typeof responseCode === "number" ? responseCode : sendmailAnswer(error);
  const aboutMail = (code === "EENVELOPE" || code === "EMESSAGE" || code === "ESENDMAIL") && command !== "MAIL FROM";
  if (answer !== undefined) return { kind: answered(answer, aboutMail), reason, again: answer < 500 };
  if (code === "ETIMEDOUT") return { kind: "unreachable", reason, again: true };
  return {
    kind: code === "ECONNECTION" || code === "EABORT" ? "deferred" : "unreachable",
    reason,
    again: code !== "ENOENT" && code !== "EAUTH",
  };
}

function answered(answer: number, aboutMail: boolean): Trouble["kind"] {
  if (!aboutMail) return "unreachable";
  return answer >= 500 ? "refused" : "deferred";
}

/** sendmail tells by exit codes of sysexits.h, of which 75 alone means "later". */
function sendmailAnswer(error: unknown): number | undefined {
  const exit = /^Sendmail exited with code (\d+)$/.exec(firstLine(error))?.[1];
  if (exit === undefined) return undefined;
  return exit === "75" ? 450 : 550;
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split(/\r?\n/, 1)[0] ?? text;
}

/** A server may echo what it was sent, and a login is sent as base64. */
function withoutPassword(text: string, { way }: MailServer): string {
  if (way.kind !== "smtp" || !way.auth?.pass) return text;
  const { user, pass } = way.auth;
  const forms = [pass, encodeURIComponent(pass), base64(pass), base64(`\0${user}\0${pass}`)];
  return forms.reduce((rest, form) => rest.replaceAll(form, "***"), text);
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
