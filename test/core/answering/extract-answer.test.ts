import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeTenant } from "../../support/tenant.ts";
import { ask, findPassages, makeMessage, shareOf } from "../../support/extractive.ts";
import { markdown } from "../../support/markdown.ts";

const guide = `# Guide

A small server for gardens.

## Starting

Run the server with one command:

\`\`\`sh
npm start
\`\`\`

It needs no key. The server listens on port 8000.

## Limits

| code | meaning |
| --- | --- |
| 4401 | the token is refused |
| 4429 | too many requests |

Requests are counted by tenant. Each tenant may make 60 requests a minute.

## Colours

Gardens come in three colours:

- green for grass
- blue for water
- grey for stones
`;

/** Quoted lines are joined, and lose their marks. */
const squeeze = (text: string) => text.replace(/[\s>]+/g, " ").trim();

const nothing = "The documents that I can search don't answer that.";

describe("an answer", () => {
  it("shows a record field by field, as a whole", async () => {
    const plans =
      "plan: Basic\nprice: free. Always.\n\nplan: Gold\nprice: 10 euros. A month.\nseats: 5";
    const { text, result } = await ask("What is the price of the gold plan?", { plans });
    expect(text).toContain("> plan: Gold  \n> price: 10 euros. A month.  \n> seats: 5 [1]");
    expect(result.citations?.[0]).toMatchObject({ verified: true, how: "verbatim" });
  });

  it("quotes what fits, numbers it, and says that no model is configured", async () => {
    const { text, result } = await ask("What listens on the port of the server?", { guide });
    expect(text).toBe(
      [
        "This is what the documents say:",
        "**Guide › Starting**",
        "> The server listens on port 8000. [1]",
        "*No language model is configured, so this answer quotes the documents word for word.*",
      ].join("\n\n"),
    );
    expect(result).toMatchObject({ model: "extractive", finishReason: "stop" });
    const start = guide.indexOf("The server listens");
    expect(result.sources).toEqual([
      {
        number: 1,
        document_id: "guide",
        title: "Guide",
        url: null,
        heading: "Guide › Starting",
        excerpt: "The server listens on port 8000.",
        start,
        end: start + 32,
        score: 1,
        page: null,
        verified: true,
      },
    ]);
  });

  it("takes every excerpt from its place in the document, whatever the text", async () => {
    await fc.assert(
      fc.asyncProperty(markdown, markdown, async (one, two) => {
        const documents: Record<string, string> = { one, two };
        const { text, result } = await ask("alpha beta delta?", documents);
        expect(result.citations.filter(({ verified }) => !verified)).toEqual([]);
        // Code that its document never closes is closed by the answer.
        const isWhole = !/```|~~~/.test(one + two);
        for (const { how } of result.citations) expect(how === "verbatim" || !isWhole).toBe(true);
        expect(result.citations.map(({ number }) => number)).toEqual(
          result.sources.map(({ number }) => number),
        );
        for (const [i, source] of result.sources.entries()) {
          expect(source.verified).toBe(true);
          for (const { start, end } of result.citations[i]?.places ?? []) {
            const words = documents[source.document_id]?.slice(start, end) ?? "";
            expect(squeeze(text)).toContain(squeeze(words));
          }
          expect(source.number).toBe(i + 1);
          expect(source.excerpt).not.toBe("");
          expect(documents[source.document_id]?.slice(source.start, source.end)).toBe(
            source.excerpt,
          );
          expect(text).toContain(`[${source.number}]`);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("has no text of its own but the lead-in, the places and the note, whatever the text", async () => {
    await fc.assert(
      fc.asyncProperty(markdown, async (document) => {
        const { text, result } = await ask("alpha beta delta?", { document });
        if (result.sources.length === 0) {
          expect(text).toContain(nothing);
          return;
        }
        const known = document.replace(/[\s>]/g, "");
        const [lead, ...lines] = text.split(/\r\n|\n|\r/);
        expect(lead).toMatch(/^(?:This is what|The documents may not)/);
        expect(lines.pop()).toMatch(/^\*No language model/);
        const places = new Set(
          result.sources.map(({ title, heading }) => `${title}${heading}`.replace(/\W/g, "")),
        );
        for (const line of lines) {
          const isPlace =
            line.startsWith("**") &&
            [...places].some((place) => place.includes(line.replace(/\W/g, "")));
          const quoted = line.replace(/(?:^| )\[\d\]$/, "").replace(/[\s>]/g, "");
          const isFence = /^(?:`{3,}|~{3,})$/.test(quoted);
          expect(isPlace || isFence || known.includes(quoted), JSON.stringify(line)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("says nothing twice", async () => {
    const copy = guide
      .replace("# Guide", "# Handbook")
      .replace("The server listens", "The server also listens");
    const { result } = await ask("Which port does the server listen on?", { guide, copy });
    expect(
      result.sources.filter(({ excerpt }) => excerpt.includes("listens on port")),
    ).toHaveLength(1);
  });

  it("goes through a document in reading order, the best document first", async () => {
    const first =
      "# First\n\nRoses want sun.\n\n## More\n\nWater roses at night. Roses grow slowly in the shade.";
    const second = "# Second\n\nSomething about roses.";
    const question = "roses shade grow";
    const { result } = await ask(
      question,
      { second, first },
      { passages: findPassages(question, { second, first }) },
    );
    const places = result.sources.map(({ document_id, start }) => ({ document_id, start }));
    expect(places[0]?.document_id).toBe("first");
    expect(places).toEqual(
      places.toSorted((a, b) => a.document_id.localeCompare(b.document_id) || a.start - b.start),
    );
  });

  it("quotes at most five units", async () => {
    const sentences = Array.from(
      { length: 12 },
      (_, i) => `Roses number ${i} stand by wall ${"abcdefghijkl"[i]} of garden ${i * 7}.`,
    );
    const { result } = await ask("roses", { document: sentences.join("\n\n---\n\n") });
    expect(result.sources).toHaveLength(5);
  });

  it("doesn't hide that what it found may not be the answer", async () => {
    const question = "green grass";
    const passages = findPassages(question, { guide }).map((passage) => ({
      ...passage,
      score: 0.3,
    }));
    expect((await ask(question, { guide }, { passages })).text).toMatch(
      /^The documents may not answer this directly/,
    );
  });
});

describe("what belongs together is quoted together:", () => {
  it("code with the sentence that introduces it", async () => {
    for (const question of ["npm", "Run with one command"]) {
      const { text, result } = await ask(question, { guide });
      expect(text).toContain("> Run the server with one command:\n\n```sh\nnpm start\n```\n\n[1]");
      expect(result.sources[0]?.excerpt).toBe(
        "Run the server with one command:\n\n```sh\nnpm start\n```",
      );
    }
  });

  it("a list with its introduction", async () => {
    const { text, result } = await ask("Which three colours do gardens come in?", { guide });
    expect(text).toContain(
      "> Gardens come in three colours:\n\n- green for grass\n- blue for water\n- grey for stones\n\n[1]",
    );
    expect(result.sources[0]?.excerpt).toMatch(
      /^Gardens come in three colours:\n\n- green[^]*stones$/,
    );
  });

  it("a row with the header of its table", async () => {
    const { text, result } = await ask("refused token", { guide });
    expect(text).toContain(
      "| code | meaning |\n| --- | --- |\n| 4401 | the token is refused |\n\n[1]",
    );
    expect(result.sources[0]?.excerpt).toBe("| 4401 | the token is refused |");
  });

  it("a sentence with the one that it points back to", async () => {
    const { result } = await ask("dry soil", {
      document: "# Roses\n\nRoses are plants. They want soil that is dry. Other plants don't.",
    });
    expect(result.sources[0]?.excerpt).toBe("Roses are plants. They want soil that is dry.");
  });

  it("a label with what it names", async () => {
    const { result } = await ask("port taken", {
      document: "# Trouble\n\n**A port is taken.** Set another one. Start again.",
    });
    expect(result.sources[0]?.excerpt).toBe("**A port is taken.** Set another one. Start again.");
  });

  it("sentences with one short sentence between them, but no more", async () => {
    const quoted = async (between: string) => {
      const { result } = await ask("roses", {
        document: `# A\n\nRoses want sun. ${between} Roses hate frost.`,
      });
      return result.sources.map(({ excerpt }) => excerpt);
    };
    expect(await quoted("Beans don't.")).toEqual([
      "Roses want sun. Beans don't. Roses hate frost.",
    ]);
    expect(await quoted("Beans don't. Peas do.")).toEqual(["Roses want sun.", "Roses hate frost."]);
  });

  it("a lone item as prose, on one line", async () => {
    const { text } = await ask("water", {
      document: "# A\n\n- green for grass\n- blue for\n  water",
    });
    expect(text).toContain("> blue for water [1]");
  });

  it("an item that is indented in its document, without that indentation", async () => {
    const document = "# A\n\n1. Steps:\n\n   - fetch water\n     now\n   - pour water\n";
    expect((await ask("water", { document })).text).toContain(
      "- fetch water\n  now\n- pour water\n",
    );
  });
});

describe("without an answer", () => {
  it("says so when nothing is found or nothing is relevant enough", async () => {
    const passages = findPassages("grass", { guide }).map((passage) => ({
      ...passage,
      score: 0.1,
    }));
    for (const request of [{ passages: [] }, { passages }]) {
      const { text, result } = await ask("grass", { guide }, request);
      expect(text).toContain(nothing);
      expect(text).toContain("No language model is configured");
      expect(result.sources).toEqual([]);
    }
  });

  it("says so when the search is switched off", async () => {
    const tenant = makeTenant("demo", { features: { rag: false } });
    for (const question of ["Which port?", "hello"]) {
      const { text, result } = await ask(question, { guide }, { tenant });
      expect(text).toContain("switched off");
      expect(result.sources).toEqual([]);
    }
  });

  it("tells who greets it what can be asked, with titles only where they are given", async () => {
    const bare = await ask("hello", {});
    expect(bare.text).toMatch(/^Hello! Ask me about the documents of Tenant demo:/);
    expect(bare.text).not.toContain("Among them");
    expect(bare.result.sources).toEqual([]);
    const passages = findPassages("server", { guide });
    expect((await ask("What can you do?", { guide }, { passages })).text).toContain(
      "Among them: Guide.",
    );
  });
});

describe("a passage that has one of several words of the question", () => {
  const document = "# Guide\n\nThe policy of the garden is to grow roses.";
  const question = "What is your refund policy?";

  it("has it by chance, and isn't quoted", async () => {
    const [passage] = findPassages(question, { document });
    if (!passage) throw new Error("Nothing is found");
    const passages = [{ ...passage, score: 0.6 }];
    const { text, result } = await ask(question, { document }, { passages });
    expect(text).toContain(nothing);
    expect(result.sources).toEqual([]);
  });

  it("is quoted where the search finds it to be about that word", async () => {
    const [passage] = findPassages(question, { document });
    if (!passage) throw new Error("Nothing is found");
    const passages = [{ ...passage, score: 0.7 }];
    const { result } = await ask(question, { document }, { passages });
    expect(result.sources).toHaveLength(1);
  });
});

it("a follow-up is answered with the question before it in mind", async () => {
  const document =
    "# Server\n\nStop the server on Windows with Ctrl-C.\n\n---\n\nStart the server on Windows with npm.";
  const history = [makeMessage("user", "How do I start it?")];
  const { result } = await ask("and on Windows?", { document }, { history });
  expect(result.sources.map(({ excerpt }) => excerpt)).toEqual([
    "Start the server on Windows with npm.",
  ]);
});

it("the usage counts what was read and what was said, at no cost", async () => {
  const question = "Which port does the server listen on?";
  const { text, result } = await ask(question, { guide });
  const count = (words: string) => words.split(/\s+/).length;
  const read = [question, ...findPassages(question, { guide }).map((passage) => passage.text)].join(
    "\n",
  );
  const usage = { promptTokens: count(read), completionTokens: count(text) };
  expect(result.usage).toEqual({
    ...usage,
    totalTokens: count(read) + count(text),
    cost: 0,
    estimated: true,
  });
  expect(shareOf(question, text)).toBeGreaterThan(0);
});
