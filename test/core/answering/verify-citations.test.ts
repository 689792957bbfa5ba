import { describe, expect, it } from "vitest";
import { citationRules, verifyCitations } from "../../../api/core/answering/verify-citations.ts";
import { makePassage } from "../../support/model-world.ts";

const terms = [
  "Members may cancel their subscription within 30 days of the first payment. Refunds are not paid after",
  "that time, unless the law says otherwise. **Support** answers [within a day](https://example.com/a?b=1),",
  "and it doesn’t cost anything. The cancel-\nlation is confirmed by e-mail.",
].join("\n");
const garden = "Copper tape keeps most slugs away. You may not feed the fish. It is 1.5 m deep.";

const given = [
  { number: 1, passage: makePassage(1, terms, 0.9) },
  { number: 2, passage: makePassage(2, garden, 0.6) },
];

/** Each citation in short, with the words of the documents that it was found to stand for. */
function check(text: string, passages = given) {
  return verifyCitations(text, passages).map((one) => {
    const passage = passages.find(({ number }) => number === one.number)?.passage;
    const words = one.places.map(({ start, end }) =>
      passage?.text.slice(start - passage.start, end - passage.start),
    );
    expect(one.verified).toBe(one.how !== "none");
    expect(one.verified).toBe(words.length > 0);
    expect(text.slice(one.start, one.end)).toContain(String(one.number));
    if (one.quote !== null)
      expect(text.slice(one.quote_start ?? 0, one.quote_end ?? 0)).toBe(one.quote);
    return { number: one.number, quote: one.quote, how: one.how, words };
  });
}

/** The quotations by number. */
function quotesIn(text: string) {
  return check(text).map(({ number, quote }) => [number, quote]);
}

describe("a quotation", () => {
  it.each([
    'It says "cancel their subscription" [1].',
    "It says “cancel their subscription” [1].",
    "It says „cancel their subscription“ [1].",
    "It says „cancel their subscription” [1].",
    "It says ”cancel their subscription” [1].",
    "It says «cancel their subscription» [1].",
    "It says « cancel their subscription » [1].",
    "It says »cancel their subscription« [1].",
    "It says ‹cancel their subscription› [1].",
    "It says ‘cancel their subscription’ [1].",
    "It says ‚cancel their subscription‘ [1].",
    "It says 'cancel their subscription' [1].",
    "It says 「cancel their subscription」[1]。",
    "It says 『cancel their subscription』 [1].",
    '**"cancel their subscription"** [1]',
    '*"cancel their subscription"*.[1]',
    '"cancel their subscription" ([1])',
    '"cancel their subscription [1]"',
    '[1]: "cancel their subscription"',
    '[1] – "cancel their subscription"',
    '[1] "cancel their subscription"',
    "> cancel their subscription [1]",
    "> cancel their\n> subscription\n\n[1]",
    "> cancel their subscription\n\n— Terms [1]",
    "According to [1]:\n\n> cancel their subscription",
    '- "cancel their subscription" [1]',
    '| a | "cancel their subscription" [1] |\n| --- | --- |\n| b | c |',
    'It is ‘the "cancel their subscription" [1] rule.',
    'The members\' right: "cancel their subscription" [1], and don\'t say "no.',
  ])("belongs to its number: %s", (text) => {
    const [first, ...rest] = check(text);
    expect(rest).toEqual([]);
    expect(first).toMatchObject({ number: 1, how: "verbatim" });
    expect(first?.words).toEqual(["cancel their subscription"]);
  });

  it("belongs to the number that it stands beside", () => {
    expect(quotesIn('"within 30 days" [1] and "slugs away" [2].')).toEqual([
      [1, "within 30 days"],
      [2, "slugs away"],
    ]);
    expect(quotesIn('[1] "within 30 days", [2] "slugs away"')).toEqual([
      [1, "within 30 days"],
      [2, "slugs away"],
    ]);
    expect(quotesIn('[1]: "within 30 days" [2]: "slugs away"')).toEqual([
      [1, "within 30 days"],
      [2, "slugs away"],
    ]);
    expect(
      quotesIn(
        '[1] says "Members may cancel their subscription" and [2] says "You may not feed the fish".',
      ),
    ).toEqual([
      [1, "Members may cancel their subscription"],
      [2, "You may not feed the fish"],
    ]);
    expect(quotesIn("> within 30 days [1]\n>\n> slugs away [2]")).toMatchObject([
      [1, expect.stringContaining("within 30 days")],
      [2, expect.stringContaining("slugs away")],
    ]);
  });

  it("belongs to all numbers behind it, and one number has all quotations before it", () => {
    expect(check('"within 30 days" [1][2], [1, 2]')).toMatchObject([
      { number: 1, how: "verbatim" },
      { number: 2, how: "none" },
      { number: 1, how: "verbatim" },
      { number: 2, how: "none" },
    ]);
    expect(quotesIn('"within 30 days", "may cancel" and "first payment" [1].')).toEqual([
      [1, "within 30 days"],
      [1, "may cancel"],
      [1, "first payment"],
    ]);
  });

  it("may have another one in it", () => {
    const said = [{ number: 1, passage: makePassage(1, 'He said "yes, ‘now’" twice.', 1) }];
    for (const text of ['“He said "yes, ‘now’" twice” [1]', '"He said "yes, ‘now’" twice" [1]'])
      expect(check(text, said)).toMatchObject([
        { how: "verbatim", words: ['He said "yes, ‘now’" twice'] },
      ]);
  });

  it("in code is none, and neither is a term that other words part from the number", () => {
    expect(quotesIn('Call `say("first payment")` to cancel [1].')).toEqual([[1, null]]);
    expect(quotesIn('The "subscription" plan lasts 90 years [1].')).toEqual([[1, null]]);
    expect(quotesIn('It says "the first payment". Then 90 years pass [1].')).toEqual([[1, null]]);
  });

  it("may be code, a table or a list that a number follows", () => {
    const text =
      "Run this:\n\n```sh\nnpm start\n```\n\n- one thing\n- another\n\n| a | b |\n|---|---|\n| c | d |";
    const shown = [{ number: 1, passage: makePassage(1, text, 1) }];
    expect(check("```\nnpm start\n```\n\n[1]", shown)).toMatchObject([{ how: "verbatim" }]);
    expect(check("- one thing\n- another\n\n[1]", shown)).toMatchObject([{ how: "verbatim" }]);
    expect(check("| a | b |\n|---|---|\n| c | d |\n\n[1]", shown)).toMatchObject([
      { how: "verbatim" },
    ]);
    expect(check("```\nnpm stop\n```\n\n[1]", shown)).toMatchObject([{ how: "none", quote: null }]);
  });
});

