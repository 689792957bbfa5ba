import { rm } from "node:fs/promises";
import { findAbandonedFolders, makeTestFolder } from "../test-folder.ts";
import { setRecordFolder, type Finding } from "./folder.ts";
import { searchRecord } from "./search.ts";

export interface RunRecord {
  /**
   * Searches all that was kept, and removes it where nothing is found.
   * @param others files outside the folder, such as a server's log.
   * @throws Error that names file, line and kind of each finding, and never what was found
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
      await rm(folder, { recursive: true });
    },
  };
}

const mostShown = 30;

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
