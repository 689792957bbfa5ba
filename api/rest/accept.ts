import { parseAccept, type Accept } from "hono/utils/accept";
import { AppError } from "../core/errors.ts";

/** How a posted message is answered: when its turn has ended, with the turn's events, or at once. */
export type AnswerMode = "ended" | "events" | "at once";

const [json, eventStream] = ["application/json", "text/event-stream"];

/**
 * Events where the client asks for them by name at least as much as for JSON; else JSON, at once where
 * it prefers that (RFC 7240).
 * @throws AppError NOT_ACCEPTABLE when the client takes neither
 */
export function chooseAnswer(accept: string | undefined, prefer: string | undefined): AnswerMode {
  const accepted = accept ? parseAccept(accept) : [];
  const wantsJson = quality(accepted, json);
  const wantsEvents = quality(accepted, eventStream);
  const isNamed = accepted.some(({ type }) => type.toLowerCase() === eventStream);
  if (wantsEvents > 0 && (wantsJson === 0 || (isNamed && wantsEvents >= wantsJson)))
    return "events";
  if (wantsJson === 0)
    throw new AppError("NOT_ACCEPTABLE", `This is answered as ${json} or ${eventStream}`);
  return prefersAsync(prefer) ? "at once" : "ended";
}

/** Whether a `Prefer` header asks not to wait (RFC 7240). */
export function prefersAsync(prefer: string | undefined): boolean {
  const preferences = prefer?.toLowerCase().split(/[,;]/) ?? [];
  return preferences.some((preference) => preference.trim() === "respond-async");
}

/** @throws AppError NOT_ACCEPTABLE when the client doesn't take an event stream */
export function requireEventStream(accept: string | undefined): void {
  if (!accept || quality(parseAccept(accept), eventStream) > 0) return;
  throw new AppError("NOT_ACCEPTABLE", `This is answered as ${eventStream}`);
}

/** How much a media type is wanted, from 0 to 1: by the most specific range that covers it. */
function quality(accepted: readonly Accept[], mediaType: string): number {
  if (accepted.length === 0) return 1;
  const ranges = [mediaType, `${mediaType.split("/", 1)[0]}/*`, "*/*"];
  for (const range of ranges) {
    const found = accepted.find(({ type }) => type.toLowerCase() === range);
    if (found) return found.q;
  }
  return 0;
}
