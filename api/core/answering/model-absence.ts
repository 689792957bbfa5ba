/** Why an answer had to be given without a language model. */
export type ModelAbsence = "not_configured" | "unavailable" | "over_budget";

/** As the beginning of a clause. */
export const absenceText: Readonly<Record<ModelAbsence, string>> = {
  not_configured: "no language model is configured",
  unavailable: "the language model is not available at the moment",
  over_budget: "the language model's budget for today is used up",
};

/** The small print of an answer. @param consequence a clause that begins with "so". */
export function absenceNote(absence: ModelAbsence, consequence: string): string {
  const text = absenceText[absence];
  return `*${text.charAt(0).toUpperCase()}${text.slice(1)}, ${consequence}.*`;
}
