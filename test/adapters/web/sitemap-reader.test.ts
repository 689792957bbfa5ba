import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { sitemapReader } from "../../../api/adapters/web/sitemap-reader.ts";

const read = (text: string) => sitemapReader.read(Buffer.from(text));
const namespace = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"';
const urlset = (...urls: string[]) =>
  `<?xml version="1.0" encoding="UTF-8"?><urlset ${namespace}>${urls.map((url) => `<url><loc>${url}</loc></url>`).join("")}</urlset>`;

it("gives the addresses of the pages, in their order", async () => {
  const text = `<urlset ${namespace} xmlns:image="i"><url><loc> https://a.b/?a=1&amp;b=&#50; </loc><lastmod/>
    <image:image><image:loc>https://a.b/i.png</image:loc></image:image></url><url><loc><![CDATA[https://a.b/<c>]]></loc></url></urlset>\n<!-- end -->`;
  const locations = ["https://a.b/?a=1&b=2", "https://a.b/<c>"];
  expect(await read(text)).toEqual({ kind: "pages", locations });
  expect(await sitemapReader.read(gzipSync(text))).toEqual({ kind: "pages", locations });
});

it("gives the addresses of an index's sitemaps, under whatever prefix", async () => {
  const text = `<s:sitemapindex xmlns:s="x"><s:sitemap><s:loc>https://a.b/1.xml</s:loc></s:sitemap></s:sitemapindex>`;
  expect(await read(text)).toEqual({ kind: "sitemaps", locations: ["https://a.b/1.xml"] });
});

it("replaces no entity that a file defines, so that a bomb stays a few bytes", async () => {
  const lol = Array.from({ length: 20 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`);
  const doctype = `<!DOCTYPE urlset [<!ENTITY l0 "lol"><!ENTITY x SYSTEM "file:///etc/passwd">${lol.join("")}]>`;
  const { locations } = await read(`${doctype}${urlset("https://a.b/&l20;&x;")}`);
  expect(locations.join().length).toBeLessThan(100);
  expect(locations.join()).not.toContain("root:");
});

describe("refuses", () => {
  it.each([
    ["one that ends too early", urlset("https://a.b/1", "https://a.b/2").slice(0, -9)],
    ["one cut in an entry", urlset("https://a.b/1", "https://a.b/2").slice(0, -30)],
    ["what isn't XML", "https://a.b/1\nhttps://a.b/2"],
    ["a page", "<html><body>Not found</body></html>"],
    ["nothing", ""],
    ["two roots", urlset("https://a.b/1") + urlset("https://a.b/2")],
    ["one that is nested deeply", "<urlset>".repeat(100) + "</urlset>".repeat(100)],
    ["too many entries", urlset(...Array.from({ length: 50_001 }, () => "a"))],
  ])("%s", async (_what, text) => {
    await expect(read(text)).rejects.toMatchObject({ name: "InvalidSitemapError" });
  });

  it("what unpacks to more than 10 MiB, what can't be unpacked, and what is no UTF-8", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20, " "));
    for (const bytes of [bomb, gzipSync(urlset("a")).subarray(0, 40), Buffer.from([0xff, 0xfe])])
      await expect(sitemapReader.read(bytes)).rejects.toMatchObject({
        name: "InvalidSitemapError",
      });
  });
});
