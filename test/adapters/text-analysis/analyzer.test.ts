import { describe, expect, it } from "vitest";
import { createTextAnalyzer } from "../../../api/adapters/text-analysis/analyzer.ts";

const analyzer = createTextAnalyzer();
const wordsOf = (text: string) => analyzer.findWords(text).map(({ word }) => word);

describe("words", () => {
  it("are runs of letters and digits in one spelling, whatever stands between them", () => {
    expect(wordsOf("POSTGRES_PASSWORD=x2; v1.5, <b>Ｆｕｌｌ</b> ﬁne")).toEqual(
      "postgres password x2 v1 5 b full b fine".split(" "),
    );
    expect(wordsOf("")).toEqual([]);
    expect(wordsOf("?! 💥 \u00ad \u200d")).toEqual([]);
  });

  it("lose the endings that an apostrophe parts from them, and the hyphens of a line's end", () => {
    expect(wordsOf("the tenant's, the tenants’, don't, l'eau, O'Brien")).toEqual(
      "the tenant the tenants don l eau o brien".split(" "),
    );
    expect(wordsOf("so\u00adft")).toEqual(["soft"]);
  });

  it("begin where they stand in the text", () => {
    const text = "👩‍👩‍👧‍👦 Größe: 退款需要 die Größe";
    const starts = analyzer.findWords(text).map(({ start }) => text.slice(start, start + 2));
    expect(starts).toEqual(["Gr", "退款", "需要", "di", "Gr"]);
  });

  it("of scripts without spaces are told apart", () => {
    expect(wordsOf("退款需要多长时间")).toEqual(["退款", "需要", "多", "长", "时间"]);
    expect(wordsOf("การคืนเงิน").length).toBeGreaterThan(1);
    expect(wordsOf("한국어 문서")).toEqual(["한국어", "문서"]);
  });

  it("are at most 64 characters long, and whole ones", () => {
    expect(wordsOf("x".repeat(16_000))).toEqual(["x".repeat(64)]);
    const [word = ""] = wordsOf(`x${"𝒳".repeat(100)}`);
    expect(word.length).toBeLessThanOrEqual(64);
    expect(word.isWellFormed()).toBe(true);
  });
});

describe("stems", () => {
  const families: readonly (readonly [language: string, words: string])[] = [
    ["en", "embed embeds embedded embedding"],
    ["en", "limit limits limited limiting"],
    ["en", "query queries"],
    ["de", "Bäckerei Bäckereien"],
    ["de", "Haus Häuser"],
    ["fr", "facture factures"],
    ["es", "factura facturas"],
    ["it", "fattura fatture"],
    ["ru", "документы документов"],
  ];
  it.each(families)("are one in %s for %s", (language, words) => {
    const stems = wordsOf(words).map((word) => analyzer.stem(word, language));
    expect(new Set(stems).size).toBe(1);
  });

  it("of different words differ", () => {
    const words = wordsOf("sing sin red ring need process tenant thing gas server service");
    expect(new Set(words.map((word) => analyzer.stem(word, "en"))).size).toBe(words.length);
  });

  it("have no accents on Latin letters, and keep those of other scripts", () => {
    expect(analyzer.stem("café", "und")).toBe("cafe");
    expect(analyzer.stem("мой", "und")).toBe("мой");
  });

  it("are the words themselves where they have digits or no stemmer is known", () => {
    expect(analyzer.stem("4401s", "en")).toBe("4401s");
    expect(analyzer.stem("dokumenty", "pl")).toBe("dokumenty");
  });
});

describe("the language", () => {
  it.each([
    ["en", "How do I embed the widget?"],
    ["de", "Wann öffnet die Bäckerei?"],
    ["fr", "Où se trouve la boulangerie et à quelle heure ouvre-t-elle ?"],
    ["es", "¿Cuándo abre la panadería del barrio?"],
    ["it", "Quando apre il negozio e come posso pagare?"],
    ["pt", "Quando é que a loja abre e como posso pagar?"],
    ["nl", "Wanneer gaat de winkel open en hoe kan ik betalen?"],
    ["sv", "När öppnar butiken och hur kan jag betala?"],
    ["da", "Hvornår åbner butikken, og hvordan kan jeg betale?"],
    ["fi", "Milloin kauppa avataan ja miten voin maksaa?"],
    ["tr", "Mağaza ne zaman açılıyor ve nasıl ödeyebilirim?"],
    ["ru", "Когда открывается магазин?"],
    ["uk", "Коли відкривається магазин і як я можу заплатити?"],
    ["el", "Πότε ανοίγει το κατάστημα;"],
    ["ar", "متى يفتح المتجر وكيف يمكنني الدفع؟"],
    ["zh", "退款需要多长时间？"],
    ["ja", "返金にはどのくらい時間がかかりますか？"],
    ["th", "การคืนเงินใช้เวลานานเท่าไร"],
    ["ko", "환불은 얼마나 걸립니까?"],
    ["en", "REQUEST minutes tenants"],
    ["en", ""],
  ])("%s is told by a sentence", (language, text) => {
    expect(analyzer.detectLanguage(text)).toBe(language);
  });

  it.each([
    "Open Mo-Fr 9-18",
    "Price per item: 5",
    "plan: Basic\nusers: 5\nper: month",
    "Menu du jour",
  ])("is not guessed by a single word of a few: %s", (text) => {
    expect(analyzer.detectLanguage(text)).toBe("en");
    expect(analyzer.detectLanguage(text, ["de"])).toBe("de");
  });

  it("is rather a likely one where few words tell", () => {
    expect(analyzer.detectLanguage("the end at midnight", ["en"])).toBe("en");
    expect(analyzer.detectLanguage("Wann öffnet die Bäckerei an den Feiertagen?", ["en"])).toBe(
      "de",
    );
  });
});

it("knows what of a question is grammar and what dresses it up", () => {
  expect(
    wordsOf("Please tell me how a tenant works").map((word) => analyzer.roleOf(word, "en")),
  ).toEqual(["filler", "filler", "stop", "stop", "stop", "content", "filler"]);
});
