import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createWebFetcher } from "../../../api/adapters/web/fetcher.ts";
import type { WebRequest } from "../../../api/core/web/web-fetcher.ts";
import { createManualClock, type ManualClock } from "../../support/clock.ts";
import { startWebServer, type WebServer } from "./web-server.ts";

let server: WebServer;
let clock: ManualClock;
beforeEach(async () => {
  server = await startWebServer();
  clock = createManualClock();
});
afterEach(() => server.close());

const addresses = { ports: undefined, isAllowed: () => true };
function get(request: Partial<WebRequest> = {}, signal = new AbortController().signal) {
  const fetcher = createWebFetcher({ clock, addresses });
  return fetcher.fetch(
    { url: server.url, accept: "text/html", maxBytes: 10_000, ...request },
    signal,
  );
}
const textOf = (body: Uint8Array | undefined) => Buffer.from(body ?? []).toString();

it("gives what the host answers, and says who asks and for what", async () => {
  let asked: Record<string, unknown> = {};
  server.answerWith(({ url, headers }, response) => {
    asked = { url, ...headers };
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.setHeader("etag", '"1"');
    response.setHeader("last-modified", "Mon, 23 Nov 2026 10:00:00 GMT");
    response.end("<p>Hello");
  });
  const answer = await get({ url: `${server.url}/a?b=c` });
  expect(textOf(answer.body)).toBe("<p>Hello");
  expect(answer).toMatchObject({
    url: `${server.url}/a?b=c`,
    mediaType: "text/html; charset=utf-8",
    etag: '"1"',
    lastModified: "Mon, 23 Nov 2026 10:00:00 GMT",
  });
  expect(asked).toMatchObject({
    url: "/a?b=c",
    accept: "text/html",
    "accept-encoding": "gzip, br",
    "user-agent": "miptech-platform",
    host: `127.0.0.1:${server.port}`,
  });
  expect(clock.timers).toBe(0);
});

it("says what it knows, and takes the word that nothing has changed", async () => {
  server.answerWith(({ headers }, response) => {
    const isKnown = headers["if-none-match"] === '"1"' && headers["if-modified-since"] === "then";
    response.writeHead(isKnown ? 304 : 200).end();
  });
  expect((await get({ etag: '"1"', lastModified: "then" })).body).toBeUndefined();
  expect((await get()).body).toHaveLength(0);
  server.answerWith((_request, response) => void response.writeHead(304).end());
  await expect(get()).rejects.toMatchObject({ code: "HTTP_ERROR", status: 304 });
});

describe("redirects", () => {
  const redirect = (status: number, locationOf: (path: string) => string | undefined) =>
    server.answerWith(({ url = "" }, response) => {
      const location = locationOf(url);
      if (location === undefined) response.end(`at ${url}`);
      else response.writeHead(status, { location }).end("elsewhere");
    });

  it.each([301, 302, 303, 307, 308])("of the status %i are followed", async (status) => {
    redirect(status, (path) => (path === "/" ? "/there" : undefined));
    const { url, body } = await get();
    expect([url, textOf(body)]).toEqual([`${server.url}/there`, "at /there"]);
  });

  it("are told and not followed, where that is asked for", async () => {
    redirect(302, () => "/there");
    const answer = await get({ stopsAtRedirect: true });
    const redirectsTo = `${server.url}/there`;
    expect(answer).toMatchObject({ url: `${server.url}/`, redirectsTo, body: undefined });
    expect(server.paths).toEqual(["/"]);
    redirect(302, () => "http://[");
    const refused = get({ stopsAtRedirect: true });
    await expect(refused).rejects.toMatchObject({ code: "REDIRECT_REFUSED" });
  });

  it("are followed five times, and no more", async () => {
    redirect(302, (path) => (path.length > 5 ? undefined : `${path}x`));
    expect((await get()).url).toBe(`${server.url}/xxxxx`);
    redirect(302, (path) => (path.length > 6 ? undefined : `${path}x`));
    await expect(get()).rejects.toMatchObject({ code: "REDIRECT_REFUSED" });
  });

  it("that go round are left", async () => {
    redirect(302, () => "/");
    await expect(get()).rejects.toMatchObject({ code: "REDIRECT_REFUSED", isTransient: false });
    expect(server.paths).toHaveLength(1 + 5 + 0);
  });

  it("to what is no address are refused", async () => {
    redirect(302, () => "http://[");
    await expect(get()).rejects.toMatchObject({ code: "REDIRECT_REFUSED" });
  });
});

