import { Readability } from "@mozilla/readability";
import type { DomDocument, DomElement } from "./dom.ts";
import type { HtmlSize } from "./measure-html.ts";
import { writeMarkdown } from "./markdown-writer.ts";

/** Of the words outside links: with fewer, what was taken for the main content has lost too much. */
const leastShare = 0.5;
/**
 * Readability looks at each element many times, and at those around it: of larger or deeper pages, which
 * hardly are articles, it isn't asked.
 */
const largest: HtmlSize = { nodes: 50_000, depth: 100 };

/**
 * The blocks of a page without what stands around its content. Readability's choice is taken when it
 * keeps most of the words, since it is made for articles and drops much of lists, tables and questions
 * with answers.
 * @param parseAgain gives a copy, which Readability takes apart.
 */
export function findMainContent(
  document: DomDocument,
  { nodes, depth }: HtmlSize,
  parseAgain: () => DomDocument,
): string[] {
  const root = document.documentElement;
  if (!root) return [];
  const whole = writeMarkdown(root);
  if (nodes > largest.nodes || depth > largest.depth) return whole;
  const article = readArticle(parseAgain());
  if (!article) return whole;
  const ownWords = countWords(whole) - countLinkWords(document);
  return countWords(article) < ownWords * leastShare ? whole : withTopHeading(document, article);
}

function readArticle(copy: DomDocument): string[] | undefined {
  const found = new Readability(copy as unknown as ConstructorParameters<typeof Readability>[0], {
    serializer: (node) => node,
    keepClasses: true,
  }).parse();
  const content = found?.content as unknown as DomElement | undefined;
  return content && writeMarkdown(content);
}

/** The page's only h1, which Readability drops or makes an h2, stands above its content again. */
function withTopHeading(document: DomDocument, blocks: string[]): string[] {
  const [top, second] = document.querySelectorAll("h1");
  const words = top?.textContent?.replace(/\s+/g, " ").trim() ?? "";
  if (second || words === "") return blocks;
  const rest = blocks.filter((block) => block !== `## ${words}`);
  return [`# ${words}`, ...rest];
}

/** Words in links are mostly those of menus. */
function countLinkWords(document: DomDocument): number {
  return countWords(Array.from(document.querySelectorAll("a"), (link) => link.textContent ?? ""));
}

function countWords(texts: readonly string[]): number {
  let count = 0;
  for (const text of texts) for (const _ of text.matchAll(/\S+/g)) count++;
  return count;
}
