import { describe, expect, it } from "vitest";
import { readSmallTalk, standaloneQuestion } from "../../../api/core/answering/small-talk.ts";
import { makeMessage } from "../../support/extractive.ts";

describe("small talk", () => {
  it.each([
    ["greeting", ["hello", "Hi!", "Hey there 👋", "Good morning", "hello, how are you?"]],
    [
      "thanks",
      ["thanks", "Thank you very much!", "ok, thanks a lot", "Great, thanks for your help"],
    ],
    ["farewell", ["bye", "Goodbye!", "thanks, bye", "See you later"]],
    [
      "about",
      [
        "Who are you?",
        "what can you do",
        "Hi, what can you do for me?",
        "Help!",
        "Hello, I need help",
        "What can I ask you?",
        "are you a bot?",
        "how do you work?",
      ],
    ],
  ])("is recognised as %s", (kind, messages) => {
    for (const message of messages) expect(readSmallTalk(message), message).toBe(kind);
  });

  it.each([
    "Hello, I need help with pricing",
    "hi, how do I start the server?",
    "What can you do about rate limits?",
    "Who are the visitors?",
    "thanks, and how do I stop it?",
    "What is this tenant?",
    "help files",
    "???",
    "",
  ])("is not: %s", (message) => {
    expect(readSmallTalk(message)).toBeUndefined();
  });
});

describe("a follow-up", () => {
  const history = [
    makeMessage("user", "How do I stop the server?"),
    makeMessage("assistant", "With Ctrl-C."),
    makeMessage("user", "How do I start the server?"),
    makeMessage("assistant", "With npm start."),
    makeMessage("user", "and then?"),
    makeMessage("user", "thanks"),
  ];

  it.each(["and on Windows?", "What about Docker", "why?", "tell me more", "but without a key?"])(
    "stands with the last full question: %s",
    (question) => {
      expect(standaloneQuestion(question, history)).toBe(`How do I start the server?\n${question}`);
    },
  );

  it.each([
    "How do I embed the widget?",
    "Redis",
    "and then I wanted to know how the tenants of the database are isolated",
  ])("is not a question that says enough: %s", (question) => {
    expect(standaloneQuestion(question, history)).toBe(question);
  });

  it("without a question before it stays alone", () => {
    expect(standaloneQuestion("and on Windows?", [])).toBe("and on Windows?");
  });
});
