import { expect, test } from "vitest";
import { CommandError } from "../../../scripts/miptech/command-error.ts";
import { checkReceiver, type Sending } from "../../../scripts/miptech/receiver.ts";

const local = [
  "http://localhost:8000",
  "http://LOCALHOST",
  "http://127.0.0.1:8000",
  "http://127.1",
  "http://[::1]:8000",
  "http://api.localhost",
];
const far = [
  "//example.com",
  "//localhost.example.com",
  "//127.0.0.1.example.com",
  "//localhost@example.com",
  "//192.168.0.2:8000",
  "//notlocalhost",
  "//[::2]",
  "//0.0.0.0",
];

function isSent(url: string, sending: Partial<Sending> = {}): boolean {
  try {
    checkReceiver(url, { isMadeToken: false, insecure: false, ...sending });
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(CommandError);
    return false;
  }
}

test("every admin token may go to this machine", () => {
  for (const url of local)
    for (const isMadeToken of [true, false]) expect(isSent(url, { isMadeToken }), url).toBe(true);
});

test("one that was set goes to another machine over https, or where it is said", () => {
  for (const url of far) {
    expect(isSent(`http:${url}`), url).toBe(false);
    expect(isSent(`https:${url}`), url).toBe(true);
    expect(isSent(`http:${url}`, { insecure: true }), url).toBe(true);
  }
});

test("one that was made for this machine goes to no other, whatever is said", () => {
  for (const url of far)
    for (const protocol of ["http", "https"])
      for (const insecure of [false, true])
        expect(isSent(`${protocol}:${url}`, { isMadeToken: true, insecure }), url).toBe(false);
});
