import type { Message } from "../message.ts";

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

const followUp =
  /^(?:(?:ok |okay )?(?:and|but|or|also|so|then|what about|how about)(?: \S+){0,5}|why(?: not| is that)?|how(?: so)?|when|where|which(?: one)?|who|really|(?:tell me |show me )?more(?: about (?:it|that|this))?|go on|continue|(?:for |an )?examples?|(?:more )?details?)$/;

/**
 * What to search for: a question such as "and on Windows?", which says little by itself, stands with
 * the last full question of the chat before it; every other one is returned as it is.
 */
export function standaloneQuestion(question: string, history: readonly Message[]): string {
  if (!isFollowUp(question)) return question;
  const asked = history.findLast(
    ({ role, content }) =>
      role === "user" && !isFollowUp(content) && readSmallTalk(content) === undefined,
  );
  return asked ? `${asked.content}\n${question}` : question;
}

function isFollowUp(question: string): boolean {
  return question.length <= longestSmallTalk && followUp.test(toWords(question));
}

/** Lower-case words with one space between them. */
function toWords(text: string): string {
  return text
    .toLowerCase()
    .replace(/['’]/g, "")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
