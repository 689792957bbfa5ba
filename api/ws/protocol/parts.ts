import { z } from "zod";
import { errorTable } from "../../core/errors.ts";

/** What several frames are made of. */

export const timestamp = z.iso.datetime();
export const messageId = z.string().describe("The id of the answer");
export const chatId = z.string();
export const retryAfter = z.int().min(0).describe("Seconds until a retry can succeed");

/** Said in the schema, and a text to clients: a later release may have further ones. */
export const errorCode = z.string().meta({ enum: Object.keys(errorTable) });

/** Of who follows a chat. */
export const chatPlace = z
  .string()
  .describe("The place in the chat, opaque: hand the last one back as `after` of `subscribe`");

/** Where in its turn an event stands. */
export const place = {
  place: chatPlace.exactOptional(),
  attempt: z
    .int()
    .min(1)
    .describe("How often the turn was started: above 1 when a server died in the middle"),
  cursor: z
    .string()
    .describe(
      "The place in the turn, opaque: hand the last one back in `resume` to get what comes behind it",
    ),
};

/** What the refused frame named, so that its sender knows which one it was. */
export const frameOrigin = {
  message_id: z.string().exactOptional(),
  chat_id: z.string().exactOptional(),
  client_message_id: z.string().exactOptional(),
};

export const sourceSchema = z
  .object({
    number: z.int().min(1).describe("The number that the text cites it by"),
    document_id: z.string(),
    title: z.string(),
    url: z.string().nullable(),
    heading: z.string().describe("The headings above the passage, outermost first"),
    page: z.int().nullable().describe("Of a document that has pages, from 1"),
    excerpt: z.string().describe("The quoted words, exactly as they stand in the document"),
    start: z.int().describe("Place of the excerpt in its document, in UTF-16 units"),
    end: z.int().describe("Exclusive"),
    score: z.number().describe("Relevance from 0 to 1"),
    verified: z
      .boolean()
      .nullable()
      .describe(
        "Whether the words that the text quotes from it were found in it; null in answers of releases that checked nothing",
      ),
  })
  .meta({ id: "source", title: "Source", description: "A passage that the answer cites" });

const textPlaceSchema = z
  .object({ start: z.int(), end: z.int() })
  .meta({ id: "text_place", title: "Place in a text", description: "UTF-16 units, end exclusive" });

export const citationSchema = z
  .object({
    number: z.int(),
    start: z.int().describe("Place of the number in the answer's text, in UTF-16 units"),
    end: z.int().describe("Exclusive"),
    quote: z
      .string()
      .nullable()
      .describe("The words that are quoted, at most 500; null where it quotes none"),
    quote_start: z.int().nullable().describe("Place of the words in the answer's text"),
    quote_end: z.int().nullable(),
    verified: z.boolean(),
    how: z
      .enum(["verbatim", "normalised", "fuzzy", "none"])
      .describe("How the words were found in the passage of that number"),
    document_id: z.string().nullable(),
    places: z.array(textPlaceSchema).readonly().describe("Of the same words in the document"),
    found_in: z
      .int()
      .nullable()
      .describe("The number of another passage that has the quoted words"),
  })
  .meta({ id: "citation", title: "Citation", description: "A number in the text, checked" });
