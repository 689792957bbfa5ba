import { expect, it } from "vitest";
import { parseRobots } from "../../../api/core/web/robots-rules.ts";

const allows = (text: string, path: string) => parseRobots(text).isAllowed(path);

it.each([
  ["", "/any", true],
  ["User-agent: *\nDisallow:", "/any", true],
  ["User-agent: *\nDisallow: /", "/any", false],
  ["User-agent: other\nDisallow: /", "/any", true],
  ["User-agent: MIPTech-Platform\nDisallow: /a\n\nUser-agent: *\nDisallow: /b", "/a", false],
  ["User-agent: miptech-platform\nDisallow: /a\n\nUser-agent: *\nDisallow: /b", "/b", true],
  ["User-agent: x\nUser-agent: *\nDisallow: /a", "/ab", false],
  ["User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", true],
  ["User-agent: *\nAllow: /a\nDisallow: /a", "/a", true],
  ["User-agent: *\r\nDisallow: /*.pdf$ # papers", "/x/y.pdf", false],
  ["User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf?a", true],
  ["User-agent: *\nDisallow: /a$", "/ab", true],
  ["User-agent: *\nDisallow: /a*b*c", "/a-c-b", true],
  ["User-agent: *\nDisallow: /a*b*c", "/a-b-c", false],
  ["User-agent: *\nDisallow: /%c3%a9", "/%C3%A9", false],
  ["User-agent: *\nDisallow: /é", "/%C3%A9", false],
  ["User-agent: *\nDisallow: /?q=", "/?q=1", false],
  ["<html>Disallow: /</html>\nDisallow: /", "/a", true],
])("%j lets %s be read: %s", (text, path, expected) => {
  expect(allows(text, path)).toBe(expected);
});

it("a pattern of many stars is soon compared", () => {
  const text = `User-agent: *\nDisallow: /${"*a".repeat(900)}b`;
  expect(allows(text, `/${"a".repeat(20_000)}`)).toBe(true);
});

it("tells how long to wait", () => {
  expect(parseRobots("User-agent: *\nCrawl-delay: 2.5\nDisallow: /a").pauseMs).toBe(2500);
  expect(parseRobots("User-agent: other\nCrawl-delay: 2").pauseMs).toBeUndefined();
});
