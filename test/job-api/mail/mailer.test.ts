import { describe, expect, it } from "vitest";
import { parseMailUrl } from "../../../src/job-api/mail/mail-url.ts";
import { openTransport, type Transport } from "../../../src/job-api/mail/transport.ts";
import { database, MAIL, mailer, rows, smtp } from "../../helpers/mailer.ts";

describe("a run that is cancelled", () => {
  it("finishes the mail under way when the run is cancelled, and begins no other", async () => {
    const controller = new AbortController();
    const server = await smtp({
      async beforeAnswer() {
        controller.abort(new Error("cancelled by SIGTERM"));
        await new Promise((resolve) => setImmediate(resolve));
      },
    });
    const data = await database();
    const sending = mailer(server.url(), data, { signal: controller.signal });
    expect(await sending.attempt(MAIL)).toEqual({ status: "sent" });
    await expect(sending.send({ ...MAIL, key: "next" })).rejects.toThrow("cancelled by SIGTERM");
    expect(await rows(data)).toMatchObject([{ status: "sent" }]);
  });

  it("gives a mail back that waits for its next try when the run is cancelled", async () => {
    const controller = new AbortController();
    const server = await smtp({ recipient: () => ({ code: 451, text: "later" }) });
    const url = server.url("&retryPause=50s");
    const transport = openTransport(parseMailUrl(url));
    // When the answer has been read, and the pause has begun.
    const cancelled = (): void => void setImmediate(() => controller.abort(new Error("cancelled")));
    const cancelling: Transport = { ...transport, deliver: (...mail) => transport.deliver(...mail).finally(cancelled) };
    const data = await database();
    const sending = mailer(url, data, { signal: controller.signal, openTransport: () => cancelling });
    await expect(sending.send(MAIL)).rejects.toThrow(/abort/i);
    expect(await rows(data)).toMatchObject([{ status: "queued", error_message: expect.any(String) }]);
  });
});
