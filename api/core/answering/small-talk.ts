/** What a message is when it asks nothing of the documents. */
export type SmallTalk = "greeting" | "thanks" | "farewell" | "about";

/** Longer ones are questions, whatever they begin with. */
const longestSmallTalk = 80;

const greeting =
  /^(?:(?:hello|hi|hiya|hey|howdy|greetings|there|everyone|all|bot|assistant|good (?:morning|afternoon|evening|day)|how are you(?: doing)?(?: today)?|how do you do|nice to meet you)(?: |$))+/;
const thanks =
  /^(?:(?:ok|okay|great|perfect|nice|cool|awesome|many|thanks|thank you|thx|cheers|very much|so much|a lot|again|for (?:the|your) (?:help|answer)|that (?:helps|helped))(?: |$))+$/;
const farewell =
  /^(?:(?:ok|okay|thanks|thank you|good ?bye|bye|see you|later|good night|have a nice day)(?: |$))+$/;
const about =
  /^(?:(?:please |can you |could you )*(?:help(?: me)?|i need (?:some |your )?help)|(?:so )?who are you|what are you|what is this|whats this|who is this|what can (?:you|i|we) (?:do|ask)(?: (?:you|me|here|for me|about))*|what do you (?:do|know)(?: about)?|how (?:can|could|do) you (?:help|work)(?: me| us)?|what can you help (?:me |us )?with|are you (?:a |an )?(?:real |live )?(?:ai|bot|robot|chatbot|human|person|machine|chatgpt)|(?:what is|whats) your name)(?: please| here| today)?$/;

/** The kind of small talk that a whole message is; undefined for everything that is to be searched for. */
export function readSmallTalk(message: string): SmallTalk | undefined {
  if (message.length > longestSmallTalk) return undefined;
  const words = toWords(message);
  if (words === "") return undefined;
  if (/\b(?:thanks|thank you|thx|cheers)\b/.test(words) && thanks.test(words)) return "thanks";
  if (/bye|see you|good night|nice day/.test(words) && farewell.test(words)) return "farewell";
  const rest = words.replace(greeting, "");
  if (rest === "") return "greeting";
  return about.test(rest) ? "about" : undefined;
}

/** Lower-case words with one space between them. */
export function toWords(text: string): string {
  return text
    .toLowerCase()
    .replace(/['’]/g, "")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
