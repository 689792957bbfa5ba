import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A certificate and its key, as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate for one name that vouches for itself (RFC 5280), good from 2020 to 2049. */
export function makeCertificate(name: string): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(objectId("2a8648ce3d040302")); // ecdsa-with-SHA256
  const subject = sequence(
    element(0x31, sequence(objectId("550403"), element(0x0c, Buffer.from(name)))),
  );
  const names = sequence(element(0x82, Buffer.from(name)));
  const isAuthority = sequence(element(0x01, Buffer.from([0xff])));
  const signed = sequence(
    element(0xa0, element(0x02, Buffer.from([2]))), // version 3
    element(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    subject,
    sequence(
      element(0x17, Buffer.from("200101000000Z")),
      element(0x17, Buffer.from("491231235959Z")),
    ),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    element(
      0xa3,
      sequence(
        sequence(objectId("551d11"), element(0x04, names)), // its other names
        sequence(objectId("551d13"), element(0x04, isAuthority)),
      ),
    ),
  );
  const signature = element(0x03, Buffer.from([0]), sign("sha256", signed, privateKey));
  const der = sequence(signed, algorithm, signature);
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${der.toString("base64")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, ...parts);
}

function objectId(hex: string): Buffer {
  return element(0x06, Buffer.from(hex, "hex"));
}

/** Tag, length and content (X.690). */
function element(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length = content.length;
  const head = length < 128 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}
