// Events as the assistant sends them.

export const messageSent = {
  type: "message.sent",
  data: {
    agentId: "my-agent",
    sessionId: "session-001",
    channel: "telegram",
    userId: "user_12345",
    message: { role: "assistant", content: "Your table is booked for seven.", messageId: "msg_xyz789" },
    model: "claude-sonnet-4-20250514",
    usage: { inputTokens: 200, outputTokens: 450 },
  },
};

export const sessionCreated = {
  type: "session.created",
  data: { agentId: "support-bot", sessionId: "session-002", channel: "web" },
};

export const errorOccurred = {
  type: "error.occurred",
  data: { agentId: "my-agent", sessionId: "session-001", error: { message: "The model did not answer" } },
};
