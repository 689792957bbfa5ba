/** Reads variables by type and collects every fault, so that one start shows them all. */
export interface EnvReader {
  /** Undefined when unset, empty, or a placeholder such as `your-openai-api-key` (with a warning). */
  text(name: string): string | undefined;
  integer(name: string, standard: number, least: number, most: number): number;
  /** Undefined when unset. */
  optionalInteger(name: string, least: number, most: number): number | undefined;
  flag(name: string, standard: boolean): boolean;
  oneOf<Value extends string>(name: string, values: readonly Value[], standard: Value): Value;
  /** A JSON list of strings, or words with commas between them. */
  list(name: string): string[] | undefined;
  url(name: string, protocols: readonly string[]): string | undefined;
  fault(text: string): void;
  warn(text: string): void;
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

const placeholder = /^<?your[-_ ]/i;

export function createEnvReader(env: Readonly<Record<string, string | undefined>>): EnvReader {
  const faults: string[] = [];
  const warnings = new Set<string>();

  function text(name: string): string | undefined {
    const value = env[name]?.trim();
    if (!value) return undefined;
    if (!placeholder.test(value)) return value;
    warnings.add(`${name} still has its placeholder and counts as unset`);
    return undefined;
  }

  function optionalInteger(name: string, least: number, most: number): number | undefined {
    const value = text(name);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (/^-?\d+$/.test(value) && number >= least && number <= most) return number;
    faults.push(`${name}=${value}: a whole number from ${least} to ${most} is expected`);
    return undefined;
  }

  return {
    text,
    integer: (name, standard, least, most) => optionalInteger(name, least, most) ?? standard,
    optionalInteger,
    flag(name, standard) {
      const value = text(name)?.toLowerCase();
      if (value === undefined) return standard;
      if (["true", "1", "yes", "on"].includes(value)) return true;
      if (!["false", "0", "no", "off"].includes(value))
        faults.push(`${name}=${value}: true or false is expected`);
      return false;
    },
    oneOf(name, values, standard) {
      const value = text(name)?.toLowerCase();
      if (value === undefined) return standard;
      const known = values.find((candidate) => candidate === value);
      if (known === undefined)
        faults.push(`${name}=${value}: one of ${values.join(", ")} is expected`);
      return known ?? standard;
    },
    list(name) {
      const value = text(name);
      if (value === undefined) return undefined;
      if (!value.startsWith("["))
        return value
          .split(",")
          .map((item) => item.trim())
          .filter(Boolean);
      const items = parseList(value);
      if (!items)
        faults.push(
          `${name}: a JSON list of strings is expected, such as ["http://localhost:3000"]`,
        );
      return items ?? [];
    },
    url(name, protocols) {
      const value = text(name);
      if (value === undefined) return undefined;
      if (URL.canParse(value) && protocols.includes(new URL(value).protocol)) return value;
      // The value may hold a password, so it is not repeated.
      faults.push(
        `${name}: an address that begins with ${protocols.map((protocol) => `${protocol}//`).join(" or ")} is expected`,
      );
      return undefined;
    },
    fault: (fault) => void faults.push(fault),
    warn: (warning) => void warnings.add(warning),
    faults,
    get warnings() {
      return [...warnings];
    },
  };
}

function parseList(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === "string")
      ? value
      : undefined;
  } catch {
    return undefined; // the caller names the fault
  }
}
