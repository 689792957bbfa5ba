import type { ChatMessage, Source } from "./client/message.ts";

/** An answer as it is copied: its Markdown, and the sources that its numbers mean. */
export function answerText({ content, metadata }: ChatMessage, heading: string): string {
  const sources = metadata?.sources ?? [];
  if (sources.length === 0) return content;
  return `${content.trimEnd()}\n\n${heading}:\n${sources.map(describe).join("\n")}\n`;
}

function describe({ number, title, heading, url }: Source): string {
  const place = heading && heading !== title ? `${title}: ${heading}` : title;
  return `[${number}] ${place}${url ? ` <${url}>` : ""}`;
}
