/**
 * In place of the typings of @whatwg-node/fetch (see `paths` in tsconfig.json): those name the DOM's
 * library, which would then hold for the whole server, and a `document` in it would be no error.
 * Only the names that the typings of graphql-yoga use; Node has them all itself.
 */
export declare const Response: typeof globalThis.Response;

export declare const createFetch: () => Pick<
  typeof globalThis,
  | "fetch"
  | "Request"
  | "Response"
  | "Headers"
  | "FormData"
  | "ReadableStream"
  | "WritableStream"
  | "TransformStream"
  | "TextDecoder"
  | "TextEncoder"
  | "URL"
  | "URLSearchParams"
>;
