import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { linkCitations } from "../../element/markdown/citations.ts";
import { createMarkdownWriter } from "../../element/markdown/writer.ts";
import { source } from "./support/frames.ts";

afterEach(() => document.body.replaceChildren());

/** What an answer looks like, written in pieces of `size`. */
function write(text: string, size = text.length || 1): HTMLElement {
  const root = document.body.appendChild(document.createElement("div"));
  const writer = createMarkdownWriter(root);
  for (let at = 0; at < text.length; at += size) writer.write(text.slice(at, at + size));
  writer.end();
  return root;
}

describe("Markdown", () => {
  test.each([
    ["**bold** and *soft*", "<p><strong>bold</strong> and <em>soft</em></p>"],
    ["# One\n\n## Two", "<h3>One</h3><h4>Two</h4>"],
    ["### One\n\n## Two\n\n#### Three", "<h3>One</h3><h3>Two</h3><h4>Three</h4>"],
    ["- a\n- b\n", "<ul><li>a</li><li>b</li></ul>"],
    ["3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'],
    ["`x < y`", "<p><code>x &lt; y</code></p>"],
    [
      "```ts\nlet a;\n```\n",
      '<div class="code" data-language="ts"><button type="button" class="copy-code" aria-label="Copy code" data-label="Copy"></button><pre tabindex="0"><code>let a;</code></pre></div>',
    ],
    ["> quoted", "<blockquote><p>quoted</p></blockquote>"],
    [
      "|a|b|\n|-|-|\n|1|2|\n",
      '<div class="table" tabindex="0"><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table></div>',
    ],
    ["one\r\n\r\ntwo", "<p>one</p><p>two</p>"],
    ["half **bold", "<p>half <strong>bold</strong></p>"],
    ["a [link](https://a.example/x", "<p>a [link](https://a.example/x</p>"],
    ["a [link", "<p>a [link</p>"],
    ["a [b] c", "<p>a [b] c</p>"],
    ["a [b\n\nc", "<p>a [b</p><p>c</p>"],
  ])("%j", (text, html) => {
    expect(write(text).innerHTML).toBe(html);
    expect(write(text, 1).innerHTML).toBe(html);
  });

  test("a link opens elsewhere and tells nothing of where it came from", () => {
    const link = write('See [the docs](https://a.example/x "title") now.').querySelector("a");
    expect(link?.outerHTML).toBe(
      '<a href="https://a.example/x" target="_blank" rel="noopener noreferrer">the docs</a>',
    );
  });

  test.each([
    ["at https://a.example/x.", "https://a.example/x", "at https://a.example/x."],
    ["(see https://a.example/x), so", "https://a.example/x", "(see https://a.example/x), so"],
    ["https://a.example/x_(y) z", "https://a.example/x_(y)", "https://a.example/x_(y) z"],
    ["at <https://a.example/x>.", "https://a.example/x", "at https://a.example/x."],
    ["<https://a.example/x>, <b>", "https://a.example/x", "https://a.example/x, <b>"],
    [
      "<https://a.example/x_y_(z)*1*>",
      "https://a.example/x_y_%28z%29*1*",
      "https://a.example/x_y_%28z%29*1*",
    ],
    ["<mailto:a@b.example>", "mailto:a@b.example", "mailto:a@b.example"],
    ["**<https://a.example/x>**", "https://a.example/x", "https://a.example/x"],
    ["(<https://a.example/x?a=b&c>)", "https://a.example/x?a=b&c", "(https://a.example/x?a=b&c)"],
    ["- <https://a.example/x>\n", "https://a.example/x", "https://a.example/x"],
    ["> <https://a.example/x>", "https://a.example/x", "https://a.example/x"],
    ["|<https://a.example/x>|\n|-|\n|y|\n", "https://a.example/x", "https://a.example/xy"],
  ])("the bare address in %j", (text, href, shown) => {
    const root = write(text);
    expect(root.querySelector("a")?.getAttribute("href")).toBe(href);
    expect(root.textContent).toBe(shown);
    expect(write(text, 1).innerHTML).toBe(root.innerHTML);
  });

  test.each([
    "`<https://a.example>`",
    "```\n<https://a.example>\n```",
    "<javascript:alert(1)>",
    "<https://a b>",
    "<https://a.example",
    "a < b, <https",
    "<h1>",
  ])("%j has no link in brackets", (text) => {
    for (const size of [text.length, 1]) {
      const root = write(text, size);
      expect(root.querySelectorAll("a")).toHaveLength(0);
      expect(root.textContent).toBe(text.replaceAll(/`+\n?|\n`+/g, ""));
    }
  });

  test("a checkbox says whether it is checked", () => {
    const marks = [...write("- [x] a\n- [ ] b\n").querySelectorAll(".checkbox")];
    expect(marks.map((mark) => mark.ariaLabel)).toEqual(["Done", "Not done"]);
  });
});

describe("whatever a model says, it is text:", () => {
  const allowed = new Set(
    "P H3 H4 H5 H6 PRE CODE EM STRONG S A BLOCKQUOTE BR HR UL OL LI SPAN DIV TABLE TR TH TD BUTTON".split(
      " ",
    ),
  );
  const attributes = new Set(
    "href target rel class part type disabled data-number data-language data-label role aria-label start tabindex".split(
      " ",
    ),
  );

  function expectHarmless(root: HTMLElement): void {
    for (const element of root.querySelectorAll("*")) {
      expect(allowed, element.outerHTML).toContain(element.tagName);
      for (const { name } of element.attributes)
        expect(attributes, element.outerHTML).toContain(name);
      const href = element.getAttribute("href");
      if (href !== null) expect(href).toMatch(/^(https?:|mailto:)/);
    }
  }

  test.each([
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](\u0001javascript:alert(1))",
    "[x](  javascript:alert(1) )",
    "[x](<javascript:alert(1)>)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](file:///etc/passwd)",
    "[x](blob:https://a.example/1)",
    "[x](//evil.example)",
    "[x](/relative)",
    "[x](#fragment)",
    '[x](https://a.example" onclick="alert(1))',
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![x](https://tracker.example/pixel.png)",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "<svg/onload=alert(1)>",
    "<style>*{display:none}</style>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<base href='https://evil.example'>",
    "<form action='https://evil.example'><input name=x>",
    "```html\n<script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "&lt;script&gt;",
    "<!-- <script>alert(1)</script> -->",
    "[![x](javascript:a)](javascript:b)",
    "http://javascript:alert(1)",
  ])("%j", (text) => {
    for (const size of [text.length, 1]) {
      const root = write(text, size);
      expectHarmless(root);
      expect(root.querySelectorAll("img, script, iframe, style, svg, form, input")).toHaveLength(0);
    }
  });

  test("an image is a link to it, and is not loaded", () => {
    const root = write("![a plan](https://a.example/plan.png)");
    expect(root.innerHTML).toBe(
      '<p><a href="https://a.example/plan.png" target="_blank" rel="noopener noreferrer">a plan</a></p>',
    );
  });

  const fragments = fc.constantFrom(
    ..."[|]|(|)|![|](|**|*|_|`|```|\n|\n\n|> |- |1. |    |#|# |http://a.b|javascript:|<img src=x onerror=1>|$$|\\(|~~|<br>|[ ] |a|1|\\|---|\t|😀".split(
      "|",
    ),
    "|",
    "|-|",
    " ",
  );
  test("any mixture, in any pieces", () => {
    fc.assert(
      fc.property(
        fc.array(fragments, { maxLength: 60 }),
        fc.integer({ min: 1, max: 9 }),
        (parts, size) => {
          const root = write(parts.join(""), size);
          expectHarmless(root);
          root.remove();
        },
      ),
      { numRuns: 400 },
    );
  });

  test("what is nested very deeply stays shallow and keeps its text", () => {
    const depthOf = (element: Element): number =>
      1 + Math.max(0, ...[...element.children].map(depthOf));
    const items = Array.from({ length: 60 }, (_, level) => `item ${level} [a](https://a.example)`);
    const list = items.map((item, level) => `${"  ".repeat(level)}- [x] ${item}`).join("\n");
    for (const text of [`${"> ".repeat(500)}end`, `${"*_".repeat(200)}end`, `${list}\n\nend`]) {
      const root = write(text);
      expect(depthOf(root)).toBeLessThan(40);
      expect(root.textContent).toContain("end");
      expectHarmless(root);
    }
    const shown = write(list).textContent;
    for (const level of items.keys()) expect(shown).toContain(`item ${level} `);
  });

  test("a link keeps its words at any depth", () => {
    for (let depth = 1; depth < 22; depth += 1) {
      const root = write(`${"> ".repeat(depth)}[a **b** c](https://a.example)`);
      expect(root.textContent, `at depth ${depth}`).toBe("a b c");
    }
  });

  test.each([
    ["a link's address", "[a]("],
    ["a bare address", "http://"],
    ["a fence's language", "```"],
    ["a number", "1"],
  ])("%s without an end is shown as it comes instead of being pondered", (_, before) => {
    const root = document.body.appendChild(document.createElement("div"));
    const writer = createMarkdownWriter(root);
    const text = before + "1".repeat(20_000);
    for (let at = 0; at < text.length; at += 50) writer.write(text.slice(at, at + 50));
    expect(root.textContent.length).toBeGreaterThan(text.length - 3000);
    for (const link of root.querySelectorAll("a"))
      expect(link.textContent.length).toBeLessThan(3000);
    writer.end();
    expect(root.textContent).toBe(text);
  });

  test("a character of two units is whole wherever it was cut", () => {
    expect(write("😀".repeat(1000)).textContent).toBe("😀".repeat(1000));
    expect(write("😀".repeat(9), 1).textContent).toBe("😀".repeat(9));
    expect(write(`a${"😀".repeat(1000)}`).textContent).toBe(`a${"😀".repeat(1000)}`);
  });
});

test("text that came is never built again", () => {
  const root = document.body.appendChild(document.createElement("div"));
  const writer = createMarkdownWriter(root);
  writer.write("First **paragraph**.\n\nSecond");
  const nodes = [...root.querySelectorAll("*")];
  writer.write(" one, [1] and more.\n\nThird");
  writer.end();
  expect([...root.querySelectorAll("*")].slice(0, nodes.length)).toEqual(nodes);
  expect(nodes.every((node) => node.isConnected)).toBe(true);
});

test("a quoted record has a line for each field", () => {
  const root = write("> plan: Basic  \n> price: 10 [1]\n\nSo it is.");
  expect(root.querySelectorAll("blockquote br")).toHaveLength(1);
  expect(root.querySelector("blockquote")?.textContent.replace(/\s+/g, " ")).toMatch(
    /Basic ?price: 10 1/,
  );
});

describe("citations", () => {
  test.each([1, 3, 1000])(
    "are shown however models write them, %i characters at a time",
    (size) => {
      const root = write(
        "A【1†source】, b [^1], c [Source 2], d [1; 2 and 3], e ［2］ 【3】【1】, f! g![1] h [2](see below), `【1】` 【x】 [Step 1].",
        size,
      );
      const marks = [...root.querySelectorAll<HTMLButtonElement>("button.citation")];
      expect(marks.map((mark) => mark.textContent).join(" ")).toBe("1 1 2 1 2 3 2 3 1 1 2");
      linkCitations(root, [source(3)]);
      expect(root.textContent).toBe(
        "A【1†source】, b [^1], c [Source 2], d [1][2]3, e ［2］ 3【1】, f! g![1] h [2](see below), 【1】 【x】 [Step 1].",
      );
    },
  );

  test("come to life with their sources, and stay text without", () => {
    const root = write("True [1], so [1, 2]. Odd [9]. Not `a[1]`, nor [1](https://a.example).");
    const marks = () => [...root.querySelectorAll<HTMLButtonElement>("button.citation")];
    expect(marks().map((mark) => mark.textContent)).toEqual(["1", "1", "2", "9"]);
    expect(marks().every((mark) => mark.disabled)).toBe(true);

    linkCitations(root, [source(1, { title: "Guide" }), source(2)]);
    expect(marks().map((mark) => mark.ariaLabel)).toEqual([
      "Source 1: Guide",
      "Source 1: Guide",
      "Source 2: Document 2",
    ]);
    expect(marks().some((mark) => mark.disabled)).toBe(false);
    expect(root.textContent).toBe("True 1, so 12. Odd [9]. Not a[1], nor 1.");
  });

  test("never begin a line", () => {
    const bound = write("a few words [1].").querySelector(".bound");
    expect(bound?.textContent).toBe("words 1");
  });
});
