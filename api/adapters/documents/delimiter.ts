const delimiters = [",", ";", "\t", "|"] as const;

/** Characters at the beginning that are looked at. */
const sampleLength = 64 * 1024;

/**
 * The delimiter that splits the first records into the same number of fields most often; of two that
 * do so alike, the one with more fields. A comma where none splits anything.
 */
export function findDelimiter(text: string): string {
  const records = splitRecords(text.slice(0, sampleLength));
  let best = { delimiter: ",", score: 0 };
  for (const delimiter of delimiters) {
    const counts = records.map((record) => record.split(delimiter).length);
    const first = counts[0] ?? 1;
    if (first < 2) continue;
    const alike = counts.filter((count) => count === first).length / counts.length;
    const score = alike + first / 10_000;
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}

/** The records of a sample without what stands in quotes; the last one may be cut, and is left out. */
function splitRecords(sample: string): string[] {
  const bare = sample.replace(/"(?:[^"]|"")*(?:"|$)/g, "");
  const lines = bare.split(/\r\n|\n|\r/).filter((line) => line.trim() !== "");
  return lines.length > 1 && sample.length === sampleLength ? lines.slice(0, -1) : lines;
}
