/** Close codes after which the same attempt can only fail again. */
export const refusalCodes: ReadonlySet<number> = new Set([4400, 4401, 4403, 4404]);
/** The caller holds too many connections or asks too often: later it may work. */
export const tooManyCode = 4429;
/** A normal end that the server chose. */
export const normalCode = 1000;
/** A frame of ours was too long for the server to read. */
export const tooLongCode = 1009;
/** How long to stay away after `tooManyCode` when the server didn't say. Milliseconds. */
export const defaultStayAway = 10_000;
