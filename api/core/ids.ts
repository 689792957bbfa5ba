export type IdPrefix =
  | "chat"
  | "msg"
  | "doc"
  | "psg"
  | "ver"
  | "web"
  | "vis"
  | "user"
  | "key"
  | "audit"
  | "era"
  | "client"
  | "req";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * A new unguessable id such as `chat_3f…`: the prefix, then 130 random bits as 26 characters of
 * lower-case base 32 (no i, l, o, u). Knowing one is what gives access to an anonymous chat.
 */
export function newId(prefix: IdPrefix): string {
  const bytes = crypto.getRandomValues(new Uint8Array(26));
  let id = "";
  for (const byte of bytes) id += alphabet[byte & 31];
  return `${prefix}_${id}`;
}

/** Whether this can be an id at all; the stores are asked for nothing else. At most 128 characters. */
export function isId(text: string): boolean {
  return /^[\w-]{1,128}$/.test(text);
}
