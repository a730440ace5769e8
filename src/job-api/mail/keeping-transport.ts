import type { SentMail } from "./mail.ts";
import type { Message } from "./message.ts";
import type { Transport } from "./transport.ts";

/** Keeps mails in place of sending them. */
export function keepingTransport(mails: SentMail[]): Transport {
  return {
    async deliver(message) {
      const { envelope, subject, text, html, messageId, headers } = message as Message;
      mails.push({ to: envelope.to[0] ?? "", subject, text, html, messageId, headers });
    },
    verify: async () => {},
    close: () => {},
  };
}
