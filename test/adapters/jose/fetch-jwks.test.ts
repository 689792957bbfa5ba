import { once } from "node:events";
import { createServer as createTlsServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createFetchJwks,
  type FetchJwksOptions,
  type Resolve,
} from "../../../api/adapters/jose/fetch-jwks.ts";
import { makeCertificate } from "../../support/certificate.ts";
import { createManualClock, settle, type ManualClock } from "../../support/clock.ts";
import { startJwksServer, type JwksServer } from "../../support/jwks-server.ts";

const key = { kty: "EC", kid: "1" };
let clock: ManualClock;
let server: JwksServer;

beforeEach(async () => {
  clock = createManualClock();
  server = await startJwksServer();
  server.publish([key]);
});
afterEach(() => server.close());

const open = (options: Partial<FetchJwksOptions> = {}) =>
  createFetchJwks({ clock, allowPrivate: true, ...options });
/** Answers each look-up with the next addresses. */
function resolveTo(...answers: readonly (readonly string[])[]): Resolve & { asked: string[] } {
  const asked: string[] = [];
  const resolve: Resolve = async (hostname) => {
    asked.push(hostname);
    const addresses = answers[Math.min(asked.length, answers.length) - 1] ?? [];
    return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };
  return Object.assign(resolve, { asked });
}

it("gives what the server answers, and says what it wants", async () => {
  const asked = Promise.withResolvers<Record<string, unknown>>();
  server.answerWith((request, response) => {
    asked.resolve({ method: request.method, path: request.url, ...request.headers });
    response.end('{"keys":[7]}');
  });
  expect(await open()(`${server.url}?a=b#c`)).toEqual({ keys: [7] });
  expect(await asked.promise).toMatchObject({
    method: "GET",
    path: "/.well-known/jwks.json?a=b",
    host: `127.0.0.1:${server.port}`,
    accept: "application/jwk-set+json, application/json",
    "accept-encoding": "identity",
    connection: "close",
  });
  expect(clock.timers).toBe(0);
});

describe("refuses an answer", () => {
  it.each([201, 204, 301, 302, 303, 307, 308, 304, 400, 404, 500, 503])(
    "of status %i, and follows none",
    async (status) => {
      const elsewhere = await startJwksServer();
      try {
        server.answerWith((_request, response) => {
          response.writeHead(status, { location: elsewhere.url });
          response.end(status === 204 || status === 304 ? undefined : '{"keys":[]}');
        });
        await expect(open()(server.url)).rejects.toThrow(`It answers with ${status}`);
        expect(elsewhere.requests).toBe(0);
      } finally {
        await elsewhere.close();
      }
    },
  );

  it("of more than 64 KiB", async () => {
    const fill = (length: number) => JSON.stringify({ keys: ["x".repeat(length - 13)] });
    server.answerWith((_request, response) => void response.end(fill(65_536)));
    await expect(open()(server.url)).resolves.toBeDefined();
    server.answerWith((_request, response) => void response.end(fill(65_537)));
    await expect(open()(server.url)).rejects.toThrow("more than 65536 bytes");
  });

  it("that never ends, and hangs up", async () => {
    const ended = Promise.withResolvers<void>();
    server.answerWith((_request, response) => {
      response.once("close", () => ended.resolve());
      const write = () => void response.write(Buffer.alloc(16_384, " "), write);
      write();
    });
    await expect(open()(server.url)).rejects.toThrow("more than 65536 bytes");
    await ended.promise;
  });

  it.each(["", "{", "<html>", "\ufeff{}"])("of %j, which is no JSON", async (text) => {
    server.answerWith((_request, response) => void response.end(text));
    await expect(open()(server.url)).rejects.toThrow("It answers with no JSON");
  });

  it("that is cut off", async () => {
    server.answerWith((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write('{"keys":[]}', () => response.destroy());
    });
    await expect(open()(server.url)).rejects.toThrow();
    expect(clock.timers).toBe(0);
  });
});

describe("waits five seconds", () => {
  it("for an answer", async () => {
    const asked = Promise.withResolvers<void>();
    server.answerWith(() => asked.resolve());
    const fetched = open()(server.url);
    await asked.promise;
    clock.advance(4999);
    expect(clock.timers).toBe(1);
    clock.advance(1);
    await expect(fetched).rejects.toThrow("aborted");
  });

  it("for the whole of it, however it drips", async () => {
    const dripped = Promise.withResolvers<void>();
    server.answerWith((_request, response) => {
      response.write("{", () => dripped.resolve());
    });
    const fetched = open()(server.url);
    await dripped.promise;
    clock.advance(5000);
    await expect(fetched).rejects.toThrow("aborted");
  });

  it("for its name's address", async () => {
    const never = Promise.withResolvers<never>();
    const fetched = open({ resolve: () => never.promise })("http://login.example.com/");
    await settle();
    clock.advance(5000);
    await expect(fetched).rejects.toThrow("aborted");
    expect(server.requests).toBe(0);
  });
});

