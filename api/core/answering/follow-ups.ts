import { toWords } from "./small-talk.ts";

/** What a message needs of the chat before it; undefined where it says enough by itself. */
export type FollowUp =
  /** "And on Windows?", "why?": the last question goes on with other circumstances. */
  | "ellipsis"
  /** "How much does it cost?": a word stands for what the last question was about. */
  | "reference";

/** UTF-16 units and words; longer ones say enough. */
const longestFollowUp = 120;
const mostWords = 14;
/** Words of its own that say what a question is about: from here on it is a new one, whatever it points to. */
const ownSubject = 4;

const continuation = anyOf(
  // English
  "(?:ok |okay )?(?:and|but|or|also|so|then|what about|how about)(?: \\S+){0,5}",
  "why(?: not| is that)?|how(?: so)?|when|where|which(?: one)?|who|really|how (?:much|many|long|often)",
  "(?:tell me |show me )?more(?: about (?:it|that|this))?|go on|continue|(?:for |an )?examples?|(?:more )?details?",
  // German
  "(?:und|oder|aber|auch|dann|was ist mit|wie ist es mit|wie sieht es mit)(?: \\S+){0,5}",
  "warum(?: nicht)?|wieso(?: nicht)?|weshalb|wann|wo|wer|wie|welche[rsnm]?|wie (?:viel|viele|lange|oft)|mehr(?: dazu| davon| darüber)?|weiter|(?:zum )?beispiele?",
  // French
  "(?:et|ou|mais|aussi|alors|quen est il)(?: \\S+){0,5}|pourquoi(?: pas)?|comment|quand|où|qui|lequel|laquelle|combien|plus(?: de détails)?|continue[rz]?|(?:par )?exemples?",
  // Spanish, Portuguese, Italian, Dutch
  "(?:y|o|pero|también|entonces|qué hay de)(?: \\S+){0,5}|por qué(?: no)?|cómo|cuándo|dónde|quién|cuál|cuánto|más(?: detalles)?|sigue|(?:por )?ejemplos?",
  "(?:e|ou|mas|também|então)(?: \\S+){0,5}|por que|porquê|como|quando|onde|quem|qual|quanto|mais(?: detalhes)?",
  "(?:ma|anche|allora)(?: \\S+){0,5}|perché|come|dove|chi|quale|più(?: dettagli)?|(?:per )?esempio",
  "(?:en|of|maar|ook|dan|hoe zit het met)(?: \\S+){0,5}|waarom(?: niet)?|hoe|wanneer|waar|wie|welke|hoeveel|meer(?: daarover)?",
);

/** A few words behind a preposition: "in Germany?" */
const circumstance =
  /^(?:on|in|for|with|without|at|after|before|during|from|under|auf|für|mit|ohne|bei|nach|vor|unter|ab|pour|avec|sans|sur|chez|dans|après|avant|para|con|sin|desde|sobre|per|senza|com|sem|voor|met|zonder|bij|op)(?: \S+){1,4}$/;

/** How much, how long …, with nothing but a verb behind it. */
const bareMeasure =
  /^(?:(?:how (?:much|long)|wie ?viel|wie lange|was|combien(?: de temps)?|cuánto(?: tiempo)?|quanto(?: tempo)?|hoeveel|hoe lang|wat) )(?:cost|costs|take|takes|kostet|kosten|dauert|coûte|coûtent|dure|cuesta|cuestan|dura|costa|costano|custa|custam|demora|kost|duurt)$/;

