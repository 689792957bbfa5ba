import { expect, test } from "vitest";
import { readCommandLine } from "./command-line.ts";

test("without options it attacks the configured server, as usual", () => {
  expect(readCommandLine([])).toEqual({
    url: undefined,
    adminToken: undefined,
    seed: 1,
    thoroughness: "usual",
    only: undefined,
    mutant: undefined,
  });
  expect(readCommandLine(["--url", "http://localhost:8000/", "--quick"])).toMatchObject({
    url: "http://localhost:8000",
    thoroughness: "quick",
  });
  expect(readCommandLine(["--help"])).toBe("help");
});

test("a wrong command line is refused with what is wrong", () => {
  expect(() => readCommandLine(["--url", "localhost"])).toThrow(/--url/);
  expect(() => readCommandLine(["--seed", "x"])).toThrow(/--seed x/);
  expect(() => readCommandLine(["--quick", "--thorough"])).toThrow(/one of them/);
  expect(() => readCommandLine(["--without", "luck"])).toThrow(/tenant-check or owner-check/);
  expect(() => readCommandLine(["--without", "role", "--url", "http://x"])).toThrow(/its own/);
  expect(() => readCommandLine(["--sede", "1"])).toThrow(/--sede/);
});
