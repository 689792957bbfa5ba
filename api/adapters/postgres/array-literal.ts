/** A PostgreSQL array in its text form; to be sent as one parameter and cast: the ORM makes lists of arrays. */
export function arrayLiteral(values: readonly (string | number | null)[]): string {
  return `{${values.map(quoteElement).join()}}`;
}

function quoteElement(value: string | number | null): string {
  if (typeof value !== "string") return String(value);
  // Most are plain words or hexadecimal digits.
  if (/^[a-z0-9]+$/.test(value) && value !== "null") return value;
  return `"${value.replace(/["\\]/g, String.raw`\$&`)}"`;
}
