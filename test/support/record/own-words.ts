import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../../..");
let words: string | undefined;

/**
 * Whether a text is the program's own: answers that quote nothing say what errors say too, such as that the language
 * model does not answer.
 */
export function isOwnText(text: string): boolean {
  words ??= globSync("api/**/*.ts", { cwd: root })
    .map((path) => readFileSync(join(root, path), "utf8"))
    .join("\n");
  return words.includes(text);
}
