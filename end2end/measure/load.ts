// Events at a steady rate for a set time, as many senders would post them.
import type { Gateway } from "../tests/gateway.ts";

/** One post in so many ms. */
const EVERY_MS = 50;

/** Posts `perSecond` events a second for `seconds`; tells how many were taken. */
export async function load(gateway: Gateway, perSecond: number, seconds: number): Promise<number> {
  const each = Math.round((perSecond * EVERY_MS) / 1000);
  const begin = performance.now();
  const posts: Promise<void>[] = [];
  let sent = 0;
  while (performance.now() - begin < seconds * 1000) {
    // As many as are due: a late turn is made up for.
    while (sent < ((performance.now() - begin) / 1000) * perSecond) {
      posts.push(gateway.postMany(Array.from({ length: each }, (_, index) => event(sent + index))));
      sent += each;
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  await Promise.all(posts);
  return sent;
}

function event(number: number): object {
  return { type: "message.sent", data: { agentId: "my-agent", number, message: { content: `Message ${number}` } } };
}
