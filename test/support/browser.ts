import { chromium, type Browser, type Page } from "playwright";
import { chromiumArgs, chromiumPath } from "./chromium.ts";

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await chromiumPath(), args: [...chromiumArgs] });
}

/** What a page did that a strict host would mind. */
export interface PageRecord {
  /** Origins that were asked for anything. */
  readonly origins: ReadonlySet<string>;
  /** Errors of scripts, refused loads and broken policies. */
  readonly faults: readonly string[];
}

export function recordPage(page: Page): PageRecord {
  const origins = new Set<string>();
  const faults: string[] = [];
  page.on("request", (request) => origins.add(new URL(request.url()).origin));
  page.on("websocket", (socket) => origins.add(new URL(socket.url()).origin));
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  return { origins, faults };
}
