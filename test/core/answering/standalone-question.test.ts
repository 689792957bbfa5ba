import { describe, expect, it } from "vitest";
import { asksOfChat, readFollowUp } from "../../../api/core/answering/follow-ups.ts";
import { standaloneQuestion, subjectOf } from "../../../api/core/answering/standalone-question.ts";
import { makeExchange } from "../../support/exchange.ts";
import { makeMessage } from "../../support/extractive.ts";

describe("a follow-up", () => {
  const history = [
    makeMessage("user", "How do I stop the server?"),
    makeMessage("assistant", "With Ctrl-C."),
    makeMessage("user", "How do I start the server?"),
    makeMessage("assistant", "With npm start."),
    makeMessage("user", "and then?"),
    makeMessage("user", "thanks"),
  ];

  it.each([
    "and on Windows?",
    "What about Docker",
    "why?",
    "tell me more",
    "but without a key?",
    "On a Raspberry Pi?",
    "How long?",
    "Und unter Windows?",
    "Warum nicht?",
    "Ohne Schlüssel?",
    "Wie lange dauert das?",
    "Et sous Windows ?",
    "Pourquoi ?",
    "Combien ça coûte ?",
    "¿Y en Windows?",
    "¿Por qué no?",
    "¿Cuánto cuesta?",
    "E no Windows?",
    "Ma perché?",
    "En op Windows?",
  ])("stands with the last full question: %s", (question) => {
    const asked = standaloneQuestion(question, history);
    expect(asked).toMatch(/^(?:How do I start )?the server\??\n/);
    expect(asked.endsWith(`\n${question}`)).toBe(true);
  });

  it.each([
    "How do I embed the widget?",
    "Redis",
    "Is it possible to pay by card?",
    "What time is it there?",
    "Which tenants have keys that are revoked?",
    "How do visitors delete their chats?",
    "And how do I delete an account for good?",
    "What does this platform cost a school?",
    "Gibt es eine Mobil-App?",
    "Was kostet das Abo?",
    "Wo finde ich die Rechnung?",
    "Quelle est la durée de la garantie ?",
    "¿Dónde está la factura de marzo?",
    "Where can I read about the limits on requests, and how are they counted by tenant?",
    "and then I wanted to know how the tenants of the database are isolated",
  ])("is not a question that says enough: %s", (question) => {
    expect(standaloneQuestion(question, history)).toBe(question);
  });

  it("without a question before it stays alone", () => {
    expect(standaloneQuestion("and on Windows?", [])).toBe("and on Windows?");
    expect(standaloneQuestion("How much does it cost?", [makeMessage("user", "hi")])).toBe(
      "How much does it cost?",
    );
  });
});

describe("a word that stands for something", () => {
  const ask = (before: string, question: string) =>
    standaloneQuestion(question, [makeMessage("user", before)]);

  it.each([
    ["How do I install the desktop app on Linux?", "How much does it cost?", "the desktop app"],
    ["Where are API keys stored?", "Can I revoke them?", "API keys stored"],
    [
      "What is the refund policy for annual plans?",
      "How long does that take?",
      "refund policy for annual plans",
    ],
    ["Do you offer a student discount?", "Who can get that discount?", "a student discount"],
    ["Can we set up single sign-on with Okta?", "Is that included?", "single sign-on"],
    ["Wie kündige ich mein Abo?", "Was passiert danach?", "kündige ich mein Abo"],
    ["Où sont stockées les clés ?", "Comment fonctionnent-elles ?", "stockées les clés"],
  ])("stands with the subject of the last question: %s %s", (before, question, subject) => {
    expect(ask(before, question)).toBe(`${subject}\n${question}`);
  });

  it("is helped by the title of the only document that the last answer cites", () => {
    const history = makeExchange(1, "How do I install the desktop app?", "So [1].", [1]);
    expect(standaloneQuestion("How much does it cost?", history)).toBe(
      "the desktop app\nT\nHow much does it cost?",
    );
    expect(standaloneQuestion("and on Windows?", history)).toBe(
      "How do I install the desktop app?\nand on Windows?",
    );
  });

  it("keeps to the newest full question through a chat, and follows when the subject changes", () => {
    const chat = ["How do I cancel my subscription?", "And how do I get my money back for a year?"];
    const history = chat.map((text) => makeMessage("user", text));
    const asked = standaloneQuestion("How long does it take?", [
      ...history,
      makeMessage("user", "thanks!"),
      makeMessage("user", "shorter please"),
    ]);
    expect(asked).toContain("my money back");
    expect(asked).not.toContain("cancel");
  });
});

it("what a question is about is found, whatever it asks", () => {
  expect(subjectOf("How do I log in to the console with a key?")).toBe("the console");
  expect(subjectOf("Why?")).toBe("");
  expect(subjectOf("What is Redis?")).toBe("Redis");
});

it("a question about the chat itself is told from one about the documents", () => {
  for (const text of [
    "Please translate that into German",
    "Summarize this chat",
    "What did I ask before?",
    "shorter please",
    "Auf Deutsch bitte",
    "Traduis ça en anglais",
    "Repite eso",
  ])
    expect(asksOfChat(text), text).toBe(true);
  for (const text of [
    "How do I translate the widget?",
    "Can I repeat an upload?",
    "What did the update change?",
  ])
    expect(asksOfChat(text), text).toBe(false);
});

it("long texts are read in time, and are no follow-ups", () => {
  for (const unit of ["and ", "it ", "? ", "a", "that "])
    expect(readFollowUp(unit.repeat(100_000 / unit.length))).toBeUndefined();
});

it("the subject of a question is read in time, however many signs stand in it", () => {
  // One that looks from each sign on anew takes minutes, and so more than the test has.
  for (const sign of ["?", " "])
    expect(subjectOf(`water ${sign.repeat(500_000)}tomatoes`)).toContain("tomatoes");
});
