import { html, nothing, type TemplateResult } from "lit";
import type { Source } from "../client/message.ts";
import { safeHref } from "../markdown/safe-link.ts";
import type { Strings } from "../strings.ts";
import { arrowIcon, chevronIcon } from "./icons.ts";

/** The numbered sources of an answer; each opens to the words that were quoted. */
export function renderSources(
  sources: readonly Source[],
  strings: Strings,
): TemplateResult | typeof nothing {
  if (sources.length === 0) return nothing;
  return html`<section class="sources" part="sources" aria-label=${strings.sources}>
    <h3 class="sources-heading">${strings.sources}</h3>
    ${sources.map((source) => renderSource(source, strings))}
  </section>`;
}

function renderSource(source: Source, strings: Strings): TemplateResult {
  const { number, title, excerpt, url } = source;
  const check = checkOf(source, strings);
  const href = safeHref(url);
  const place = placeOf(source, strings);
  return html`<details class="source" part="source" data-number=${number}>
    <summary>
      <span class="source-number">${number}</span>
      <span class="source-title"
        >${title} ${place ? html`<span class="source-place">${place}</span>` : nothing}</span
      >
      ${chevronIcon}
    </summary>
    <div class="source-body">
      <blockquote>${excerpt}</blockquote>
      ${check ? html`<p class="source-check" part="source-check">${check}</p>` : nothing}
      ${
        href
          ? html`<a href=${href} target="_blank" rel="noopener noreferrer"
              >${strings.openSource}${arrowIcon}</a
            >`
          : nothing
      }
    </div>
  </details>`;
}

/** Whether the quoted words were found in the source; servers of earlier releases don't say. */
function checkOf({ verified }: Partial<Pick<Source, "verified">>, strings: Strings): string {
  if (typeof verified !== "boolean") return "";
  return verified ? `✓ ${strings.verifiedSource}` : strings.unverifiedSource;
}

/** The headings above the passage and its page; the document's own title, often the first, isn't said twice. */
function placeOf(
  { title, heading, page }: Omit<Source, "page"> & Partial<Pick<Source, "page">>,
  { sourcePage }: Strings,
): string {
  const isRepeated = heading === title || heading.startsWith(`${title} › `);
  const headings = isRepeated ? heading.slice(title.length + 3) : heading;
  return [headings, typeof page === "number" ? sourcePage(page) : ""]
    .filter((part) => part !== "")
    .join(" · ");
}

/** Opens the source that a citation in the same answer names, and takes the reader there. */
export function showSource(answer: Element, number: string): void {
  const details = [...answer.querySelectorAll<HTMLDetailsElement>("details.source")].find(
    (candidate) => candidate.dataset["number"] === number,
  );
  if (!details) return;
  details.open = true;
  details.querySelector("summary")?.focus({ preventScroll: true });
  details.scrollIntoView({ block: "nearest" });
}
