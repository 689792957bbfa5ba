/**
 * Whether two user tokens name different people, as far as a page can read them: nothing is verified here. It lets
 * one person's chats leave the screen before the server has said a word, or while it can't; the server decides.
 */
export function nameDifferentPeople(one: string, other: string): boolean {
  const [first, second] = [subjectOf(one), subjectOf(other)];
  return first !== undefined && second !== undefined && first !== second;
}

/** `iss` and `sub` of a JSON Web Token; undefined for what is none. */
function subjectOf(token: string): string | undefined {
  try {
    const [, payload = ""] = token.split(".");
    const claims: unknown = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    if (typeof claims !== "object" || claims === null || !("sub" in claims)) return undefined;
    return JSON.stringify(["iss" in claims && claims.iss, claims.sub]);
  } catch {
    // Not base64url, or not JSON: the server will say what it is.
    return undefined;
  }
}
