import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createWebFetcher } from "../../../api/adapters/web/fetcher.ts";
import type { Resolve } from "../../../api/adapters/web/guarded-request.ts";
import { isPublicAddress } from "../../../api/core/public-address.ts";
import type { AddressRules } from "../../../api/core/web/address.ts";
import { createManualClock } from "../../support/clock.ts";
import { startWebServer, type WebServer } from "./web-server.ts";

/** Loopback's own second name, which stands for a public address: what listens there may be asked. */
const isAllowed = (address: string) => address === "127.0.0.1" || isPublicAddress(address);
let server: WebServer;
beforeEach(async () => {
  server = await startWebServer();
});
afterEach(() => server.close());

function fetchFrom(url: string, rules: Partial<AddressRules> = {}, resolve?: Resolve) {
  const addresses = { ports: undefined, isAllowed: isPublicAddress, ...rules };
  const clock = createManualClock();
  const fetcher = createWebFetcher({ clock, addresses, ...(resolve && { resolve }) });
  const request = { url, accept: "*/*", maxBytes: 1000 };
  return fetcher.fetch(request, new AbortController().signal);
}
const refused = { name: "WebFetchError", code: "ADDRESS_NOT_ALLOWED", isTransient: false };

/** Every one is this machine, or what only this machine can reach. */
const inside = [
  "169.254.169.254",
  "[::1]",
  "[::]",
  "2130706433",
  "0177.0.0.1",
  "0x7f.0.0.1",
  "0x7f000001",
  "127.1",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[64:ff9b::7f00:1]",
  "0.0.0.0",
  "10.0.0.1",
  "[fe80::1]",
  "[fd00:ec2::254]",
  "127.0.0.1",
];

describe("an address inside is refused, and nobody connects to it", () => {
  it.each(inside)("%s", async (host) => {
    await expect(fetchFrom(`http://${host}:${server.port}/`)).rejects.toMatchObject(refused);
    expect(server.connections).toBe(0);
  });

  it.each(inside.filter((host) => URL.parse(`http://${host}`)?.hostname !== "127.0.0.1"))(
    "as a redirect: %s",
    async (host) => {
      server.answerWith((_request, response) => {
        response.writeHead(302, { location: `http://${host}:${server.port}/inside` }).end();
      });
      await expect(fetchFrom(server.url, { isAllowed })).rejects.toMatchObject(refused);
      expect(server.paths).toEqual(["/"]);
    },
  );

  it.each(["127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "0.0.0.0"])(
    "as what a name resolves to: %s",
    async (address) => {
      const resolve: Resolve = async () => [{ address, family: address.includes(":") ? 6 : 4 }];
      const url = `http://inside.example.com:${server.port}/`;
      await expect(fetchFrom(url, {}, resolve)).rejects.toMatchObject(refused);
      expect(server.connections).toBe(0);
    },
  );

  it("where only one of several addresses is inside", async () => {
    const resolve: Resolve = async () => [
      { address: "8.8.8.8", family: 4 },
      { address: "127.0.0.1", family: 4 },
    ];
    const url = `http://both.example.com:${server.port}/`;
    await expect(fetchFrom(url, {}, resolve)).rejects.toMatchObject(refused);
    expect(server.connections).toBe(0);
  });
});

it("a name that changes between the check and the use is connected to where it was checked", async () => {
  const other = await startWebServer();
  try {
    const asked: string[] = [];
    const answers = ["127.0.0.1", "127.0.0.2"];
    const resolve: Resolve = async (name) => {
      asked.push(name);
      return [{ address: answers[asked.length - 1] ?? "127.0.0.2", family: 4 }];
    };
    server.answerWith((request, response) => void response.end(request.headers.host));
    const url = `http://rebound.example.com:${server.port}/`;
    const { body } = await fetchFrom(url, { isAllowed }, resolve);
    expect(Buffer.from(body ?? []).toString()).toBe(`rebound.example.com:${server.port}`);
    expect(asked).toEqual(["rebound.example.com"]);
    // The next request looks again, and finds it inside.
    await expect(fetchFrom(url, { isAllowed }, resolve)).rejects.toMatchObject(refused);
    expect([server.connections, other.connections]).toEqual([1, 0]);
  } finally {
    await other.close();
  }
});

it("a name that changes between two redirects is looked at again", async () => {
  let count = 0;
  const resolve: Resolve = async () => [
    { address: (count += 1) === 1 ? "127.0.0.1" : "127.0.0.2", family: 4 },
  ];
  const url = `http://rebound.example.com:${server.port}/`;
  server.answerWith((_request, response) => void response.writeHead(302, { location: url }).end());
  await expect(fetchFrom(url, { isAllowed }, resolve)).rejects.toMatchObject(refused);
  expect(server.connections).toBe(1);
});

describe("nothing is asked of", () => {
  it.each([
    "ftp://127.0.0.1/",
    "file:///etc/passwd",
    "http://user:password@127.0.0.1/",
    "http://user@127.0.0.1/",
    "data:text/plain,x",
  ])("%s", async (url) => {
    await expect(fetchFrom(url, { isAllowed })).rejects.toMatchObject(refused);
  });

  it("another port than those of the web", async () => {
    const rules = { isAllowed, ports: [80, 443] };
    await expect(fetchFrom(server.url, rules)).rejects.toMatchObject(refused);
    expect(server.connections).toBe(0);
  });

  it("a redirect to an address with credentials, or of another protocol", async () => {
    for (const location of [`http://u:p@127.0.0.1:${server.port}/`, "file:///etc/passwd"]) {
      server.answerWith((_request, response) => void response.writeHead(302, { location }).end());
      await expect(fetchFrom(server.url, { isAllowed })).rejects.toMatchObject(refused);
    }
  });
});