describe("quoted words are", () => {
  it.each([
    ["verbatim", "within 30 days of the first payment.", "within 30 days of the first payment."],
    ["verbatim", "paid after that time", "paid after\nthat time"],
    ["normalised", "MEMBERS MAY CANCEL", "Members may cancel"],
    ["normalised", "members may cancel,", "Members may cancel"],
    ["normalised", "[m]embers may cancel", "Members may cancel"],
    ["normalised", "it doesn't cost anything", "it doesn’t cost anything"],
    ["normalised", "Support answers within a day", "Support** answers [within a day"],
    ["normalised", "within a day, and it", "within a day](https://example.com/a?b=1),\nand it"],
    [
      "normalised",
      "The cancellation is confirmed by email",
      "The cancel-\nlation is confirmed by e-mail",
    ],
    ["normalised", "Ｍembers ｍay cancel", "Members may cancel"],
    ["fuzzy", "Members may cancel the subscription within 30 days", undefined],
    [
      "fuzzy",
      "Members may cancel their subscriptions within 30 days of first payment",
      "Members may cancel their subscription within 30 days of the first payment",
    ],
    ["none", "Members may cancel their account within 30 days", undefined],
    ["none", "Members can cancel their subscription within 30 days", undefined],
    ["none", "Members may not cancel their subscription within 30 days", undefined],
    ["none", "Members may cancel their subscription within 10 days", undefined],
    ["none", "Members may cancel their subscription within thirty days", undefined],
    ["none", "Refunds are paid after that time", undefined],
    ["none", "Refunds are paid", undefined],
    ["none", "0 days", undefined],
    ["none", "embers may cancel", undefined],
    ["none", "the law", "the law"],
  ])("%s: %s", (how, quote, words) => {
    const [found] = check(`“${quote}” [1]`);
    if (quote === "the law") return expect(found).toMatchObject({ how: "verbatim" });
    if (how === "fuzzy" && words === undefined)
      // "their" and "the" are no two articles: whose it is matters.
      return expect(found?.how).toBe("none");
    expect(found?.how).toBe(how);
    expect(found?.words).toEqual(words === undefined ? [] : [words]);
    return undefined;
  });

  it.each([
    ["You may feed the fish"],
    ["5 m deep"],
    ["It is 15 m deep"],
    ["It is 1.6 m deep"],
    ["It is 1,5 m deep"],
  ])("never found with a number or a negation changed: %s", (quote) => {
    expect(check(`"${quote}" [2]`)).toMatchObject([{ how: "none", words: [] }]);
  });

  it("found where an ellipsis leaves words out, in their order, and never a negation", () => {
    const [found] = check('"Members may cancel … within 30 days […] of the first payment" [1]');
    expect(found).toMatchObject({
      how: "normalised",
      words: ["Members may cancel", "within 30 days", "of the first payment"],
    });
    expect(check('"of the first payment ... Members may cancel" [1]')).toMatchObject([
      { how: "none" },
    ]);
    expect(check('"Refunds are … paid after" [1]')).toMatchObject([{ how: "none" }]);
    expect(check('"You may … feed the fish" [2]')).toMatchObject([{ how: "none" }]);
  });

  it("told where they are, if not where they are said to be", () => {
    expect(
      verifyCitations('"slugs away" [1], "slugs away" [2], "snails" [1]', given),
    ).toMatchObject([
      { number: 1, verified: false, how: "none", places: [], found_in: 2 },
      { number: 2, verified: true, found_in: null },
      { number: 1, verified: false, found_in: null },
    ]);
  });

  it("compared character by character in scripts without spaces, and then exactly", () => {
    const passages = [{ number: 1, passage: makePassage(1, "会员可以在三十天内取消订阅。", 1) }];
    expect(check("「在三十天内取消」[1]", passages)).toMatchObject([{ how: "verbatim" }]);
    expect(check("「会员不可以在三十天内取消订阅」[1]", passages)).toMatchObject([{ how: "none" }]);
    expect(check("「会员可以在二十天内取消订阅」[1]", passages)).toMatchObject([{ how: "none" }]);
  });
});

