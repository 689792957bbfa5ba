import { holdsSecret } from "./access/secret-forms.ts";
import { newId } from "./ids.ts";

/** The id that a caller chose for its request, where it is a sane one; else a new one. It stands in answers and in the log. */
export function toRequestId(given: string | null | undefined): string {
  const isSane = given && /^[A-Za-z0-9._-]{1,128}$/.test(given) && !holdsSecret(given);
  return isSane ? given : newId("req");
}
