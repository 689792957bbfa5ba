import type { DocumentNode } from "graphql";
import { createYoga } from "graphql-yoga";
import type { GraphqlContext } from "./context.ts";
import type { PresentError } from "./error.ts";
import { createErrorPlugin, createLimitPlugin } from "./plugins.ts";
import { schema } from "./schema.ts";

export const graphqlPath = "/graphql";

/**
 * Yoga, with what it opens by default closed: no form or multipart bodies, no batches, no CORS of its
 * own, no page from a CDN. Bodies are limited before they come here.
 */
export function createEngine(present: PresentError) {
  return createYoga<GraphqlContext>({
    schema,
    graphqlEndpoint: graphqlPath,
    plugins: [createLimitPlugin(), createErrorPlugin(present)],
    maskedErrors: { maskError: (error) => present(error, {}) },
    logging: false,
    multipart: false,
    batching: false,
    cors: false,
    landingPage: false,
    graphiql: false,
    maxRequestBodySize: false,
    parserAndValidationCache: { documentCache: createDocumentCache(), errorCache: noCache },
    // Node's own, in place of stand-ins for older ones.
    fetchAPI: {
      fetch,
      Request,
      Response,
      Headers,
      ReadableStream,
      TextEncoder,
      TextDecoder,
      URL,
      URLSearchParams,
    },
  });
}

export type Engine = ReturnType<typeof createEngine>;

const maxDocuments = 200;
/** What is longer was made by a machine for one time, or carries a text that won't come again. */
const maxCachedLength = 16 * 1024;

/** The documents that were asked last, parsed. */
function createDocumentCache() {
  const documents = new Map<string, DocumentNode>();
  return {
    get(text: string): DocumentNode | undefined {
      const document = documents.get(text);
      if (document) {
        documents.delete(text);
        documents.set(text, document);
      }
      return document;
    },
    set(text: string, document: DocumentNode): void {
      if (text.length > maxCachedLength) return;
      documents.set(text, document);
      const [oldest] = documents.keys();
      if (documents.size > maxDocuments && oldest !== undefined) documents.delete(oldest);
    },
  };
}

const noCache = { get: () => undefined, set: () => undefined };
