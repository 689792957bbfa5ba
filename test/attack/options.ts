/** How much is tried. */
export type Thoroughness = "quick" | "usual" | "thorough";
