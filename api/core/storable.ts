/** Whether a text can be stored as it is: PostgreSQL takes neither NUL nor half a surrogate pair. */
export function isStorable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

/** Why a text was refused that can't be. */
export const notStorable = "Holds NUL or half a surrogate pair";