describe("refuses an answer", () => {
  it.each([
    [404, false, true],
    [410, false, true],
    [403, false, false],
    [429, true, false],
    [500, true, false],
    [503, true, false],
    [204, false, false],
  ])("of the status %i", async (status, isTransient, isGone) => {
    server.answerWith((_request, response) => void response.writeHead(status).end());
    const expected = { code: "HTTP_ERROR", status, isTransient, isGone };
    await expect(get()).rejects.toMatchObject(expected);
  });

  it("and knows how long it is to stay away", async () => {
    server.answerWith((_request, response) => {
      response.writeHead(429, { "retry-after": "7" }).end();
    });
    await expect(get()).rejects.toMatchObject({ retryAfterMs: 7000 });
  });

  it("that is larger than allowed, said or not, and hangs up", async () => {
    server.answerWith((_request, response) => void response.end("x".repeat(10_001)));
    await expect(get()).rejects.toMatchObject({ code: "RESPONSE_TOO_LARGE" });
    const hungUp = Promise.withResolvers<void>();
    server.answerWith((_request, response) => {
      response.once("close", () => hungUp.resolve());
      const write = () => void response.write("x".repeat(1000), write);
      write();
    });
    await expect(get()).rejects.toMatchObject({ code: "RESPONSE_TOO_LARGE" });
    await hungUp.promise;
  });

  it.each([
    ["gzip", gzipSync(Buffer.alloc(64 * 2 ** 20))],
    ["br", brotliCompressSync(Buffer.alloc(64 * 2 ** 20))],
  ])("that unpacks to more, by %s", async (encoding, bomb) => {
    server.answerWith((_request, response) => {
      response.writeHead(200, { "content-encoding": encoding }).end(bomb);
    });
    const maxBytes = Math.max(bomb.length, 10_000);
    await expect(get({ maxBytes })).rejects.toMatchObject({ code: "RESPONSE_TOO_LARGE" });
  });

  it("that can't be unpacked, or is packed in a way that nobody asked for", async () => {
    for (const encoding of ["gzip", "zstd", "gzip, gzip"]) {
      server.answerWith((_request, response) => {
        response.writeHead(200, { "content-encoding": encoding }).end("plain");
      });
      await expect(get(), encoding).rejects.toMatchObject({ code: "INVALID_RESPONSE" });
    }
  });

  it("of a type that isn't taken, before its body is read", async () => {
    server.answerWith((_request, response) => {
      response.writeHead(200, { "content-type": "image/png" });
      response.write("x");
    });
    const takes = (mediaType: string | undefined) => mediaType === "text/html";
    await expect(get({ takes })).rejects.toMatchObject({ code: "UNSUPPORTED_MEDIA_TYPE" });
  });

  it("that is cut off", async () => {
    server.answerWith((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => response.destroy());
    });
    const expected = { code: "HOST_UNREACHABLE", isTransient: true };
    await expect(get()).rejects.toMatchObject(expected);
    expect(clock.timers).toBe(0);
  });
});

it.each(["gzip", "br"])("unpacks %s", async (encoding) => {
  const packed = encoding === "gzip" ? gzipSync("a text") : brotliCompressSync("a text");
  server.answerWith((_request, response) => {
    response.writeHead(200, { "content-encoding": encoding }).end(packed);
  });
  expect(textOf((await get()).body)).toBe("a text");
});

describe("waits", () => {
  it("fifteen seconds for a host that is silent", async () => {
    const asked = Promise.withResolvers<void>();
    server.answerWith(() => asked.resolve());
    const answer = get();
    await asked.promise;
    clock.advance(14_999);
    expect(clock.timers).toBe(2);
    clock.advance(1);
    await expect(answer).rejects.toMatchObject({ code: "FETCH_TIMEOUT", isTransient: true });
    expect(clock.timers).toBe(0);
  });

  it("a minute for one that drips", async () => {
    let drip = () => undefined as unknown;
    const waiting = Promise.withResolvers<void>();
    server.answerWith((_request, response) => {
      drip = () => response.write("x");
      response.flushHeaders();
      waiting.resolve();
    });
    const answer = get({ takes: () => true, maxBytes: 1000 });
    const ended = answer.then(
      () => "read",
      (error: unknown) => error,
    );
    await waiting.promise;
    const watches = vi.spyOn(clock, "after");
    for (let second = 0; second < 60; second += 10) {
      const count = watches.mock.calls.length;
      drip();
      // The drop has come when it sets the watch anew.
      await vi.waitFor(() => expect(watches.mock.calls.length).toBeGreaterThan(count));
      clock.advance(10_000);
    }
    expect(await ended).toMatchObject({ code: "FETCH_TIMEOUT" });
  });

  it("no longer than whoever asks", async () => {
    const asked = Promise.withResolvers<void>();
    server.answerWith(() => asked.resolve());
    const ending = new AbortController();
    const answer = get({}, ending.signal);
    await asked.promise;
    const reason = new Error("Enough");
    ending.abort(reason);
    await expect(answer).rejects.toBe(reason);
  });
});
