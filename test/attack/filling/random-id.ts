import { randomBytes, randomInt } from "node:crypto";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

export function randomText(length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");
}

/**
 * Another one of the same form: prefix, length and signs stay, and nobody has it. A signed token gets another
 * signature.
 */
export function makeTwin(id: string): string {
  const [header, payload, signature, ...rest] = id.split(".");
  const isToken = header?.startsWith("eyJ") && payload && signature && rest.length === 0;
  if (isToken)
    return `${header}.${payload}.${randomBytes(32).toString("base64url").slice(0, signature.length)}`;
  const [name = "", ...behind] = id.split("/");
  const twin = name.replace(/[0-9a-z]{8,}/gi, (run) => randomText(run.length));
  return [twin, ...behind].join("/");
}
