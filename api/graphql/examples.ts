/**
 * What GraphiQL is opened with: a query that runs as it stands, and what to go on with. In one tab,
 * since with several GraphiQL loses the first click on each. Without a name, since GraphiQL would look
 * for an operation of that name in the next tab too.
 */
export const exampleQuery = `# Run this with the button, or Ctrl-Enter.
# The tenant stands in the header pane below.
query {
  tenant {
    id
    name
    features {
      chat
      rag
    }
  }
}

# To ask a question, put this into a new tab (+):
#
#   mutation { sendMessage(input: {content: "What can this do?"}) { chat { id } answer { id } } }
#
# and this into another, with the ids that it gave, to read along:
#
#   subscription { turnEvents(chatId: "CHAT", after: "ANSWER") { __typename place ... on ResponseChunk { content } } }
`;
