import { AppError } from "../core/errors.ts";
import type { Page, PageRequest } from "../core/ports.ts";
import { builder } from "./builder.ts";

export const defaultPageSize = 20;
export const maxPageSize = 100;

/** The arguments of every connection: pages go forward, from a cursor on. */
export const pageArgs = builder.args((t) => ({
  first: t.int({
    description: `How many, from 1 to ${maxPageSize}; ${defaultPageSize} when left out.`,
  }),
  after: t.string({ description: "The `cursor` of an edge, or an `endCursor`: what follows it." }),
}));

export interface PageArgs {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

/** @throws AppError INVALID_REQUEST */
export function toPageRequest({ first, after }: PageArgs): PageRequest {
  const limit = first ?? defaultPageSize;
  if (limit < 1 || limit > maxPageSize) {
    throw new AppError("INVALID_REQUEST", `first: 1 to ${maxPageSize} is expected`);
  }
  return { limit, after: after ?? undefined };
}

/** A connection costs what a full page of it costs. */
export function costOfPage({ first }: PageArgs) {
  return { field: 2, multiplier: Math.min(first ?? defaultPageSize, maxPageSize) };
}

/** A page in the shape of Relay's cursor connections. */
export function toConnection<Item>({ items, next, cursors }: Page<Item>, { after }: PageArgs) {
  return {
    edges: items.map((node, index) => ({ node, cursor: cursors[index] ?? "" })),
    pageInfo: {
      hasNextPage: next !== null,
      hasPreviousPage: typeof after === "string",
      startCursor: cursors[0] ?? null,
      endCursor: cursors.at(-1) ?? null,
    },
  };
}
