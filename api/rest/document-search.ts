import { createRoute, z } from "@hono/zod-openapi";
import { isStorable, notStorable } from "../core/storable.ts";
import type { Explanation } from "../core/retrieval/explain-retrieval.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { adminAccess, adminErrors, jsonResponse, noStore } from "./operation.ts";

const maxQuestionLength = 4000;

const termSchema = z.object({
  word: z.string(),
  forms: z.array(z.string()).openapi({ description: "As the index has it" }),
  passages: z.int().openapi({ description: "How many passages have it" }),
  weight: z.number(),
  corrected: z
    .string()
    .nullable()
    .openapi({ description: "The known word that an unknown one was taken for" }),
});

const passageSchema = z.object({
  id: z.string(),
  document_id: z.string(),
  title: z.string(),
  url: z.string().nullable(),
  heading: z.string(),
  page: z.int().nullable(),
  text: z.string(),
  start: z.int().openapi({ description: "Place in the document's text, in UTF-16 units" }),
  score: z.number().openapi({ description: "From 0 to 1" }),
  length: z.int().nullable().openapi({ description: "In words" }),
  contributions: z
    .array(
      z.object({
        word: z.string(),
        text: z.int(),
        heading: z.int(),
        title: z.int(),
        score: z.number(),
      }),
    )
    .openapi({ description: "How often each word stands in it, and what that adds to the score" }),
  phrase: z.number().openapi({ description: "What words add that stand together as asked" }),
});

export const documentSearchSchema = z
  .object({
    average_length: z.number(),
    parameters: z.record(z.string(), z.number()),
    terms: z.array(termSchema),
    degraded: z
      .array(z.string())
      .openapi({ description: "What the search had to do without: `retrieval_incomplete`" }),
    passages: z.array(passageSchema),
  })
  .openapi("DocumentSearch");

/** GET /admin/documents/search */
export function addDocumentSearch(rest: Rest, { apiPrefix, ingestion }: RestDeps): void {
  const search = createRoute({
    method: "get",
    path: `${apiPrefix}/admin/documents/search`,
    tags: ["admin"],
    ...adminAccess,
    summary: "Show what a question finds, and why",
    request: {
      query: z.object({
        q: z.string().min(1).max(maxQuestionLength).refine(isStorable, notStorable),
        limit: z.coerce.number().int().min(1).max(50).default(10),
      }),
    },
    responses: {
      200: jsonResponse("The passages, best first", documentSearchSchema),
      ...adminErrors("INVALID_REQUEST"),
    },
  });
  rest.openapi(search, async (c) => {
    const { q, limit } = c.req.valid("query");
    const found = await ingestion.explain(c.var.caller.tenant, q, limit);
    return c.json(wireSearch(found), 200, noStore);
  });
}

function wireSearch({
  averageLength,
  parameters,
  degraded,
  terms,
  passages,
}: Explanation): z.infer<typeof documentSearchSchema> {
  return {
    average_length: averageLength,
    parameters: { ...parameters },
    degraded: [...degraded],
    terms: terms.map(({ forms, ...term }) => ({ ...term, forms: [...forms] })),
    passages: passages.map(({ passage, length, contributions, phrase }) => ({
      id: passage.id,
      document_id: passage.documentId,
      title: passage.title,
      url: passage.url,
      heading: passage.heading,
      page: passage.page,
      text: passage.text,
      start: passage.start,
      score: passage.score,
      length,
      contributions: contributions.map((one) => ({ ...one })),
      phrase,
    })),
  };
}
