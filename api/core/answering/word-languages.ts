/** What of a language's words may change in copying without changing what is said. */
export interface WordLanguage {
  /** Articles: "a plan" and "the plan". */
  readonly articles: ReadonlySet<string>;
  /** Of plurals and cases: "plan" and "plans". */
  readonly endings: ReadonlySet<string>;
  /** Whether a word with a capital letter is a name, which has no other ending. */
  readonly capitalsAreNames: boolean;
  /** Whether words have a British and an American spelling. */
  readonly hasTwoSpellings: boolean;
}

/** Of a text whose language isn't known every word has to be the very same. */
const none: WordLanguage = {
  articles: new Set(),
  endings: new Set([""]),
  capitalsAreNames: true,
  hasTwoSpellings: false,
};

const plurals = ["", "s", "es"];

const languages: Readonly<Record<string, WordLanguage>> = {
  en: {
    ...none,
    articles: listOf("the a an"),
    endings: new Set([...plurals, "'s"]),
    hasTwoSpellings: true,
  },
  de: {
    ...none,
    articles: listOf("der die das den dem des eine einer eines einem einen"),
    endings: new Set([...plurals, "e", "en", "em", "n"]),
    capitalsAreNames: false,
  },
  fr: { ...none, articles: listOf("le la les l du des"), endings: new Set(plurals) },
  es: { ...none, articles: listOf("el la los las una"), endings: new Set(plurals) },
  it: { ...none, articles: listOf("il la lo gli le una") },
  pt: { ...none, articles: listOf("o a os as uma"), endings: new Set(plurals) },
  nl: { ...none, articles: listOf("de het"), endings: new Set([...plurals, "e", "en"]) },
};

/** By which a language is known: the commonest words of each. */
const common: Readonly<Record<string, ReadonlySet<string>>> = {
  en: listOf(
    "the a an of to and is are in for with you not be this that it on or may can they will as by at from its",
  ),
  de: listOf(
    "der die das und ist sind nicht ein eine mit für auf von zu den dem des werden wird im sie es auch bei",
  ),
  fr: listOf("le la les un une des du et est sont pour dans que qui pas vous avec sur au par"),
  es: listOf("el la los las una y es son para en que no con por del se su al"),
  it: listOf("il la lo gli le un una e è sono per in che non con del della di da si"),
  pt: listOf("o a os as um uma e é são para em que não com do da dos das se"),
  nl: listOf("de het een en is zijn niet met voor op van te dat in die bij wordt"),
};

/** The language whose common words are most among these; without one, and of two alike, nothing may change. */
export function languageOf(words: readonly { readonly form: string }[]): WordLanguage {
  const counts = new Map<string, number>();
  for (const { form } of words) counts.set(form, (counts.get(form) ?? 0) + 1);
  const hits = Object.entries(common).map(([name, list]) => {
    const count = list.values().reduce((sum, word) => sum + (counts.get(word) ?? 0), 0);
    return { name, count };
  });
  const [best, next] = hits.toSorted((a, b) => b.count - a.count);
  return best && best.count > (next?.count ?? 0) ? (languages[best.name] ?? none) : none;
}

function listOf(words: string): ReadonlySet<string> {
  return new Set(words.split(" "));
}
