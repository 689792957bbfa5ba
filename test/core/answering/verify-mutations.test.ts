import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { verifyCitations } from "../../../api/core/answering/verify-citations.ts";
import { makePassage } from "../../support/model-world.ts";

/** A document of sentences that all have a number, a name and a verb that can be denied. */
const names = ["Ada", "Bruno", "Chandra", "Dilek", "Emeka", "Freya", "Goran", "Hana", "Ivo", "Jun"];
const roles = ["members", "owners", "guests", "editors", "visitors", "trainers"];
const verbs = ["cancel", "extend", "transfer", "reopen", "archive", "share"];
const things = ["contract", "garden", "locker", "report", "account", "invoice"];
const units = ["days", "weeks", "euros", "hours", "pages"];

const sentence = fc
  .record({
    name: fc.constantFrom(...names),
    role: fc.constantFrom(...roles),
    verb: fc.constantFrom(...verbs),
    thing: fc.constantFrom(...things),
    count: fc.integer({ min: 2, max: 9999 }),
    unit: fc.constantFrom(...units),
    isDenied: fc.boolean(),
  })
  .map((parts) => ({ ...parts, text: write(parts) }));

interface Parts {
  readonly name: string;
  readonly role: string;
  readonly verb: string;
  readonly thing: string;
  readonly count: number;
  readonly unit: string;
  readonly isDenied: boolean;
}

function write({ name, role, verb, thing, count, unit, isDenied }: Parts): string {
  const may = isDenied ? "may not" : "may";
  return `With ${name} the ${role} ${may} ${verb} a ${thing} for ${count} ${unit}.`;
}

const documents = fc.uniqueArray(sentence, {
  minLength: 3,
  maxLength: 8,
  selector: ({ name }) => name,
});
const seed = 20_261_123;

function verify(quote: string, text: string, from = 0) {
  const passage = { ...makePassage(1, text, 1), start: from, end: from + text.length };
  const [found, ...rest] = verifyCitations(`“${quote}” [1]`, [{ number: 1, passage }]);
  expect(rest).toEqual([]);
  return found;
}

/** How a copy may differ without saying anything else. */
const copies: readonly ((quote: string) => string)[] = [
  (quote) => quote,
  (quote) => quote.toUpperCase(),
  (quote) => quote.replace(/ /g, "\n"),
  (quote) => quote.replace(/\b(?:may|for)\b/g, "**$&**"),
  (quote) => quote.replace(/\b(\d)(\d{3})\b/g, "$1,$2"),
  (quote) => quote.replace(/\b(\d)(\d{3})\b/g, "$1 $2"),
  (quote) => quote.replace(/ a /, " [a] "),
];

describe("any sentences of a document", () => {
  it("are verified however they are copied, and their places are the very text", () => {
    fc.assert(
      fc.property(
        documents,
        fc.nat(),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(...copies),
        fc.nat({ max: 5000 }),
        (all, at, length, copy, from) => {
          const first = at % all.length;
          const quote = all
            .slice(first, first + length)
            .map(({ text }) => text)
            .join(" ");
          const text = all.map((one) => one.text).join(" ");
          const found = verify(copy(quote), text, from);
          expect(found).toMatchObject({ verified: true });
          const [place] = found?.places ?? [];
          const words = text.slice((place?.start ?? 0) - from, (place?.end ?? 0) - from);
          expect(words.replace(/\.$/, "")).toBe(quote.replace(/\.$/, ""));
        },
      ),
      { seed, numRuns: 500 },
    );
  });

  it("are never verified with a number, a negation, a name or a word changed, or in another order", () => {
    const mutations: readonly ((one: Parts, other: Parts) => Parts)[] = [
      (one, { count }) => ({ ...one, count: count === one.count ? count + 1 : count }),
      (one) => ({ ...one, count: one.count * 10 }),
      (one) => ({ ...one, count: one.count * 1000 }),
      (one) => ({ ...one, count: -one.count }),
      (one) => ({ ...one, isDenied: !one.isDenied }),
      (one, { name }) => ({ ...one, name }),
      (one) => ({ ...one, name: `${one.name}s` }),
      (one, { name, role }) => ({ ...one, name, role }),
      (one) => ({ ...one, verb: one.verb === "cancel" ? "extend" : "cancel" }),
      (one) => ({ ...one, role: one.role === "guests" ? "owners" : "guests" }),
      (one) => ({ ...one, unit: one.unit === "days" ? "weeks" : "days" }),
    ];
    fc.assert(
      fc.property(
        documents,
        fc.nat(),
        fc.constantFrom(...mutations),
        fc.boolean(),
        (all, at, mutate, isLonger) => {
          const text = all.map((one) => one.text).join(" ");
          const one = all[at % all.length];
          const other = all[(at + 1) % all.length];
          if (!one || !other) throw new Error("There are at least three sentences");
          const changed = write(mutate(one, other));
          // A longer quotation has room for more edits.
          const next = all[(at % all.length) + 1];
          const quote = isLonger && next ? `${changed} ${next.text}` : changed;
          expect(verify(quote, text), quote).toMatchObject({ verified: false, places: [] });
        },
      ),
      { seed, numRuns: 1000 },
    );
    fc.assert(
      fc.property(documents, fc.nat(), (all, at) => {
        const text = all.map((one) => one.text).join(" ");
        const first = at % (all.length - 1);
        const [one, next] = [all[first]?.text ?? "", all[first + 1]?.text ?? ""];
        const bare = (some: string) => some.replace(/\.$/, "");
        for (const quote of [
          `${next} ${one}`,
          `${bare(one)} ${next}`,
          `${one.slice(0, one.lastIndexOf(" for "))} ${next.slice(next.lastIndexOf("for "))}`,
          `${bare(one)}, ${bare(next)}`,
          `${next.slice(0, next.indexOf(" may"))}${one.slice(one.indexOf(" may"))}`,
        ])
          if (!text.includes(quote))
            expect(verify(quote, text), quote).toMatchObject({ verified: false });
      }),
      { seed, numRuns: 300 },
    );
  });
});