describe("a citation without a quotation", () => {
  it("is compared with whole sentences of the passage", () => {
    expect(check("You may not feed the fish [2].")).toMatchObject([
      { how: "verbatim", quote: null },
    ]);
    expect(check("Sure. You may not feed the fish. [2]")).toMatchObject([{ how: "verbatim" }]);
    expect(check("The copper tape keeps most slugs away [2].")).toMatchObject([{ how: "fuzzy" }]);
    for (const text of [
      "Slugs are kept away by copper [2].",
      "You may feed the fish [2].",
      "It is deep [2].",
      "You may not feed [2].",
    ])
      expect(check(text), text).toMatchObject([{ how: "none", words: [] }]);
  });

  it("is told of a number that no passage has", () => {
    expect(verifyCitations('"within 30 days" [7] and so [8].', given)).toMatchObject([
      { number: 7, verified: false, how: "none", document_id: null, found_in: 1 },
      { number: 8, verified: false, how: "none", document_id: null, quote: null },
    ]);
  });

  it("is none where a quoted passage has the number itself", () => {
    const passages = [
      { number: 1, passage: makePassage(1, "As RFC 9110 says [2], a cache may keep it.", 1) },
      ...given.slice(1),
    ];
    expect(check("> As RFC 9110 says [2], a cache may keep it. [1]", passages)).toEqual([
      expect.objectContaining({ number: 1, how: "verbatim" }),
    ]);
  });
});

it("takes no more citations, and no longer quotations, than it says", () => {
  const many = '"within 30 days" [1]. '.repeat(1000);
  expect(verifyCitations(many, given)).toHaveLength(citationRules.mostCitations);
  const [long] = verifyCitations(`"${"word ".repeat(1000)}end" [1]`, given);
  expect(long?.quote).toHaveLength(citationRules.longestQuote);
  expect(long?.quote_end).toBe(5004);
});

