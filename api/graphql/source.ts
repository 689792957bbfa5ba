import type { Source as SourceShape } from "../core/message.ts";
import { builder } from "./builder.ts";

export const Source = builder.objectRef<SourceShape>("Source").implement({
  description: "A passage that an answer cites.",
  fields: (t) => ({
    number: t.exposeInt("number", { description: "The number that the text cites it by." }),
    documentId: t.id({ resolve: (source) => source.document_id }),
    title: t.exposeString("title"),
    url: t.exposeString("url", { nullable: true }),
    heading: t.exposeString("heading", { description: "The headings above it, outermost first." }),
    excerpt: t.exposeString("excerpt", { description: "Exactly as it stands in the document." }),
    start: t.exposeInt("start", {
      description: "Where the excerpt begins in the document's text, in UTF-16 units.",
    }),
    end: t.exposeInt("end"),
    score: t.exposeFloat("score", { description: "Relevance from 0 to 1." }),
  }),
});
