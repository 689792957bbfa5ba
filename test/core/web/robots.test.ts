import { expect, test } from "vitest";
import { createHostTurns } from "../../../api/core/web/host-turns.ts";
import { createRobots } from "../../../api/core/web/robots.ts";
import type { WebFetcher } from "../../../api/core/web/web-fetcher.ts";
import { createManualClock } from "../../support/clock.ts";

const { signal } = new AbortController();

function open(text: string) {
  const clock = createManualClock();
  const asked: string[] = [];
  const fetcher: WebFetcher = {
    async fetch({ url }) {
      asked.push(url);
      const body = Buffer.from(text);
      return { url, body, mediaType: "text/plain", etag: null, lastModified: null };
    },
  };
  const robots = createRobots({ fetcher, turns: createHostTurns(clock, 0), clock });
  const ask = (n: number) => robots.rulesAt(`https://host-${n}.example/page`, signal);
  return { ask, asked };
}

test("rules are kept by their size too: those of hosts with large files make room for others", async () => {
  const large = open(`User-agent: *\n${"Disallow: /a\n".repeat(35_000)}`);
  for (let n = 0; n < 30; n += 1) await large.ask(n);
  await large.ask(29);
  expect(large.asked).toHaveLength(30);
  await large.ask(0);
  expect(large.asked).toHaveLength(31);
  const small = open("User-agent: *\nDisallow: /a\n");
  for (let n = 0; n < 500; n += 1) await small.ask(n);
  for (let n = 0; n < 500; n += 1) await small.ask(n);
  expect(small.asked).toHaveLength(500);
});