describe("in production", () => {
  const refused = "Its address is not of the public internet";

  it("takes https alone", async () => {
    const fetchJwks = open({ allowPrivate: false });
    const urls = [
      server.url,
      "http://login.example.com/keys",
      "ftp://login.example.com/keys",
      "file:///etc/passwd",
      "data:application/json,{}",
      "javascript:1",
      "login.example.com",
      "",
      "https://",
      "https://user:password@login.example.com/keys",
      "https://user@login.example.com/keys",
      "https://:password@login.example.com/keys",
    ];
    for (const url of urls)
      await expect(fetchJwks(url), url).rejects.toThrow(
        "No address of https without a user's name",
      );
    expect(server.requests).toBe(0);
    expect(clock.timers).toBe(0);
  });

  it.each([
    "127.0.0.1",
    "127.1",
    "0x7f000001",
    "2130706433",
    "0177.0.0.1",
    "0.0.0.0",
    "10.0.0.1",
    "169.254.169.254",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[fd00:ec2::254]",
    "１２７.0.0.1",
  ])("asks no %s", async (host) => {
    const fetchJwks = open({ allowPrivate: false });
    await expect(fetchJwks(`https://${host}:${server.port}/`)).rejects.toThrow(refused);
  });

  it.each([
    ["127.0.0.1"],
    ["10.1.2.3"],
    ["169.254.169.254"],
    ["100.64.0.1"],
    ["::1"],
    ["fe80::1"],
    ["::ffff:192.168.0.1"],
    ["93.184.216.34", "127.0.0.1"],
    ["127.0.0.1", "2606:4700::1"],
  ])("asks no host whose name means %s %s", async (...addresses) => {
    const resolve = resolveTo(addresses);
    const fetchJwks = open({ allowPrivate: false, resolve });
    const url = `https://login.example.com:${server.port}/`;
    await expect(fetchJwks(url)).rejects.toThrow(refused);
    expect(resolve.asked).toEqual(["login.example.com"]);
  });

  it("asks no localhost by the system's own names", async () => {
    const fetchJwks = open({ allowPrivate: false });
    await expect(fetchJwks(`https://localhost:${server.port}/`)).rejects.toThrow(refused);
  });

  it("says of a name without an address that it has none", async () => {
    const fetchJwks = open({ allowPrivate: false, resolve: resolveTo([]) });
    await expect(fetchJwks("https://login.example.com/")).rejects.toThrow("has no address");
    const failing = open({ resolve: () => Promise.reject(new Error("ENOTFOUND")) });
    await expect(failing("https://login.example.com/")).rejects.toThrow("ENOTFOUND");
  });
});

describe("a name that means another address a moment later", () => {
  it("is looked up once, and the address that was looked at is the one that is asked", async () => {
    const resolve = resolveTo(["127.0.0.1"], ["127.0.0.2"]);
    const isAllowed = (address: string) => address === "127.0.0.1";
    const fetchJwks = open({ resolve, isAllowed });
    const url = `http://login.example.com:${server.port}/`;
    expect(await fetchJwks(url)).toEqual({ keys: [key] });
    expect(resolve.asked).toEqual(["login.example.com"]);
    expect(server.requests).toBe(1);
    await expect(fetchJwks(url)).rejects.toThrow("not of the public internet");
    expect(server.requests).toBe(1);
  });

  it("one of several addresses that doesn't answer is passed over", async () => {
    const resolve = resolveTo(["127.0.0.2", "127.0.0.1"]);
    const fetchJwks = open({ resolve });
    expect(await fetchJwks(`http://login.example.com:${server.port}/`)).toEqual({ keys: [key] });
  });
});

describe("over TLS", () => {
  const certificate = makeCertificate("login.example.com");
  const usual = getCACertificates("default");
  let tls: Server;
  let port: number;

  beforeEach(async () => {
    tls = createTlsServer(certificate, (_request, response) => {
      response.end(JSON.stringify({ keys: [key] }));
    });
    tls.listen(0, "127.0.0.1");
    await once(tls, "listening");
    ({ port } = tls.address() as AddressInfo);
  });
  afterEach(async () => {
    setDefaultCACertificates(usual);
    tls.closeAllConnections();
    tls.close();
    await once(tls, "close");
  });
  const fetchFrom = (host: string) =>
    open({
      allowPrivate: false,
      resolve: resolveTo(["127.0.0.1"]),
      isAllowed: (address) => address === "127.0.0.1",
    })(`https://${host}:${port}/`);

  it("a server of that name is asked whose certificate is vouched for", async () => {
    setDefaultCACertificates([certificate.cert]);
    expect(await fetchFrom("login.example.com")).toEqual({ keys: [key] });
  });

  it("one of another name is not", async () => {
    setDefaultCACertificates([certificate.cert]);
    await expect(fetchFrom("login.example.net")).rejects.toThrow("altnames");
  });

  it("one that vouches for itself is not", async () => {
    await expect(fetchFrom("login.example.com")).rejects.toThrow("self-signed certificate");
  });
});
