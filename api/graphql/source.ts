import type {
  Citation as CitationShape,
  Source as SourceShape,
  TextPlace as PlaceShape,
} from "../core/message.ts";
import { builder } from "./builder.ts";

export const Source = builder.objectRef<SourceShape>("Source").implement({
  description: "A passage that an answer cites.",
  fields: (t) => ({
    number: t.exposeInt("number", { description: "The number that the text cites it by." }),
    documentId: t.id({ resolve: (source) => source.document_id }),
    title: t.exposeString("title"),
    url: t.exposeString("url", { nullable: true }),
    heading: t.exposeString("heading", { description: "The headings above it, outermost first." }),
    page: t.exposeInt("page", {
      nullable: true,
      description: "Of a document that has pages, from 1.",
    }),
    excerpt: t.exposeString("excerpt", { description: "Exactly as it stands in the document." }),
    start: t.exposeInt("start", {
      description: "Where the excerpt begins in the document's text, in UTF-16 units.",
    }),
    end: t.exposeInt("end"),
    score: t.exposeFloat("score", { description: "Relevance from 0 to 1." }),
    verified: t.exposeBoolean("verified", {
      nullable: true,
      description:
        "Whether the words that the text quotes from it were found in it; null in answers of releases that checked nothing.",
    }),
  }),
});

/** It is stored in one piece with its message: its length costs hardly anything. */
export const stored = { field: 1, multiplier: 1 };

const CitationMatch = builder.enumType("CitationMatch", {
  description: "How quoted words were found.",
  values: {
    VERBATIM: { value: "verbatim", description: "To the letter." },
    NORMALISED: { value: "normalised", description: "But for typography, case and Markdown." },
    FUZZY: { value: "fuzzy", description: "But for articles, endings and spelling." },
    NONE: { value: "none", description: "Not at all." },
  } as const,
});

const TextPlace = builder.objectRef<PlaceShape>("TextPlace").implement({
  description: "In UTF-16 units, end exclusive.",
  fields: (t) => ({ start: t.exposeInt("start"), end: t.exposeInt("end") }),
});

export const Citation = builder.objectRef<CitationShape>("Citation").implement({
  description: "A number in an answer's text, with what was found out about it.",
  fields: (t) => ({
    number: t.exposeInt("number"),
    start: t.exposeInt("start", { description: "Where it stands in the text, in UTF-16 units." }),
    end: t.exposeInt("end"),
    quote: t.exposeString("quote", {
      nullable: true,
      description: "The words that are quoted, at most 500 of their UTF-16 units.",
    }),
    quoteStart: t.int({ nullable: true, resolve: (citation) => citation.quote_start }),
    quoteEnd: t.int({ nullable: true, resolve: (citation) => citation.quote_end }),
    verified: t.exposeBoolean("verified"),
    how: t.field({ type: CitationMatch, resolve: ({ how }) => how }),
    documentId: t.id({ nullable: true, resolve: (citation) => citation.document_id }),
    places: t.field({
      type: [TextPlace],
      complexity: stored,
      description: "Where the same words stand in the document's text.",
      resolve: ({ places }) => places,
    }),
    foundIn: t.int({
      nullable: true,
      description: "The number of another passage that has the quoted words.",
      resolve: (citation) => citation.found_in,
    }),
  }),
});
