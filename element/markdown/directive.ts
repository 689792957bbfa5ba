import { noChange } from "lit";
import { Directive, directive, PartType, type ElementPart, type PartInfo } from "lit/directive.js";
import { linkCitations } from "./citations.ts";
import { createMarkdownWriter, type MarkdownWriter } from "./writer.ts";
import type { ChatMessage } from "../client/message.ts";

/** Keeps the nodes of one answer in step with its growing text, by adding what is new. */
class MarkdownDirective extends Directive {
  #writer: MarkdownWriter | undefined;
  #written = 0;
  #attempt: number | undefined;
  #hasEnded = false;

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new TypeError("renderMarkdown stands on an element");
  }

  override update(part: ElementPart, [answer]: [ChatMessage]): typeof noChange {
    if (!(part.element instanceof HTMLElement)) return noChange;
    const { content, metadata } = answer;
    const isAfresh =
      this.#hasEnded || this.#attempt !== metadata?.attempt || content.length < this.#written;
    if (isAfresh && !this.#isDone(answer)) this.#begin(part.element, metadata?.attempt);
    if (content.length > this.#written) this.#writer?.write(content.slice(this.#written));
    this.#written = content.length;
    if (!metadata?.streaming && !this.#hasEnded) this.#end(part.element, answer);
    return noChange;
  }

  override render(_answer: ChatMessage): typeof noChange {
    return noChange;
  }

  #isDone({ content, metadata }: ChatMessage): boolean {
    return this.#hasEnded && !metadata?.streaming && content.length === this.#written;
  }

  #begin(root: HTMLElement, attempt: number | undefined): void {
    this.#writer = createMarkdownWriter(root);
    this.#written = 0;
    this.#attempt = attempt;
    this.#hasEnded = false;
  }

  #end(root: HTMLElement, { metadata }: ChatMessage): void {
    this.#writer?.end();
    this.#hasEnded = true;
    linkCitations(root, metadata?.sources ?? []);
  }
}

/** On an element: shows an answer's Markdown in it. */
export const renderMarkdown = directive(MarkdownDirective);
