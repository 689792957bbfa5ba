import { isStorable, notStorable } from "../storable.ts";

/** Why a value is refused, as in "a whole number is expected"; undefined: it is fine. */
export type Rule = (value: unknown) => string | undefined;

/** Lengths count UTF-16 units. A text that is kept as it is holds more than blanks. */
export function text(maxLength: number): Rule {
  return (value) => {
    if (typeof value !== "string" || value.trim() === "" || value.length > maxLength)
      return `a text of 1 to ${maxLength} characters is expected`;
    return isStorable(value) ? undefined : notStorable;
  };
}

/** As text, and it may be empty. */
export function looseText(maxLength: number): Rule {
  return (value) => (value === "" ? undefined : text(maxLength)(value));
}

export const flag: Rule = (value) =>
  typeof value === "boolean" ? undefined : "true or false is expected";

export function whole(min: number, max: number): Rule {
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} on` : `from ${min} to ${max}`;
  return (value) =>
    Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max
      ? undefined
      : `a whole number ${range} is expected`;
}

export function number(min: number, max: number): Rule {
  return (value) =>
    typeof value === "number" && value >= min && value <= max
      ? undefined
      : `a number from ${min} to ${max} is expected`;
}

export function oneOf(...choices: readonly string[]): Rule {
  return (value) =>
    typeof value === "string" && choices.includes(value)
      ? undefined
      : `${choices.map((choice) => JSON.stringify(choice)).join(" or ")} is expected`;
}

/** A list without doubles, whose items follow a rule of their own. */
export function list(item: Rule, maxLength: number): Rule {
  return (value) => {
    if (!Array.isArray(value) || value.length > maxLength)
      return `a list of at most ${maxLength} is expected`;
    for (const [index, one] of value.entries()) {
      const fault = item(one);
      if (fault) return `in place ${index + 1}, ${fault}`;
      if (typeof one === "string" && value.indexOf(one) !== index)
        return `${JSON.stringify(one)} stands there twice`;
    }
    return undefined;
  };
}
