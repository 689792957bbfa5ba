import { relative } from "node:path";
import { afterAll, expect } from "vitest";
import { framesChecked, watchFrames } from "./watch-frames.ts";

// Of each test file, before its own code.
const { testPath = "" } = expect.getState();
watchFrames(relative(process.cwd(), testPath) || "a test");
afterAll(framesChecked);
