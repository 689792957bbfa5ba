import { rm } from "node:fs/promises";
import { findAbandonedFolders, makeTestFolder } from "../test-folder.ts";
import { setRecordFolder, type Finding } from "./folder.ts";
import { readFrameFaults } from "./frame-faults.ts";
import { searchRecord } from "./search.ts";

export interface RunRecord {
  /**
   * Searches all that was kept, and removes it where nothing is found.
   * @param others files outside the folder, such as a server's log.
   * @throws Error that names file, line and kind of each finding, and never what was found; or what is wrong with
   *   the frames of the run
   */
  close(others?: readonly string[]): Promise<void>;
}

const kind = "record";

/** Begins to keep what the platforms of a test run log and answer; to be called before any of them is started. */
export async function openRunRecord(): Promise<RunRecord> {
  // Of runs that were killed, or found something.
  for (const left of await findAbandonedFolders(kind))
    await rm(left, { recursive: true, force: true });
  const folder = await makeTestFolder(kind);
  const forget = setRecordFolder(folder);
  return {
    async close(others = []) {
      forget();
      const { findings, files, bytes } = await searchRecord(folder, others);
      const size = `${files} files, ${(bytes / 1024 / 1024).toFixed(1)} MiB`;
      if (findings.length > 0) throw new Error(describeFindings(findings, size, folder));
      console.log(`No secret and no message in what was logged and refused (${size})`);
      const { count, faults } = await readFrameFaults(folder);
      await rm(folder, { recursive: true });
      if (faults.length > 0) throw new Error(describeFaults(faults, count));
      if (count > 0) console.log(`All frames were as /asyncapi.json has them (${count})`);
    },
  };
}

const mostShown = 30;

function describeFaults(faults: readonly string[], count: number): string {
  const left = faults.length - mostShown;
  return [
    `Frames of this run are not as /asyncapi.json has them (${count} were checked):`,
    ...faults.slice(0, mostShown).map((fault) => `  ${fault}`),
    ...(left > 0 ? [`  … and ${left} more`] : []),
  ].join("\n");
}

function describeFindings(findings: readonly Finding[], size: string, folder: string): string {
  const lines = findings.map(({ file, line, kind }) => `  ${file}:${line}: ${kind}`);
  const left = lines.length - mostShown;
  return [
    `Logs, errors or metrics of this run hold what they must not (${size} were searched):`,
    ...lines.slice(0, mostShown),
    ...(left > 0 ? [`  … and ${left} more`] : []),
    `They are kept until the next run in ${folder}`,
  ].join("\n");
}
