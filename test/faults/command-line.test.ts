import { expect, test } from "vitest";
import { readCommandLine } from "./command-line.ts";

test("without options it is the run of the acceptance", () => {
  expect(readCommandLine([])).toMatchObject({ faults: 1000, streams: 300, processes: 2 });
  expect(readCommandLine(["--help"])).toBe("help");
});

test("a wrong command line is refused with what is wrong", () => {
  expect(() => readCommandLine(["--faults", "many"])).toThrow(/--faults many/);
  expect(() => readCommandLine(["--without", "luck"])).toThrow(/gap-check or fencing/);
  expect(() => readCommandLine(["--sede", "1"])).toThrow(/--sede/);
});
