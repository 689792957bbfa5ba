import type { RestRequest } from "../doors/rest-door.ts";
import type { GraphqlRequest } from "../doors/graphql-request.ts";
import type { FrameRequest } from "../doors/raw-door.ts";

/** Who may, as the operation's own description says. */
export type Access =
  /** Anybody, about what is public. */
  | "public"
  /** Whoever is let in, about what is theirs. */
  | "person"
  /** A tenant's server with a secret key, and the tenant's admin. */
  | "server"
  /** A tenant's admin. */
  | "admin"
  /** The platform's admin. */
  | "platform";

/** One field, argument or parameter that an operation takes. */
export interface Input {
  /** Where it stands, such as `path.chat_id`, `body.user.id` or `input.chatId`. */
  readonly path: string;
  readonly isRequired: boolean;
  /** The values that it may have, where they are counted. */
  readonly options: readonly string[] | undefined;
  readonly isList: boolean;
}

/** What is sent to a door. */
export type WireRequest = RestRequest | GraphqlRequest | FrameRequest;

/** Something that can be asked for at a door. */
export interface Operation {
  readonly door: "rest" | "graphql" | "ws";
  /** `GET /api/v1/chat/{chat_id}`, `Query.chat`, `frame resume`. */
  readonly name: string;
  readonly access: Access;
  /** `stream`: it goes on while things happen. */
  readonly kind: "read" | "change" | "stream";
  readonly inputs: readonly Input[];
  /** GraphQL: the type of what it gives, without its wrappings. */
  readonly gives: string | undefined;
  /** @param values by the path of their input; what is missing is left out. */
  build(values: ReadonlyMap<string, unknown>): WireRequest;
}

/** By what its description says. */
export function accessOf(description: string, otherwise: Access): Access {
  if (/the tenant's server/i.test(description)) return "server";
  if (/for the platform's admin/i.test(description)) return "platform";
  if (/for admins/i.test(description)) return "admin";
  return otherwise;
}

/** Puts a value into an object at a path such as `user.id`. */
export function put(
  target: Record<string, unknown>,
  path: readonly string[],
  value: unknown,
): void {
  const [name = "", ...rest] = path;
  if (rest.length === 0) {
    target[name] = value;
    return;
  }
  const inner = target[name];
  const next: Record<string, unknown> = isRecord(inner) ? inner : {};
  target[name] = next;
  put(next, rest, value);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
