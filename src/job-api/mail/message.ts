import type { SendMailOptions } from "nodemailer";
import { stableHash } from "../stable-id.ts";
import type { BulkMail, Mail } from "./mail.ts";
import type { MailServer } from "./mail-url.ts";
import { oneLine, renderMail } from "./render.ts";

export interface Message extends SendMailOptions {
  envelope: { from: string; to: string[] };
  subject: string;
  text: string;
  html: string;
  messageId: string;
  headers: Record<string, string>;
}

/** The mail as nodemailer composes it. A repeat of the same key has the same Message-ID, so that a mail program shows one. */
export function composeMessage(mail: Mail, { from, idDomain }: Pick<MailServer, "from" | "idDomain">, date: Date): Message {
  const { key, to, bulk } = mail;
  const subject = oneLine(mail.subject);
  const unsubscribe = bulk && unsubscribeUrl(bulk, { to: to.address, from: from.address });
  const { text, html } = renderMail(
    subject,
    mail.blocks,
    unsubscribe && `You get this mail because of your settings. Unsubscribe: ${unsubscribe}`,
  );
  return {
    messageId: `<${stableHash(key)}@${idDomain}>`,
    date,
    from,
    to: { name: oneLine(to.name ?? ""), address: to.address },
    envelope: { from: from.address, to: [to.address] },
    subject,
    text,
    html,
    headers: { ...AUTOMATIC, ...(unsubscribe ? unsubscribeHeaders(unsubscribe) : {}) },
  };
}

/** RFC 3834: so that nobody's holiday notice answers. */
const AUTOMATIC = { "Auto-Submitted": "auto-generated" };

function unsubscribeUrl({ unsubscribe }: BulkMail, { to, from }: { to: string; from: string }): string {
  return oneLine(unsubscribe?.replaceAll("{address}", encodeURIComponent(to)) ?? `mailto:${from}?subject=unsubscribe`);
}

/** RFC 2369; one click by POST (RFC 8058) goes with https only. */
function unsubscribeHeaders(url: string): Record<string, string> {
  const oneClick = url.startsWith("https://") ? { "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" } : {};
  return { "List-Unsubscribe": `<${url}>`, ...oneClick };
}
