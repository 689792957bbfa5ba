/** What GraphiQL is opened with: each one works as it stands, the last one with the id of the second's answer. */
export const examples = [
  {
    query: `# Run it with the button, or Ctrl-Enter.
# The tenant stands in the header pane below.
query Tenant {
  tenant {
    id
    name
    features {
      chat
      rag
    }
  }
}
`,
  },
  {
    query: `# The answer comes in its own time:
# put the chat's id into the variables of the next tab.
mutation Ask($content: String!) {
  sendMessage(input: { content: $content }) {
    chat {
      id
      title
    }
    answer {
      id
      status
    }
    visitorToken
  }
}
`,
    variables: JSON.stringify({ content: "What can this platform do?" }, null, 2),
  },
  {
    query: `# Follows all turns of a chat.
# An answer's id in "after" shows that turn from its start.
subscription Follow($chatId: ID!, $after: String) {
  turnEvents(chatId: $chatId, after: $after) {
    __typename
    messageId
    place
    ... on ResponseChunk {
      content
    }
    ... on ResponseComplete {
      finishReason
      totalTokens
      sources {
        number
        title
      }
    }
    ... on ResponseError {
      error {
        code
        message
      }
    }
  }
}
`,
    variables: JSON.stringify({ chatId: "" }, null, 2),
  },
];
