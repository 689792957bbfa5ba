/** The sources of the documents that a start brings up to date begin so; the server takes no other such ones. */
export const platformPrefix = "platform/";
