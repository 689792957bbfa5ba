import type { Asker, Credential, Placement } from "../credential.ts";
import type { WireRequest } from "../surface/operation.ts";
import type { Exchange, Reading } from "./answer.ts";

export type DoorName = "REST" | "GraphQL" | "GraphQL SSE" | "GraphQL WebSocket" | "WebSocket";

/** A way in. */
export interface Door {
  readonly name: DoorName;
  /** How it can be shown that credential. */
  placementsOf(credential: Credential): readonly Placement[];
  /** Asks for one after another, over one connection where there are connections. One that is refused refuses them all. */
  ask(asker: Asker, requests: readonly WireRequest[]): Promise<readonly Exchange[]>;
  /** Begins to read what goes on. */
  read(asker: Asker, request: WireRequest): Promise<Reading>;
}

/** The request of a door's own kind. @throws Error */
export function requestOf<Type extends WireRequest["type"]>(
  request: WireRequest,
  type: Type,
): Extract<WireRequest, { type: Type }> {
  if (isOfType(request, type)) return request;
  throw new Error(`A request of ${type} is expected, not of ${request.type}`);
}

function isOfType<Type extends WireRequest["type"]>(
  request: WireRequest,
  type: Type,
): request is Extract<WireRequest, { type: Type }> {
  return request.type === type;
}