/** These stand for something whatever is beside them. */
const references = anyWord(
  // English
  "it its they them their theirs he him his she her both neither latter former",
  // German
  "davon dafür damit darauf daran dazu darin darüber dabei danach davor dadurch dessen deren ihn ihm",
  // French, Spanish, Portuguese, Italian, Dutch
  "cela ça ceci celui celle ceux celles eso esto ello aquello isso isto aquilo disso nisso dele dela",
  "ciò esso essa essi esse ervan daarvan daarmee hiervan ermee erover",
);
/** These only where they end the question: elsewhere they may be articles, or nobody in particular. */
const lastReferences = anyWord(
  "this that these those there one ones das dies die es sie ihr diese dieser dieses dort",
  "il elle ils elles lo la los las ese esa esos esas ele ela questo quello questi quelli dat dit deze die het hem ze",
);

/** Nobody and nothing in particular. */
const expletive =
  /\b(?:(?:is|was|will|would|isnt|does|can|could) it (?:be )?(?:possible|true|necessary|allowed|ok|okay|safe|better|legal|required|normal|worth|matter|make sense)|it (?:is|was) (?:possible|true|necessary|allowed|safe)|what time is it)\b/;

/** Of the words that say nothing of what a question is about. */
const functionWords = new Set(
  `a an the i you we me my your our us he she it its they them their him his her theirs this that these those there one
  ones and or but also so then if of to in on at for with without by from about as into over under after before than
  what which who whom whose when where why how much many long often is are was were be been am do does did can could
  may might must shall should will would have has had not no any some all more most just only too please tell show
  whats hows ok okay still both same there here
  der die das den dem des ein eine einer eines einem einen und oder aber auch dann ich du sie wir ihr mein meine dein
  ihre ist sind war hat haben kann können darf muss soll wird werden wie was wer wo wann warum welche welcher viel
  lange nicht kein keine zu zum zur im in am an auf für mit ohne bei von vom aus es man mir mich gibt
  le la les l un une des du de d et ou mais je tu il elle on nous vous ils elles est sont a ont peut que qui quoi
  comment quand où pourquoi combien quel quelle dans pour avec sans sur ce cette ces t y
  el los las unos unas y o pero yo es son hay puede puedo qué cómo cuándo dónde cuánto cuál por para con sin del al en
  se lo mi su
  o os as um uma e mas eu pode posso que como quando onde quanto qual para com sem do da no na
  il lo gli i un uno una ma io è sono può posso che come quando dove quanto quale per con senza di del della
  de het een en of maar ik je kan kunnen mag moet wat hoe waar wanneer waarom welke hoeveel voor met zonder van`
    .trim()
    .split(/\s+/),
);

/** The words that say what a question is about, in lower case. */
export function contentWords(question: string): string[] {
  return toWords(question)
    .split(" ")
    .filter((word) => word !== "" && !functionWords.has(word));
}

export function isFunctionWord(word: string): boolean {
  return functionWords.has(word);
}

export function readFollowUp(question: string): FollowUp | undefined {
  if (question.length > longestFollowUp) return undefined;
  const words = toWords(question);
  if (words === "" || words.split(" ").length > mostWords) return undefined;
  const own = contentWords(question).length;
  if (isReference(question, words, own)) return "reference";
  if (isContinuation(words)) return isWholeQuestion(words) ? undefined : "ellipsis";
  return circumstance.test(words) || bareMeasure.test(words) ? "ellipsis" : undefined;
}

function isContinuation(words: string): boolean {
  return continuation.test(words);
}

/** "And how do I delete my account?" begins with "and", and is a question of its own all the same. */
function isWholeQuestion(words: string): boolean {
  const [, rest = ""] =
    /^(?:ok |okay )?(?:and|but|also|so|und|aber|et|mais|y|pero|e|ma|mas|en|maar) ((?:how|what|who|where|when|why|which|can|could|do|does|is|are|wie|was|wer|wo|wann|warum|kann|gibt|ist|sind|comment|qui|quand|est|cómo|quién|cuándo|puedo|come|chi|como|quem|hoe|wie|waar) .*)$/.exec(
      words,
    ) ?? [];
  return contentWords(rest).length >= 2;
}

