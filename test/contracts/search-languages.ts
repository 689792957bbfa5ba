import { describe, expect, it } from "vitest";
import { fill, find, findTexts, type OpenSearch } from "./search-fixtures.ts";

const inflected: readonly (readonly [language: string, text: string, question: string])[] = [
  ["English", "Embedding takes one line of script.", "How do I embed it?"],
  ["German", "Die Rechnungen werden am Ende des Monats verschickt.", "Wann kommt die Rechnung?"],
  ["French", "Les factures sont envoyées à la fin du mois.", "Quand la facture est-elle envoyée ?"],
  ["Spanish", "Las facturas se envían al final de cada mes.", "¿Cuándo se envía la factura?"],
  ["Italian", "Le fatture vengono spedite alla fine del mese.", "Quando viene spedita la fattura?"],
  [
    "Dutch",
    "De facturen worden aan het eind van de maand verstuurd.",
    "Wanneer wordt het verstuurd, aan het eind?",
  ],
  [
    "Russian",
    "Счета отправляются в конце каждого месяца.",
    "Когда отправляют счёта в конце месяца?",
  ],
];

const spaceless: readonly (readonly [language: string, text: string, question: string])[] = [
  ["Chinese", "退款需要五到七个工作日才能到账。", "退款需要多长时间？"],
  ["Japanese", "返金には五営業日ほどかかります。", "返金はいつですか？"],
  ["Thai", "การคืนเงินใช้เวลาห้าวันทำการ", "คืนเงินใช้เวลานานเท่าไร"],
];

/** What is found whatever the language, the script and the spelling. */
export function searchLanguagesContract(open: OpenSearch): void {
  describe("of words", () => {
    it.each(inflected)("finds inflected words of %s", async (_language, text, question) => {
      const tenant = await fill(open(), [{ passages: [text] }]);
      expect(await findTexts(open(), tenant, question)).toEqual([text]);
    });

    it.each(spaceless)("finds words of %s, which has no spaces", async (_l, text, question) => {
      const other = spaceless.filter(([, one]) => one !== text).map(([, one]) => one);
      const tenant = await fill(open(), [
        { passages: [text] },
        ...other.map((one) => ({ passages: [one] })),
      ]);
      expect(await findTexts(open(), tenant, question)).toEqual([text]);
    });

    it("finds in one tenant documents of several languages, each by its own inflections", async () => {
      const tenant = await fill(
        open(),
        inflected.map(([title, text]) => ({ title, passages: [text] })),
      );
      for (const [language, text, question] of inflected)
        expect((await find(open(), tenant, question, 1))[0]?.text, language).toBe(text);
    });

    it("finds accents that were left out, and full-width letters", async () => {
      const tenant = await fill(open(), [
        { passages: ["The office in Zürich is closed on Sundays."] },
        { passages: ["ＭＩＰＴｅｃｈ is written here in wide letters."] },
      ]);
      expect(await findTexts(open(), tenant, "zurich")).toHaveLength(1);
      expect(await findTexts(open(), tenant, "miptech")).toHaveLength(1);
    });

    it("looks neither for grammar nor for what dresses a question up", async () => {
      const tenant = await fill(open(), [
        { passages: ["What is it that the others were doing there?"] },
        { passages: ["Please tell me how to get help with this."] },
        { passages: ["Die anderen haben das nicht und werden es auch nicht."] },
      ]);
      for (const question of ["What is it?", "Please tell me about the zebra", "Was ist das?"])
        expect(await findTexts(open(), tenant, question), question).toEqual([]);
    });

    it("looks for what else dresses a question up when there is nothing else", async () => {
      const tenant = await fill(open(), [{ passages: ["Help is to be had by telephone."] }]);
      expect(await findTexts(open(), tenant, "Please help")).toHaveLength(1);
    });
  });

  describe("of misspelt words", () => {
    const open6 = () =>
      fill(open(), [
        { passages: ["The subscription is renewed every month."] },
        { passages: ["Invoices are sent to the administrator."] },
        { passages: ["Rates differ from country to country; order 12345 is closed."] },
      ]);

    it.each([
      ["a letter too few", "subscrption"],
      ["a letter too many", "subscripttion"],
      ["a wrong letter", "subscribtion"],
      ["two swapped letters", "susbcription"],
      ["a short word", "invoces"],
    ])("finds %s, when nothing else fits", async (_what, word) => {
      expect(await findTexts(open(), await open6(), `My ${word}?`)).toHaveLength(1);
    });

    it("finds nothing for words that are merely unknown, short, or numbers", async () => {
      const tenant = await open6();
      for (const word of ["zebra", "transcription", "date", "12346", "nvoices"])
        expect(await findTexts(open(), tenant, word), word).toEqual([]);
    });

    it("prefers what is spelt as asked", async () => {
      const tenant = await fill(open(), [
        { passages: ["The modern housing of the pump is blue."] },
        { passages: ["The modem of the pump is red."] },
      ]);
      expect((await findTexts(open(), tenant, "modem pump"))[0]).toContain("modem");
    });

    it("scores the sentences that it found them in", async () => {
      const tenant = await open6();
      const [hit = 0, miss = 1] = await open().search.scoreSentences(tenant, "My subscrption?", [
        "The subscription is renewed every month.",
        "Invoices are sent to the administrator.",
      ]);
      expect(hit).toBeGreaterThan(0.5);
      expect(miss).toBe(0);
    });
  });
}
