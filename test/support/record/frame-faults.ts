import { appendFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { recordFolder } from "./folder.ts";

/** A frame of the run that is not as `/asyncapi.json` has it. Says nothing of what stands in it. */
export interface FrameFault {
  readonly from: "client" | "server";
  readonly fault: string;
  /** The test file or the program in which it was seen. */
  readonly seenIn: string;
}

const faultsFile = "frame-faults.jsonl";
const countsFile = "frame-counts.jsonl";

export function noteFrameFault(fault: FrameFault): void {
  append(faultsFile, fault);
}

/** How many frames were held against the document. */
export function noteFrameCount(count: number): void {
  if (count > 0) append(countsFile, count);
}

function append(file: string, value: unknown): void {
  const folder = recordFolder();
  if (folder !== undefined) appendFileSync(join(folder, file), `${JSON.stringify(value)}\n`);
}

export interface CheckedFrames {
  readonly count: number;
  /** Each once, in the order in which they were seen first. */
  readonly faults: readonly string[];
}

/** What was noted in that folder. */
export async function readFrameFaults(folder: string): Promise<CheckedFrames> {
  const names = await readdir(folder);
  const readLines = async (name: string): Promise<unknown[]> => {
    if (!names.includes(name)) return [];
    const lines = (await readFile(join(folder, name), "utf8")).trim().split("\n");
    return lines.map((line) => JSON.parse(line));
  };
  const counts = (await readLines(countsFile)) as number[];
  const faults = (await readLines(faultsFile)) as FrameFault[];
  const texts = faults.map(({ from, fault, seenIn }) => `${seenIn}: from the ${from}: ${fault}`);
  return { count: counts.reduce((sum, one) => sum + one, 0), faults: [...new Set(texts)] };
}
