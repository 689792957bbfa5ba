import { unzipSync, zipSync, type UnzipFileInfo } from "fflate";
import { AppError } from "../../core/errors.ts";

/** Files of an archive by their names, unpacked. */
export type Files = Readonly<Record<string, Uint8Array>>;

/** Entries of an archive; a document has hundreds at most. */
const mostEntries = 10_000;

/**
 * Unpacks the files of an archive that are wanted. Before each one its size as the archive says it is held
 * against what is left of `most`, and no more than it says is unpacked, whatever comes out.
 * @param most bytes that all of them may have.
 * @throws AppError INVALID_DOCUMENT, DOCUMENT_TOO_LARGE
 */
export function unzip(bytes: Uint8Array, most: number, isWanted: (name: string) => boolean): Files {
  let left = most;
  let entries = 0;
  const filter = ({ name, originalSize }: UnzipFileInfo): boolean => {
    entries++;
    if (entries > mostEntries) throw tooManyFiles();
    if (!isWanted(name)) return false;
    left -= originalSize;
    if (left < 0) throw unpacksTooLarge(most);
    return true;
  };
  try {
    return unzipSync(bytes, { filter });
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError("INVALID_DOCUMENT", "The document is damaged: it can't be unpacked", {
      cause,
    });
  }
}

/** An archive of them that is packed so as to be opened quickly. */
export function zip(files: Files): Uint8Array {
  return zipSync(files, { level: 0 });
}

function unpacksTooLarge(most: number): AppError {
  return new AppError("DOCUMENT_TOO_LARGE", `The document unpacks to more than ${most} bytes`);
}

function tooManyFiles(): AppError {
  return new AppError(
    "DOCUMENT_TOO_LARGE",
    `The document is an archive of more than ${mostEntries} files`,
  );
}
