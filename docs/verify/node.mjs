// Verifies a webhook of OpenClaw Webhooks. Node.js 18 or newer, nothing to install.
//
//   node node.mjs SECRET TIMESTAMP SIGNATURE < body        ends with 0 if the signature is good, else with 1

import { createHmac, timingSafeEqual } from "node:crypto";

// timestamp and signature: the headers, undefined where they are absent. body: the bytes as they came (a Buffer).
export function verify(secret, timestamp, signature, body) {
  const age = Math.abs(Date.now() / 1000 - Number(timestamp));
  if (!/^\d+$/.test(timestamp) || age > 300) return false;
  const mac = createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest("hex");
  const [expected, given] = [Buffer.from(`sha256=${mac}`), Buffer.from(signature ?? "")];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [secret, timestamp, signature] = process.argv.slice(2);
  process.exit(verify(secret, timestamp, signature, readFileSync(0)) ? 0 : 1);
}
