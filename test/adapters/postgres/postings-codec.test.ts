import fc from "fast-check";
import { expect, test } from "vitest";
import { decodePostings, encodeMentions } from "../../../api/adapters/postgres/postings-codec.ts";

const count = fc.integer({ min: 0, max: 100_000 });
const mention = fc.record({
  rank: fc.integer({ min: 0, max: 1_000_000 }),
  text: count,
  heading: count,
  title: count,
  length: count,
});
const documents = fc.uniqueArray(
  fc.record({
    number: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    mentions: fc.uniqueArray(mention, { selector: ({ rank }) => rank, maxLength: 20 }),
  }),
  { selector: ({ number }) => number, maxLength: 8 },
);

test("what is read is what was written, however many there are", () => {
  fc.assert(
    fc.property(documents, fc.integer({ min: 0, max: 50 }), (all, expected) => {
      const inOrder = all.map(({ number, mentions }) => ({
        number,
        mentions: mentions.toSorted((a, b) => a.rank - b.rank),
      }));
      const bytes = inOrder.flatMap(({ number, mentions }) => {
        const head = Buffer.alloc(4);
        head.writeInt32BE(number);
        return [head, encodeMentions(mentions)];
      });
      const { size, ...columns } = decodePostings(Buffer.concat(bytes), expected);
      const read = Array.from({ length: size }, (_, i) => ({
        number: columns.documents[i],
        rank: columns.ranks[i],
        text: columns.texts[i],
        heading: columns.headings[i],
        title: columns.titles[i],
        length: columns.lengths[i],
      }));
      expect(read).toEqual(
        inOrder.flatMap(({ number, mentions }) => mentions.map((one) => ({ number, ...one }))),
      );
    }),
  );
});