function isReference(question: string, words: string, own: number): boolean {
  if (own >= ownSubject || expletive.test(words)) return false;
  const all = words.split(" ");
  return all.some((word, at) => {
    const before = all
      .slice(0, at)
      .filter((one, place) => !functionWords.has(one) && !isVerb(all, place)).length;
    // Behind words that it can stand for, a reference stands for these.
    if (references.has(word))
      return before < (/^(?:its|they|them|their|theirs)$/.test(word) ? 1 : 3);
    if (lastReferences.has(word) && at === all.length - 1) return before < 3;
    return pointsBack(question, all, at);
  });
}

/** What somebody does: "can get", "I revoke". */
function isVerb(words: readonly string[], at: number): boolean {
  return /^(?:i|we|you|they|can|could|may|must|should|will|to|do)$/.test(words[at - 1] ?? "");
}

const verbs = anyWord(
  "is are was does do work works mean means cost costs include includes apply applies happen happens change changes",
  "take takes too also possible free included allowed supported necessary required safe enough",
);

/** "Is that included?", "that plan": but no "chats that are deleted", nor "this site". */
function pointsBack(question: string, words: readonly string[], at: number): boolean {
  const [word = "", before, after = ""] = [words[at], words[at - 1], words[at + 1]];
  const isFree = before === undefined || functionWords.has(before) || isVerb(words, at - 1);
  if (/^(?:this|that|these|those)$/.test(word)) {
    if (!isFree || after === "") return false;
    return verbs.has(after) || (/^th(?:at|ose)$/.test(word) && !functionWords.has(after));
  }
  // "Ist das kostenlos?", but no "Was kostet das Abo?": nouns have a capital in German.
  if (
    !/^(?:das|dies)$/.test(word) ||
    !/^(?:ist|sind|geht|kann|muss|darf|wird|gilt)$/.test(before ?? "")
  )
    return false;
  return (
    new RegExp(`\\b${word}\\s+\\p{Ll}`, "iu").test(question) && !/\bdas\s+\p{Lu}/u.test(question)
  );
}

const ofChat = anyOf(
  "(?:please |can you |could you )*(?:summari[sz]e|translate|repeat|rephrase|shorten|simplify)(?: (?:it|that|this|all|everything|our|the|your|last|previous|answer|chat|conversation|what you said|(?:in)?to \\S+|again|please))*",
  "what (?:did|have|was) (?:i|you|we|my)(?: just| last)? (?:ask|asked|say|said|write|written|wrote|talk about|talked about|question|last question|first question)(?: \\S+){0,3}",
  "(?:shorter|simpler|briefly|again|in (?:english|german|french|spanish|italian|dutch|portuguese))(?: please)?|say that again",
  "(?:bitte )?(?:fass\\S*|übersetz\\S*|wiederhol\\S*|kürz\\S*)(?: (?:das|es|dies|alles|bitte|noch|einmal|zusammen|kurz|ins|auf|\\S+isch|deutsch\\S*))*|was (?:habe|hab) ich(?: gerade| eben)? gefragt|auf (?:deutsch|englisch)(?: bitte)?",
  "(?:résum\\S*|tradui\\S*|répèt\\S*)(?: (?:ça|cela|le|la|tout|en \\S+|sil vous plaît))*|en (?:français|anglais)",
  "(?:resum\\S*|traduc\\S*|repit\\S*|repet\\S*)(?: (?:eso|esto|lo|isso|todo|tudo|al \\S+|por favor))*|en (?:español|inglés)",
);

/** Whether a message asks of the chat itself, or for its last answer in other words. */
export function asksOfChat(message: string): boolean {
  return message.length <= longestFollowUp && ofChat.test(toWords(message));
}

function anyOf(...patterns: readonly string[]): RegExp {
  return new RegExp(`^(?:${patterns.join("|")})$`, "u");
}

function anyWord(...lists: readonly string[]): ReadonlySet<string> {
  return new Set(lists.join(" ").split(" "));
}
