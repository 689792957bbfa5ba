/**
 * Puts text on the clipboard.
 * @param root where the text may stand for a moment: a page without https has the old way alone.
 * @returns whether the browser allowed it
 */
export async function copyText(text: string, root: ParentNode): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // There is no clipboard (plain http), or a permissions policy or the reader forbids it.
    return copySelection(text, root);
  }
}

function copySelection(text: string, root: ParentNode): boolean {
  const field = document.createElement("textarea");
  field.className = "visually-hidden";
  field.value = text;
  const focused = root instanceof ShadowRoot ? root.activeElement : null;
  root.append(field);
  try {
    field.select();
    return document.execCommand("copy");
  } finally {
    field.remove();
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  }
}
