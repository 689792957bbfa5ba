/**
 * The id of a version's passage by its place, from 0: the same each time, so that a step that is repeated writes the
 * same passages and vectors. `ver_3f…`, 7 → `psg_3f…_7`.
 */
export function passageId(versionId: string, rank: number): string {
  return `psg_${versionId.replace(/^ver_/, "")}_${rank}`;
}
