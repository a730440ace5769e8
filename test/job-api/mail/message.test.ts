import { describe, expect, it } from "vitest";
import { database, MAIL, mailer, smtp } from "../../helpers/mailer.ts";

describe("a message", () => {
  it("writes text and HTML, escaped, with the headers that machines read", async () => {
    const server = await smtp();
    const subject = "Überfällig\r\nBcc: evil@example.com";
    await mailer(server.url(), await database()).send({ ...MAIL, subject, bulk: { unsubscribe: "https://example.com/u?id={address}" } });
    const { raw, to } = server.mails[0] ?? { raw: "", to: [] };
    expect(to).toEqual(["ann@example.com"]);
    expect(raw.split("\r\n\r\n", 1)[0]).not.toMatch(/^Bcc:/m);
    expect(raw).toMatch(/^List-Unsubscribe: <https:\/\/example.com\/u\?id=ann%40example.com>\r$/m);
    expect(raw).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m);
    expect(raw).toMatch(/^Auto-Submitted: auto-generated\r$/m);
    expect(raw).toMatch(/^Date: Sun, 22 Nov 2026 03:00:00 \+0000\r$/m);
    expect(raw).toMatch(/^Content-Type: multipart\/alternative/m);
    expect(raw).toContain("Hello <Ann> & all");
    expect(raw).toContain("<p>Hello &lt;Ann&gt; &amp; all</p>");
  });

  it.each(["a@example.com, b@example.com", "a@example.com\r\nRCPT TO:<b@example.com>", "nobody", "-oX@example.com", ""])(
    "refuses the address %j",
    async (address) => {
      const server = await smtp();
      const outcome = await mailer(server.url(), await database()).attempt({ ...MAIL, to: { address } });
      expect(outcome).toMatchObject({ status: "refused", reason: expect.stringContaining("is no mail address") });
      expect(server.mails).toEqual([]);
    },
  );
});
