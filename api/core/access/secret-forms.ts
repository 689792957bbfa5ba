/**
 * Tokens, keys and tickets by their form alone: a JSON Web Token (its two objects begin with `eyJ`; the signature may
 * be missing), `pk_`, `sk_` or `tkt_` with 43 characters.
 */
const forms = /\beyJ[\w-]{6,}\.eyJ[\w-]{6,}(?:\.[\w-]*)?|\b(?:[ps]k|tkt)_[\w-]{43}/;
const everyForm = new RegExp(forms, "g");

export function holdsSecret(text: string): boolean {
  return forms.test(text);
}

/** The text with each of them as `[secret]`. */
export function hideSecrets(text: string): string {
  return text.replace(everyForm, "[secret]");
}
