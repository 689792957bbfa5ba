import type { Asker } from "./credential.ts";
import { randomText } from "./filling/random-id.ts";

/**
 * Who may see a text of the victim's: `tenant`: whoever asks a question there, since answers quote the documents;
 * `owner`: the person whose it is, and the tenant's server; `admin`: the tenant's admins.
 */
export type Reach = "tenant" | "owner" | "admin";

/** What stands in the victim's data alone, and how it is found where it doesn't belong. */
export interface Marks {
  /** A new word that stands nowhere else. */
  mark(reach: Reach): string;
  /** The marks and ids in what one of the victim's tenant was given, or said. That one may see them from now on. */
  learn(text: string, holder: string): void;
  /** A secret that nobody may be told. */
  keep(secret: string): void;
  /**
   * What of the victim's stands in a text and may not be seen by whoever was given it.
   * @param sent what they sent: an answer may say it back.
   */
  find(text: string, sent: string, reader: Asker): readonly string[];
}

const idPattern = /\b(?:chat|msg|doc|psg|vis|user|key|audit)_[0-9a-z]{26}\b/g;
const sharedIds = /^(?:doc|psg)_/;

/** @param victimId the tenant's id, itself a secret to whoever doesn't name it. */
export function createMarks(victimId: string): Marks {
  const run = randomText(8);
  const markPattern = new RegExp(`mk${run}[toa]\\d+x`, "g");
  const holders = new Map<string, Set<string>>();
  const secrets: string[] = [];
  let count = 0;

  function isForeign(id: string, holder: string, isTheirs: boolean): boolean {
    const known = holders.get(id);
    return known !== undefined && !known.has(holder) && !(isTheirs && sharedIds.test(id));
  }

  return {
    mark(reach) {
      count += 1;
      return `mk${run}${reach.charAt(0)}${count}x`;
    },
    learn(text, holder) {
      for (const pattern of [idPattern, markPattern]) {
        for (const [one] of text.matchAll(pattern)) {
          const known = holders.get(one) ?? new Set();
          holders.set(one, known.add(holder));
        }
      }
    },
    keep: (secret) => void secrets.push(secret),
    find(text, sent, reader) {
      const isTheirs = isOfTenant(reader, victimId);
      const holder = holderOf(reader);
      const marks = [...text.matchAll(markPattern)]
        .map(([mark]) => mark)
        .filter((mark) => !holders.get(mark)?.has(holder))
        .filter((mark) => !(isTheirs && mark.includes(`${run}t`)));
      const found = [
        ...marks,
        ...[...text.matchAll(idPattern)]
          .map(([id]) => id)
          .filter((id) => isForeign(id, holder, isTheirs)),
        ...secrets.filter((secret) => text.includes(secret)),
        ...(isTheirs || !text.includes(victimId) ? [] : [victimId]),
      ];
      return [...new Set(found)].filter((one) => !sent.includes(one));
    },
  };
}

/** Whether it is one of that tenant's people who asks there, or nobody who does. */
export function isOfTenant({ credential, tenantId }: Asker, id: string): boolean {
  return tenantId === id && (credential.tenantId === id || credential.kind === "none");
}

/** By whom ids may be held: each of the victim's people alone, the attacker's all together. */
export function holderOf({ credential }: Asker): string {
  return credential.name.startsWith("attacker") ? "attacker" : credential.name;
}
