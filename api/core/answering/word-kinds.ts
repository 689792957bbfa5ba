import { isUnspaced } from "./words.ts";

/** `strict`: a number, a negation or a sign. `light`: says so little that copying may lose or change it. */
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

/** Articles, and what points without naming. None that binds, compares, owns or allows. */
const light = listOf(`
  the a an this that these those of
  der die das den dem des eine einer eines einem einen dieser diese dieses diesen diesem
  le la les l du des ce cet cette ces el los las una del este esta il lo gli dei della do da os het`);

export function kindOf(form: string): WordKind {
  if (/\p{N}/u.test(form) || !/\p{L}/u.test(form) || isUnspaced(form)) return "strict";
  if (isNegation(form) || numbers.has(form)) return "strict";
  return light.has(form) ? "light" : "plain";
}

export function isNegation(form: string): boolean {
  return negations.has(form) || /n't$|^non/.test(form) || /^[不没沒無无未非勿莫]$/.test(form);
}

const endings = new Set(["", "s", "es", "'s", "d", "ed", "ing", "n", "en", "em", "e"]);
const leastStem = 3;

/** Whether two words differ by a usual ending alone ("plan", "plans"), or as British and American spelling do. */
export function isSameWord(a: string, b: string): boolean {
  if (a === b) return true;
  if (a[0] !== b[0]) return false;
  let shared = 0;
  while (shared < a.length && a[shared] === b[shared]) shared += 1;
  if (shared >= leastStem && endings.has(a.slice(shared)) && endings.has(b.slice(shared)))
    return true;
  return a.length > 4 && b.length > 4 && spellingOf(a) === spellingOf(b);
}

function spellingOf(form: string): string {
  return form.replace(/our/g, "or").replace(/z/g, "s").replace(/ll/g, "l");
}

function listOf(words: string): ReadonlySet<string> {
  return new Set(words.trim().split(/\s+/));
}