it("hostile answers are checked in time, whatever the passages", () => {
  const units = [
    '"within 30 days" [1] ',
    "[1] ",
    "“",
    '"',
    "'a ",
    "> a\n\n[1]\n\n",
    "- a [1]\n",
    "a-\n",
    "> ",
  ];
  const more = [
    '"a … a … a" [1] ',
    '"the a of the a of the a of b" [1] ',
    "You may cancel. [1] ",
    "x. ",
    "` ",
  ];
  const texts = [
    terms,
    "a ".repeat(1200),
    "the a of ".repeat(270),
    "a [1] ".repeat(400),
    ">".repeat(2400),
  ];
  for (const text of texts) {
    const passages = [1, 2, 3].map((number) => ({ number, passage: makePassage(number, text, 1) }));
    for (const unit of [...units, ...more]) {
      const answer = unit.repeat(65_536 / unit.length);
      expect(verifyCitations(answer, passages).length).toBeLessThanOrEqual(200);
    }
    for (const answer of [`${'"a" '.repeat(16_000)}[1]`, `[1] "${" ".repeat(65_000)}" [1]`])
      expect(verifyCitations(answer, passages).length).toBeGreaterThan(0);
  }
});

describe("a quotation that no passage can have", () => {
  const numbers = Array.from({ length: 200 }, (_, at) => at + 20).join(", ");
  it.each([
    ["that is long", "members may cancel ".repeat(2_600)],
    ["of ellipses", "a … ".repeat(12_500)],
  ])("%s ends at once, whatever the numbers", (_, quote) => {
    const found = verifyCitations(`"${quote}" [${numbers}]`, given);
    expect(found).toHaveLength(200);
    expect(found.every(({ verified }) => !verified)).toBe(true);
  });
});

const against = (quote: string, text: string) =>
  verifyCitations(`${quote} [1]`, [{ number: 1, passage: makePassage(1, text, 0.9) }])[0]?.how;

describe("words of a passage that say something else together", () => {
  it.each([
    [
      "The Basic plan costs … $99 a month",
      "The Basic plan costs $10. The Pro plan costs $99 a month.",
    ],
    ["Admins … may delete documents", "Admins are people. Only owners may delete documents."],
    ["The data is … shared", "The data is rarely, if ever, shared."],
    [
      "All of the plans … are free of charge",
      "All of the plans but with the exception of Pro are free of charge.",
    ],
  ])("an ellipsis joins nothing over a sentence's end or a limit: %s", (quote, text) => {
    expect(against(`"${quote}"`, text)).toBe("none");
  });

  it.each([
    ['"No refunds are given"', "Pay by cheque? No. Refunds are given within 30 days."],
    ["No refunds are given within 30 days", "Pay by cheque? No. Refunds are given within 30 days."],
    ['"Not included phone support"', "- Fax: not included\n- Phone support: included"],
    ['"Free no Pro yes"', "| Free | no |\n| Pro | yes |"],
  ])("no border is crossed that the answer doesn't have: %s", (quote, text) => {
    expect(against(quote, text)).toBe("none");
  });

  it.each(["1. Open settings.\n2. Click delete.", "- Open settings.\n- Click delete."])(
    "a border is crossed where the quotation has one too: %s",
    (text) => {
      expect(against('"Open settings. Click delete."', text)).toBe("normalised");
    },
  );
});

describe("a number with blanks between its thousands", () => {
  const halls = (number: string) => `The trial was made in ${number} people from nine towns.`;

  it.each([
    "12 300",
    "12\u00A0300",
    "12\u2009300",
    "12\u202F300",
    "12\u2007300",
    "12\u2002300",
    "12&nbsp;300",
    "12&#8239;300",
    "12&#x2009;300",
    "12&thinsp;300",
    "12'300",
    "12,300",
    "12300",
  ])("is one number, of which no part is quoted: %s", (number) => {
    for (const other of ["300", "12", "2 300", "12 400", "12 3000", "112 300", "12 ... 300"]) {
      for (const quote of [`in ${other} people`, `${other} people from nine towns`])
        expect(against(`"${quote}"`, halls(number)), quote).toBe("none");
      expect(against(`The trial was made in ${other} people`, halls(number)), other).toBe("none");
    }
    for (const same of ["12 300", "12\u00A0300", "12,300", "12300"])
      expect(against(`"in ${same} people"`, halls(number)), same).toMatch(/verbatim|normalised/);
  });

  it("stays one where its unit stands right behind it", () => {
    const text = "The cable is 12 300km long in all.";
    expect(against('"300km long in all"', text)).toBe("none");
    expect(against('"is 12 300km long"', text)).toBe("verbatim");
  });
});
