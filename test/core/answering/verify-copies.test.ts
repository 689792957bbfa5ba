import { describe, expect, it } from "vitest";
import { verifyCitations } from "../../../api/core/answering/verify-citations.ts";
import { makePassage } from "../../support/model-world.ts";

function check(answer: string, text: string) {
  const passage = { ...makePassage(1, text, 0.9), start: 0, end: text.length };
  const [found] = verifyCitations(answer, [{ number: 1, passage }]);
  const words = found?.places.map(({ start, end }) => text.slice(start, end));
  return { how: found?.how, words };
}

describe("a true quotation is found although it is written otherwise", () => {
  it.each([
    [
      "see the guide first",
      "Read on: see [the guide](https://a.example/b_(c)) first.",
      "normalised",
    ],
    ["see the guide first", "Then see [the guide](<https://a.example/b c>) first.", "normalised"],
    ["see the guide first", "Then see [the guide](https://a.example 'Ours') first.", "normalised"],
    [
      "see the guide first",
      "Then see [the guide][ours] first.\n\n[ours]: https://a.example",
      "normalised",
    ],
    ["terms & conditions apply", "Our terms &amp; conditions apply.", "normalised"],
    ["less than < 5 €", "It is less than &lt; 5&nbsp;&euro;.", "normalised"],
    ["the café’s hours", "These are the caf&eacute;&rsquo;s hours.", "normalised"],
    ["don't ask", "Please don&#39;t ask.", "normalised"],
    ["a self hosted server", "Run a self-hosted server.", "normalised"],
    ["a self-hosted server", "Run a self hosted server.", "normalised"],
    ["a COVID 19 test", "Bring a COVID-19 test.", "normalised"],
    ["costs 10 % more", "It costs 10 percent more.", "normalised"],
    ["costs 10 percent more", "It costs 10% more.", "normalised"],
    ["costs 10 % more", "It costs 10 per cent more.", "normalised"],
    ["kostet 10 % mehr", "Das kostet 10 Prozent mehr.", "normalised"],
    ["up to 10,000 users", "It serves up to 10 000 users.", "normalised"],
    ["up to 10 000 users", "It serves up to 10,000 users.", "normalised"],
    ["up to 10000 users", "It serves up to 10’000 users.", "normalised"],
    ["up to 1,234,567.50 users", "It serves up to 1 234 567.50 users.", "normalised"],
    ["pay [the] fee in advance", "You pay fee in advance and are in.", "normalised"],
    ["pay the fee [sic] in advance", "You pay the fee in advance.", "normalised"],
    ["at −5 °C", "It starts at − 5 °C.", "normalised"],
    ["choose a store e.g. Redis", "Then choose a store e. g. Redis now.", "normalised"],
    [
      "then choose from … a store e.g. Redis",
      "Then choose from these a store e.g. Redis now.",
      "normalised",
    ],
    ["refunds are paid", "All refunds ~~are not~~ are paid at once.", "normalised"],
    ["all colours can be set at once here", "There all colors can be set at once here.", "fuzzy"],
  ])("%s, of: %s", (quote, text, how) => {
    expect(check(`"${quote}" [1]`, text).how).toBe(how);
  });

  it("and its place begins and ends with its words", () => {
    expect(check('"terms & conditions" [1]', "Our terms &amp; conditions.").words).toEqual([
      "terms &amp; conditions",
    ]);
    expect(check('"D is costly" [1]', "Our R&amp;D is costly.").words).toEqual(["D is costly"]);
    expect(check('"the café" [1]', "At the caf&eacute;.").words?.[0]).toMatch(/^the caf&eacute;/);
    expect(check('"10,000 users" [1]', "Up to 10 000 users.").words).toEqual(["10 000 users"]);
    expect(check('"self hosted" [1]', "Be self-hosted.").words).toEqual(["self-hosted"]);
  });
});

