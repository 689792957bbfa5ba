import { stopwords as arabic } from "@orama/stopwords/arabic";
import { stopwords as bulgarian } from "@orama/stopwords/bulgarian";
import { stopwords as danish } from "@orama/stopwords/danish";
import { stopwords as dutch } from "@orama/stopwords/dutch";
import { stopwords as english } from "@orama/stopwords/english";
import { stopwords as finnish } from "@orama/stopwords/finnish";
import { stopwords as french } from "@orama/stopwords/french";
import { stopwords as german } from "@orama/stopwords/german";
import { stopwords as greek } from "@orama/stopwords/greek";
import { stopwords as hungarian } from "@orama/stopwords/hungarian";
import { stopwords as indonesian } from "@orama/stopwords/indonesian";
import { stopwords as italian } from "@orama/stopwords/italian";
import { stopwords as japanese } from "@orama/stopwords/japanese";
import { stopwords as chinese } from "@orama/stopwords/mandarin";
import { stopwords as norwegian } from "@orama/stopwords/norwegian";
import { stopwords as portuguese } from "@orama/stopwords/portuguese";
import { stopwords as romanian } from "@orama/stopwords/romanian";
import { stopwords as russian } from "@orama/stopwords/russian";
import { stopwords as spanish } from "@orama/stopwords/spanish";
import { stopwords as swedish } from "@orama/stopwords/swedish";
import { stopwords as turkish } from "@orama/stopwords/turkish";
import { stopwords as ukrainian } from "@orama/stopwords/ukrainian";
import { findWords } from "./find-words.ts";

/** Words that the lists leave out, mostly those that ask. */
const missingWords: Readonly<Record<string, string>> = {
  en: "a just now also us",
  de: "wann wo wer was wie warum wieso weshalb woher wohin welche welcher welches welchen wieviel wieviele",
  fr: "où quand comment pourquoi combien quel quelle quels quelles qui que quoi",
  es: "qué cuándo dónde cómo quién quiénes cuál cuáles cuánto cuántos cuánta cuántas",
  it: "quando dove come chi perché cosa quanto quanti quale quali",
  pt: "quando onde como quem qual quais quanto quantos porque",
  nl: "wanneer waar wie wat hoe waarom welke welk hoeveel",
  sv: "när var vem vad hur varför vilken vilket vilka",
  da: "hvornår hvor hvem hvad hvordan hvorfor hvilken hvilket",
  no: "når hvor hvem hva hvordan hvorfor hvilken hvilket",
  fi: "milloin missä kuka mitä miten miksi mikä",
  ro: "când unde cine cum",
  tr: "nerede kim nasıl neden hangi kaç",
  ru: "когда где кто что как почему зачем сколько какой какая какие",
  uk: "коли де хто що як чому скільки який яка які",
  el: "πότε πού ποιος πώς γιατί πόσο",
};

/** By language. Of two languages that a text fits equally well, the first is taken. */
export const stopWords: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    en: english,
    de: german,
    fr: french,
    es: spanish,
    it: italian,
    pt: portuguese,
    nl: dutch,
    sv: swedish,
    da: danish,
    no: norwegian,
    fi: finnish,
    hu: hungarian,
    ro: romanian,
    tr: turkish,
    id: indonesian,
    ru: russian,
    uk: ukrainian,
    bg: bulgarian,
    el: greek,
    ar: arabic,
    zh: chinese,
    ja: japanese,
  }).map(([language, list]) => [language, toWords([...list, missingWords[language] ?? ""])]),
);

/** Words that dress a question up; they are searched for only where there is nothing else. */
export const fillers: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    en:
      "hello hi hey please thanks thank tell show explain describe give know want need like help could would may might " +
      "shall let get mean means meaning work works working look looks happen happens",
    de:
      "hallo bitte danke sag sagen zeig zeige zeigen erkläre erklären beschreibe gib geben weiß wissen möchte will " +
      "brauche hilf helfen könnte würde heißt bedeutet funktioniert geht gibt",
    fr:
      "bonjour salut merci dis dites montre montrez explique expliquez décris donne donnez sais savoir veux voudrais " +
      "besoin aide aider pourrait signifie marche fonctionne",
    es:
      "hola gracias favor dime diga muestra muestre explica explique describe dame sé saber quiero necesito ayuda " +
      "podría significa funciona",
  }).map(([language, list]) => [language, toWords([list])]),
);

/** In the spelling that texts are searched in. */
function toWords(texts: readonly string[]): ReadonlySet<string> {
  return new Set(texts.flatMap((text) => findWords(text).map(({ word }) => word)));
}
