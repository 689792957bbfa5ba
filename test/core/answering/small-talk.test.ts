import { describe, expect, it } from "vitest";
import { readSmallTalk } from "../../../api/core/answering/small-talk.ts";

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