describe("what the passage doesn't say is never verified", () => {
  it.each([
    ["a lost minus that stands apart", '"a low of 5 °C" [1]', "We had a low of – 5 °C."],
    ["a lost minus at the beginning", '"5 °C at night" [1]', "We had – 5 °C at night."],
    [
      "a minus sign that stands apart",
      '"a balance of 5 euros" [1]',
      "It shows a balance of − 5 euros.",
    ],
    [
      "a dash in prose before a number",
      '"a balance of 5 euros" [1]',
      "It shows a balance of – 5 euros.",
    ],
    ["a sign that was put in", '"a low of – 5" [1]', "We had a low of 5 degrees."],
    [
      "a sign lost among articles",
      '"We had low of 5 euros in winter" [1]',
      "We had a low of – 5 euros in the winter.",
    ],
    ["words in angle brackets", '"it is free" [1]', "They say it is <not really> free."],
    [
      "struck-through words",
      '"refunds are paid" [1]',
      "Here ~~refunds are paid~~ nothing is refunded.",
    ],
    ["deleted words", '"refunds are paid" [1]', "Here <del>refunds are paid</del> nothing is."],
    ["a comment", '"refunds are paid" [1]', "Here <!-- refunds are paid --> nothing is."],
    [
      "a comment without an end",
      '"refunds are paid" [1]',
      "Here nothing is.\n\n<!-- refunds are paid",
    ],
    [
      "a verb that is an article elsewhere",
      '"Many fish the in this cold water" [1]',
      "Many fish die in this cold water.",
    ],
    [
      "another word with a longer ending",
      '"Then you can see the plane on this page" [1]',
      "Then you can see the plan on this page.",
    ],
    [
      "another tense",
      '"The shop of the town is closing on Sundays" [1]',
      "The shop of the town is closed on Sundays.",
    ],
    [
      "a name that differs by its last letter",
      '"The winner of the first prize is Martins" [1]',
      "The winner of the first prize is Martin.",
    ],
    [
      "what only looks like another spelling",
      '"All forms are filled by the clerk in May" [1]',
      "All forms are filed by the clerk in May.",
    ],
    [
      "an hour for another word",
      '"The book is all about our tours of it" [1]',
      "The book is all about our tors of it.",
    ],
    ["a part of a number", '"costs 10" [1]', "It costs 10 000."],
    ["the end of a number", '"000 users" [1]', "It serves 10 000 users."],
    ["thousands for a decimal", '"costs 0125" [1]', "It costs 0,125."],
    [
      "a negation in brackets",
      '"You may [not] leave at any time" [1]',
      "You may leave at any time.",
    ],
    ["words in brackets", '"You may [always] leave" [1]', "You may leave."],
  ])("%s", (_, answer, text) => {
    expect(check(answer, text)).toEqual({ how: "none", words: [] });
  });

  it("when a border stands at another place, though there are as many", () => {
    const text = "Is it free? No. Members of the club pay by card each month.";
    const moved = '"Is it free? No members. The club pay by card each month" [1]';
    expect(check('"Is it free? No. Members of club pay by card each month" [1]', text).how).toBe(
      "fuzzy",
    );
    expect(check(moved, text).how).toBe("none");
    expect(check('"Is it free no? Members of club pay by card each month" [1]', text).how).toBe(
      "none",
    );
  });
});

describe("a single quoted word", () => {
  const text = "Members may cancel within 30 days.";
  it("beside other words doesn't verify them", () => {
    for (const answer of [
      'Nobody can ever leave if they are "members" [1].',
      'All is lost for "members" and those who "cancel" [1].',
      'According to [1], "members" pay double.',
    ])
      expect(check(answer, text).how, answer).toBe("none");
  });

  it("counts where it is all that is said, and against its source where the passage lacks it", () => {
    expect(check('Who may cancel? "Members" [1]', text).how).toBe("verbatim");
    const passages = [{ number: 1, passage: makePassage(1, text, 1) }];
    expect(verifyCitations('They are called "owners" [1].', passages)).toMatchObject([
      { verified: false, quote: "owners" },
    ]);
  });
});
