import type { WordLanguage } from "./word-languages.ts";
import { isUnspaced, type Word } from "./words.ts";

/** `strict`: a number, a negation or a sign. `light`: an article, which copying may lose or change. */
export type WordKind = "strict" | "light" | "plain";

/** A word of the documents is quoted as it is, or it is another word; these above all. */
const negations = listOf(`
  no not none nor neither never nothing nobody nowhere cannot without unless except hardly
  nicht kein keine keinen keinem keiner keines nie niemals nichts niemand weder ohne außer kaum
  non ne pas jamais rien aucun aucune sans ni sauf
  nunca nada nadie ningún ninguna ninguno sin salvo tampoco
  não nem nenhum nenhuma sem mai niente nessuno nessuna senza né
  niet geen nooit niets niemand zonder inte ingen inget aldrig utan ikke intet aldri uten ei eivät
  nie bez żaden ani nem soha sem yok değil не нет ни без никогда ніколи немає לא אין بدون لا ليس لم لن नहीं`);

const numbers = listOf(`
  zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
  seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand
  thousands million millions billion billions half quarter third double triple once twice first second
  fourth fifth sixth seventh eighth ninth tenth both dozen single
  null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig vierzig fünfzig sechzig
  siebzig achtzig neunzig hundert tausend halb halbe einmal zweimal erste zweite dritte
  un deux trois quatre cinq sept huit neuf dix onze douze vingt trente quarante cinquante soixante cent mille
  uno dos tres cuatro cinco seis siete ocho nueve diez once doce veinte treinta cuarenta cincuenta ciento mil
  due tre quattro cinque sei sette otto nove dieci venti cento dois duas três quatro cinco sete oito nove dez
  een twee drie vijf zes zeven acht negen tien twintig honderd duizend`);

export function kindOf(form: string, { articles }: WordLanguage): WordKind {
  if (articles.has(form)) return "light";
  return isStrict(form) ? "strict" : "plain";
}

export function isStrict(form: string): boolean {
  if (/\p{N}/u.test(form) || !/\p{L}/u.test(form) || isUnspaced(form)) return true;
  return isNegation(form) || numbers.has(form);
}

export function isNegation(form: string): boolean {
  return negations.has(form) || /n't$|^non/.test(form) || /^[不没沒無无未非勿莫]$/.test(form);
}

const leastStem = 3;

/** Whether two words differ by an ending of their language alone ("plan", "plans"), or as British and American spelling do. */
export function isSameWord(a: Word, b: Word, language: WordLanguage): boolean {
  if (a.form === b.form) return true;
  if (language.capitalsAreNames && (a.isCapital || b.isCapital)) return false;
  if (a.form[0] !== b.form[0]) return false;
  let shared = 0;
  while (shared < a.form.length && a.form[shared] === b.form[shared]) shared += 1;
  const { endings, hasTwoSpellings } = language;
  if (shared >= leastStem && endings.has(a.form.slice(shared)) && endings.has(b.form.slice(shared)))
    return true;
  return hasTwoSpellings && spellingOf(a.form) === spellingOf(b.form);
}

/** "colour", "realise" and "cancelled" as Americans write them; not "hour", "wise" and "filled". */
function spellingOf(form: string): string {
  return form
    .replace(/(?<=[aeiou][^aeiou]+)our(?=$|s$|ed$|ing$|able$|ful$|hood$|ite)/, "or")
    .replace(/(?<=[aeiou][^aeiou]+)is(?=e|ing$|ation)/, "iz")
    .replace(/(?<=[aeiou][^aeiou]+[aeou])ll(?=ed$|ing$|er$|ers$)/, "l");
}

function listOf(words: string): ReadonlySet<string> {
  return new Set(words.trim().split(/\s+/));
}
