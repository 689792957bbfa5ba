import { describe, expect, it } from "vitest";
import { createTextAnalyzer } from "../../api/adapters/text-analysis/analyzer.ts";
import { listForms, weighQuestion } from "../../api/core/retrieval/asked-terms.ts";
import { explainRetrieval } from "../../api/core/retrieval/explain-retrieval.ts";
import { productRanking } from "../../api/core/retrieval/lexical-search.ts";
import type { SearchIndex } from "../../api/core/retrieval/search-index.ts";
import { searchTerms } from "../../api/core/retrieval/search-terms.ts";
import { fill, find, findTexts, type OpenSearch } from "./search-fixtures.ts";

const analyzer = createTextAnalyzer();
const filling = ["Nothing of this is asked for.", "Neither is that, nor the rest of it."];

/** What comes first, and why. */
export function searchOrderContract(open: OpenSearch): void {
  describe("in its order", () => {
    it("puts words that stand together as asked before the same words apart", async () => {
      const apart = "The limit of a day is long and the rate of a star is low, they say here.";
      const together = "The rate limit of a day is long, and low is a star here as they all say.";
      for (const passages of [
        [apart, together],
        [together, apart],
      ]) {
        const tenant = await fill(
          open(),
          passages.map((text) => ({ passages: [text, ...filling] })),
        );
        expect((await findTexts(open(), tenant, "rate limit"))[0]).toBe(together);
      }
    });

    it("puts a word in the heading before one in the text, and one in the title before none", async () => {
      const text = "It is sent by post at the end of each month to all who have asked for that.";
      const mention =
        "It is sent as an invoice at the end of each month to all who asked for that.";
      const tenant = await fill(open(), [
        { title: "Post", passages: [["Sending", mention]] },
        { title: "Post", passages: [["Invoice", text]] },
        { title: "Invoice", passages: [["Sending", text.replace("post", "train")]] },
        { title: "Post", passages: [["Sending", text.replace("post", "plane")]] },
      ]);
      const found = await find(open(), tenant, "invoice");
      expect(found.map(({ title, heading }) => `${title}/${heading}`)).toEqual([
        "Post/Invoice",
        "Post/Sending",
        "Invoice/Sending",
      ]);
    });

    it("puts rare words before common ones, and shorter passages before longer ones", async () => {
      const common = Array.from(
        { length: 8 },
        (_, n) => `The server number ${n} answers questions.`,
      );
      const tenant = await fill(open(), [
        { passages: [...common, "The gateway answers questions."] },
        { passages: ["A pelican answers.", `A pelican answers. ${filling.join(" ").repeat(4)}`] },
      ]);
      expect((await findTexts(open(), tenant, "server gateway"))[0]).toContain("gateway");
      expect((await findTexts(open(), tenant, "pelican"))[0]).toBe("A pelican answers.");
    });

    it("takes of equal ones that which was put first, and in a document the first", async () => {
      const tenant = await fill(open(), [
        { title: "one", passages: ["A heron.", "A heron."] },
        { title: "two", passages: ["A heron."] },
      ]);
      const found = await find(open(), tenant, "heron");
      expect(found.map(({ title }) => title)).toEqual(["one", "one", "two"]);
      expect(await find(open(), tenant, "heron", 2)).toEqual(found.slice(0, 2));
    });

    it("says why: the parts of a score add up to it", async () => {
      const tenant = await fill(open(), [
        {
          title: "Limits",
          passages: [["Rate limits", "The rate limit is sixty requests a minute."]],
        },
        { title: "Other", passages: filling },
      ]);
      const deps = { readIndex: open().readIndex, analyzer };
      const asked = "What is the rate limit of requests?";
      const { terms, passages } = await explainRetrieval(deps, tenant, asked, 3);
      expect(terms).toMatchObject([
        { word: "rate", forms: ["rate"], passages: 1, corrected: null },
        { word: "limit", forms: ["limit"], passages: 1, corrected: null },
        { word: "requests", forms: ["request"], passages: 1, corrected: null },
      ]);
      const [best] = passages;
      expect(passages).toHaveLength(1);
      expect(best?.length).toBe(8);
      expect(best?.contributions).toMatchObject([
        { word: "rate", text: 1, heading: 1, title: 0 },
        { word: "limit", text: 1, heading: 1, title: 1 },
        { word: "requests", text: 1, heading: 0, title: 0 },
      ]);
      expect(best?.phrase).toBeGreaterThan(0);
      const parts = best?.contributions.map(({ score }) => score) ?? [];
      const sum = parts.reduce((a, b) => a + b, best?.phrase ?? 0);
      expect(sum).toBeCloseTo(best?.passage.score ?? 0, 10);
      expect((await find(open(), tenant, asked))[0]).toEqual(best?.passage);
    });

    it("explains which known word was taken for an unknown one", async () => {
      const tenant = await fill(open(), [
        { passages: ["The subscriptions of a tenant end at midnight."] },
      ]);
      const deps = { readIndex: open().readIndex, analyzer };
      const { terms } = await explainRetrieval(deps, tenant, "subscrptions", 3);
      expect(terms).toMatchObject([{ word: "subscrptions", corrected: "subscript" }]);
    });
  });

  describe("of common words", () => {
    it("is what it would be if all postings were read, and reads fewer", async () => {
      const random = createRandom(20);
      const words = Array.from(
        { length: 60 },
        (_, n) => `word${"abcdefghij"[n % 10]}${"klmnop"[Math.floor(n / 10)]}q`,
      );
      const pick = () => words[Math.floor(random() ** 3 * words.length)] ?? "";
      const text = () => Array.from({ length: 5 + Math.floor(random() * 12) }, pick).join(" ");
      const tenant = await fill(
        open(),
        Array.from({ length: 40 }, () => ({ passages: Array.from({ length: 4 }, text) })),
      );
      let saved = 0;
      for (let round = 0; round < 60; round += 1) {
        const rare = words.at(-1 - Math.floor(random() * 20)) ?? "";
        const question = [rare, ...Array.from({ length: 1 + (round % 4) }, pick)].join(" ");
        const limit = 1 + (round % 7);
        const whole = await rank(question, limit, Infinity);
        const bounded = await rank(question, limit, 5);
        expect(bounded.ranked, `${question} ${limit}`).toEqual(whole.ranked);
        if (bounded.read < whole.read) saved += 1;
      }
      expect(saved).toBeGreaterThan(0);

      function rank(question: string, limit: number, readAtOnce: number) {
        return open().readIndex(tenant, async (index) => {
          const statistics = await index.readStatistics(listForms(analyzer, question));
          const { terms } = weighQuestion(analyzer, question, statistics, productRanking);
          const averageLength = statistics.length / statistics.passages;
          const { counted, read } = countRead(index);
          const search = { terms, averageLength, parameters: productRanking, limit, least: 0 };
          const ranked = await searchTerms(counted, search, readAtOnce);
          return { ranked, read: read() };
        });
      }
    });
  });
}

/** The index with a count of the mentions that were read. */
function countRead(index: SearchIndex): { counted: SearchIndex; read: () => number } {
  let sum = 0;
  const counted: SearchIndex = {
    ...index,
    async readPostings(terms, documents) {
      const postings = await index.readPostings(terms, documents);
      for (const { size } of postings.values()) sum += size;
      return postings;
    },
  };
  return { counted, read: () => sum };
}

function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}
