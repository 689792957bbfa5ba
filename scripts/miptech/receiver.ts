import { CommandError } from "./command-error.ts";

export interface Sending {
  /** Whether the token is the one that development made for the server of this folder. */
  readonly isMadeToken: boolean;
  /** `--insecure` */
  readonly insecure: boolean;
}

/**
 * Whether the admin token may go there: to this machine; the one that its operator has set also to another, over https,
 * or where they say so. @param url of `--url`. @throws CommandError
 */
export function checkReceiver(url: string, { isMadeToken, insecure }: Sending): void {
  const { protocol, hostname } = new URL(url);
  if (isLoopback(hostname)) return;
  if (isMadeToken) {
    throw new CommandError(
      `The admin token of .data/secrets.json is this machine's, not that of ${hostname}: set ADMIN_TOKEN to the one that the server has.`,
    );
  }
  if (protocol === "https:" || insecure) return;
  throw new CommandError(
    `Over http all on the way to ${hostname} could read the admin token: use https, or say --insecure.`,
  );
}

function isLoopback(name: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(name);
}
