import { makeAlgorithmTokens } from "./algorithms.ts";
import { makeClaimTokens } from "./claims.ts";
import { makeFormTokens } from "./forms.ts";
import type { NamedToken, TokenGround } from "./ground.ts";
import { makeHeaderTokens } from "./headers.ts";

/**
 * Tokens of which none may let anybody in at any door, shown in place of a user's token; each differs from a right
 * one (see makeRightTokens) in what its name says. Some are other ones by the time that an HTTP header has carried them: see
 * fitsHeader.
 */
export async function makeHostileTokens(ground: TokenGround): Promise<readonly NamedToken[]> {
  return [
    ...makeAlgorithmTokens(ground),
    ...makeHeaderTokens(ground),
    ...makeClaimTokens(ground),
    ...(await makeFormTokens(ground)),
  ];
}

/** Whether an HTTP header carries the token as it is: neither refuses it nor trims it to a right one. */
export function fitsHeader(token: string): boolean {
  return /^[!-~](?:[ -~]*[!-~])?$/.test(token);
}
