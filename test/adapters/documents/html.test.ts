import { describe, expect, it } from "vitest";
import { readHtml } from "../../../api/adapters/documents/html.ts";
import { splitPassages } from "../../../api/core/documents/passages.ts";
import { parse, toInput } from "./read.ts";

const textOf = (html: string) => readHtml(toInput(html)).text;

describe("of a page", () => {
  it("title, language, headings, lists, tables, code and links' words are kept, scripts and menus left out", async () => {
    const page = await parse(
      `<!doctype html><html lang="de-AT"><head><title> Our
        Handbook </title><style>p{}</style></head><body>
      <nav><a href="/">Home</a></nav><script>alert("x")</script>
      <h1>Guide</h1><p>Hello <b>big</b> <a href="/x">world</a>.<br>Second&nbsp;line &amp; more</p>
      <h2>Lists</h2><ul><li>a<ul><li>b</li></ul></li><li><p>c</p><p>d</p></li></ul>
      <ol start="3"><li>x<li>y</ol>
      <table><caption>Prices</caption><tr><th>Key</th><th>Value</th></tr><tr><td>a|b</td><td>2<br>3</td></tr></table>
      <pre><code class="language-js">let a = 1;
  let b;</code></pre><p>Run <code>npm start</code>.</p>
      <blockquote><p>q1</p><p>q2</p></blockquote><p hidden>secret</p></body></html>`,
      "text/html",
    );
    expect(page).toMatchObject({
      title: "Our Handbook",
      language: "de",
      pages: [],
      text: [
        "# Guide",
        "Hello big world.\nSecond\u00a0line & more",
        "## Lists",
        "- a\n  - b\n- c\n\n  d",
        "3. x\n4. y",
        "Prices",
        "| Key | Value |\n| --- | --- |\n| a\\|b | 2 3 |",
        "```js\nlet a = 1;\n  let b;\n```",
        "Run `npm start`.",
        "> q1\n>\n> q2",
      ].join("\n\n"),
    });
  });

  it("words that look like Markdown stay words", () => {
    expect(textOf("<p># one</p><p>&gt; two</p><p>---</p><pre>```\nx\n```</pre>")).toBe(
      "\\# one\n\n\\> two\n\n\\---\n\n````\n```\nx\n```\n````",
    );
  });

  it("without html and body, all is read", () => {
    expect(textOf("Only <i>this</i><p>and that")).toBe("Only this\n\nand that");
    expect(textOf("<!doctype html><title>T</title><p>Words")).toBe("Words");
  });

  it("tables that make a layout are read as what they hold", () => {
    expect(textOf("<table><tr><td><h2>A</h2><p>b</p></td><td><ul><li>c</ul></td></table>")).toBe(
      "## A\n\nb\n\n- c",
    );
  });
});

describe("of an article among much else", () => {
  const article = Array.from(
    { length: 8 },
    (_, i) =>
      `<h2>Part ${i}</h2><p>${"A sentence of the article, which says something, and goes on. ".repeat(6)}</p>`,
  ).join("");
  const menu = Array.from({ length: 30 }, (_, i) => `<li><a href="/${i}">Menu ${i}</a>`).join("");

  it("only the article is kept, with its headings under its own", () => {
    const page = `<html><head><title>The story</title></head><body><div class="sidebar"><ul>${menu}</ul></div><div class="content"><h1>The story</h1>${article}</div><footer>Imprint</footer></body></html>`;
    const text = textOf(page);
    expect(text).not.toMatch(/Menu 3|Imprint/);
    expect(new Set(splitPassages(text).map(({ heading }) => heading))).toContain(
      "The story › Part 3",
    );
  });

  it("all is kept when what looks like the article is the smaller part", () => {
    const answers = Array.from(
      { length: 40 },
      (_, i) => `<dl><dt>Question ${i}?</dt><dd>Answer ${i} in a few words only</dd></dl>`,
    ).join("");
    const text = textOf(`<html><body><div>${answers}</div></body></html>`);
    for (let i = 0; i < 40; i++) expect(text).toContain(`Answer ${i} in`);
  });
});

describe("the charset of a page", () => {
  const latin1 = (html: string) => new Uint8Array(Buffer.from(html, "latin1"));

  it("is what its meta element says, its media type, or a byte order mark", async () => {
    expect(readHtml(toInput(latin1('<meta charset="iso-8859-1"><p>Größe</p>'))).text).toBe("Größe");
    expect(
      readHtml(
        toInput(latin1('<meta http-equiv=x content="text/html; charset=windows-1252"><p>Größe')),
      ).text,
    ).toBe("Größe");
    expect((await parse(latin1("<p>Größe</p>"), 'Text/HTML; charset="windows-1252"')).text).toBe(
      "Größe",
    );
    const utf16 = new Uint8Array(Buffer.from("\ufeff<p>Größe</p>", "utf16le"));
    expect(readHtml(toInput(utf16)).text).toBe("Größe");
  });

  it("is UTF-8 where nothing says it, and bytes of another are an error", () => {
    expect(textOf("<p>Größe</p>")).toBe("Größe");
    expect(() => readHtml(toInput(latin1("<p>Größe</p>")))).toThrow("not valid UTF-8");
    expect(() => readHtml(toInput('<meta charset="klingon"><p>x'))).toThrow("klingon is unknown");
  });
});

it("a page of 10,000 headings is read, and splits into passages of a sensible number", async () => {
  const html = Array.from({ length: 10_000 }, (_, i) => `<h2>Heading ${i}</h2><p>Text ${i}.</p>`);
  const { text } = await parse(`<html><body>${html.join("")}</body></html>`, "text/html");
  expect(text.match(/^## Heading \d+$/gm)).toHaveLength(10_000);
  const passages = splitPassages(text);
  expect(passages.length).toBeLessThan(700);
  expect(passages.at(-1)?.text).toContain("Text 9999.");
});
