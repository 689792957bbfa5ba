import type { Random } from "../faults/random.ts";

/** One upload of a document. */
export interface Brought {
  readonly source: string;
  /** Stands in its text, and in no other's. */
  readonly mark: string;
  readonly mediaType: string;
  readonly body: string;
  /** Whether it can be read at all. */
  readonly isGood: boolean;
}

const kinds = { "text/markdown": 5, "text/html": 2, "text/csv": 1, "application/pdf": 1 } as const;

/** A document of some sections, in one of several formats; one in nine can't be read. */
export function makeBrought(random: Random, source: string, count: number): Brought {
  const mark = `mark${count}x${random.integer(1, 1e6)}`;
  const mediaType = random.weigh(kinds);
  const sections = random.integer(1, 300);
  const lines = Array.from(
    { length: sections },
    (_, n) => `${mark} says ${n} of ${source} ${filler}`,
  );
  const bodies: Record<keyof typeof kinds, () => string> = {
    "text/markdown": () => lines.map((line, n) => `# Section ${n}\n\n${line}\n`).join("\n"),
    "text/html": () =>
      `<title>${mark}</title>${lines.map((line, n) => `<h2>Section ${n}</h2><p>${line}</p>`).join("")}`,
    "text/csv": () => `place,text\n${lines.map((line, n) => `${n},"${line}"`).join("\n")}\n`,
    // Begins as one, and is none.
    "application/pdf": () => `%PDF-1.4\n${mark}`,
  };
  const isGood = mediaType !== "application/pdf";
  return { source, mark, mediaType, body: bodies[mediaType](), isGood };
}

const filler = "The quick brown fox jumps over the lazy dog and rests. ".repeat(6);
