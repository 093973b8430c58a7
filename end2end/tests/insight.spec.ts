// What is looked into: figures over time, checks, a secret, an event, its JSON, and who did what.
import type { Page } from "@playwright/test";
import { expectLive } from "./dashboard.ts";
import { settled } from "./deliveries.ts";
import { errorOccurred, messageSent, sessionCreated } from "./events.ts";
import { expect, test } from "./fixtures.ts";
import type { Gateway } from "./gateway.ts";

const more = [
  { name: "nobody-there", url: "http://127.0.0.1:1/", events: ["error.occurred"], retry: { maxAttempts: 1, backoffMs: 50 } },
  { name: "tried-again", url: "http://127.0.0.1:1/", events: ["session.created"], retry: { maxAttempts: 5, backoffMs: 60_000 } },
];
// A list of two would be taken for a value and its options.
test.use({ moreEndpoints: [more, { scope: "test" }] });

async function open(page: Page, gateway: Gateway, path: string): Promise<void> {
  await page.goto(gateway.url + path);
  await expectLive(page);
}

/** Makes an endpoint through the API and tells its secret. */
async function make(gateway: Gateway, url: string): Promise<string> {
  const secret = "whsec_b25seS1mb3ItdGhpcy10ZXN0";
  const answer = await fetch(`${gateway.url}/api/v1/endpoints`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name: "made-here", url, events: ["message.sent"], secret }),
  });
  expect(answer.status).toBe(201);
  return secret;
}

test("the charts say in words and in a table what they draw", async ({ page, gateway, watch }) => {
  const { id } = await gateway.post(errorOccurred);
  await settled(gateway, id, "failed", "nobody-there");
  await open(page, gateway, "/endpoints/nobody-there");
  const charts = page.getByRole("region", { name: "Over time" });
  // The shortest window that has something to show.
  await expect(charts.getByRole("button", { name: "5 min" })).toHaveAttribute("aria-pressed", "true");
  await expect(charts.getByRole("img", { name: "0 delivered, 1 failed" })).toBeVisible();
  await charts.getByText("As a table").click();
  await expect(charts.getByRole("table").getByRole("row")).toHaveCount(2);
  await charts.getByRole("link", { name: "Connection refused" }).click();
  await expect(page).toHaveURL(`${gateway.url}/?endpoint=nobody-there&reason=connect_refused&since=5m`);
  expect(watch.documents).toBe(1);
});

test("the window that was chosen stays", async ({ page, gateway, watch }) => {
  await open(page, gateway, "/endpoints/nobody-there");
  const pressed = page.getByRole("region", { name: "Over time" }).getByRole("button", { pressed: true });
  await expect(pressed).toHaveText("5 min");
  await page.getByRole("button", { name: "24 h" }).click();
  await expect(pressed).toHaveText("24 h");
  await open(page, gateway, "/endpoints/nobody-there");
  await expect(pressed).toHaveText("24 h");
  // From page to page, without loading a document.
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Endpoints" }).click();
  await page.getByRole("link", { name: "main-webhook" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("main-webhook");
  await expect(pressed).toHaveText("24 h");
  expect(watch.documents).toBe(2);
});

test("checks are listed as they come", async ({ page, gateway, watch }) => {
  await open(page, gateway, "/endpoints/nobody-there");
  const checks = page.getByRole("region", { name: "Health checks" });
  const before = await checks.getByRole("listitem").count();
  await page.getByRole("button", { name: "Check now" }).click();
  await expect(checks.getByRole("listitem")).toHaveCount(before + 1);
  await expect(checks.getByRole("listitem").first()).toContainText("Not reachable: Connection refused");
  expect(watch.documents).toBe(1);
});

test("a secret is shown when asked twice, and the audit knows", async ({ page, gateway, receiver, watch }) => {
  const secret = await make(gateway, receiver.url);
  await open(page, gateway, "/endpoints/made-here");
  expect(await page.content()).not.toContain(secret);
  await page.getByRole("button", { name: "Reveal" }).click();
  await expect(page.getByText(secret)).toHaveCount(0);
  await page.getByRole("button", { name: "Yes, show it" }).click();
  await expect(page.getByText(secret)).toBeVisible();
  await page.getByRole("button", { name: "Hide" }).click();
  await expect(page.getByText(secret)).toHaveCount(0);
  await open(page, gateway, "/settings");
  const audit = page.getByRole("region", { name: "Audit" });
  await expect(audit.getByRole("row").filter({ hasText: "revealed the secret" })).toContainText("made-here");
  // One of the file is read in the file.
  await open(page, gateway, "/endpoints/main-webhook");
  await expect(page.getByRole("button", { name: "Reveal" })).toHaveCount(0);
  expect(watch.documents).toBe(3);
});

test("an event's page shows its deliveries as they change, and its JSON is searched", async ({ page, gateway, receiver, watch }) => {
  receiver.behaviour = 500;
  const { id } = await gateway.post(messageSent);
  await settled(gateway, id, "failed");
  await open(page, gateway, `/events/${id}`);
  const deliveries = page.getByRole("region", { name: "Deliveries" });
  await expect(deliveries.getByRole("listitem")).toContainText("Failed");
  await page.getByRole("searchbox", { name: "Search this JSON" }).fill("BOOKED");
  await expect(page.getByText("1 found")).toBeVisible();
  await expect(page.getByText("Your table is booked for seven.")).toBeVisible();
  receiver.behaviour = 200;
  await page.getByRole("searchbox", { name: "Search this JSON" }).blur();
  await page.keyboard.press("j");
  await page.keyboard.press("r");
  await expect(deliveries.getByRole("listitem")).toContainText("Delivered");
  expect(watch.documents).toBe(1);
});

test("the audit breaks no word at a desk", async ({ page, gateway, watch }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await open(page, gateway, "/endpoints/nobody-there");
  await page.getByRole("button", { name: "Check now" }).click();
  await expect(page.getByRole("region", { name: "Health checks" }).getByRole("listitem")).not.toHaveCount(0);
  await open(page, gateway, "/settings");
  const audit = page.getByRole("region", { name: "Audit" });
  await expect(audit.getByRole("cell", { name: "nobody-there" })).toBeVisible();
  const broken = await audit.locator("th, td").evaluateAll((cells) =>
    cells.filter((cell) => {
      const text = document.createRange();
      text.selectNodeContents(cell);
      return !/\s/.test(cell.textContent!.trim()) && new Set(Array.from(text.getClientRects(), ({ top }) => Math.round(top))).size > 1;
    }).map((cell) => cell.textContent),
  );
  expect(broken).toEqual([]);
  expect(watch.documents).toBe(2);
});

test("an event that is not there says so", async ({ page, gateway }) => {
  const answer = await page.goto(`${gateway.url}/events/evt_nothing`);
  expect(answer!.status()).toBe(404);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Nothing here");
});

test("each figure of the strip says over which time it was counted, on one line", async ({ page, gateway, watch }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await open(page, gateway, "/");
  const names = page.getByRole("region", { name: "Totals" }).getByRole("term");
  await expect(names).toHaveText([
    "Delivered/s, 10 s", "Success, 5 min", "Latency, 5 min", "Waiting", "Held", "Failing", "Open runs", "Events, 5 min",
  ]);
  expect(await names.evaluateAll((all) => new Set(all.map((name) => name.getBoundingClientRect().height)).size)).toBe(1);
  expect(await page.locator(".totals").evaluate((totals) => totals.scrollWidth - totals.clientWidth)).toBe(0);
  expect(watch.documents).toBe(1);
});

test("the strip draws the last quarter of an hour, and says what it draws", async ({ page, gateway, watch }) => {
  const failed = await gateway.post(errorOccurred);
  await settled(gateway, failed.id, "failed", "nobody-there");
  const arrived = await gateway.post(messageSent);
  await settled(gateway, arrived.id, "delivered");
  await open(page, gateway, "/");
  const totals = page.getByRole("region", { name: "Totals" });
  // The sample error goes to the endpoint that listens, too.
  await expect(totals.getByRole("img", { name: "Attempts over 15 minutes: 2 delivered, 1 failed" })).toBeVisible();
  await expect(totals.getByRole("img", { name: /^Success by the minute over 15 minutes: at least [\d.]+%$/ })).toBeVisible();
  await expect(totals.getByRole("img", { name: /^p95 by the minute over 15 minutes: at most [\d.]+ m?s$/ })).toBeVisible();
  for (let number = 0; number < 3; number++) await gateway.post(messageSent);
  await expect(totals.getByRole("img", { name: "Attempts over 15 minutes: 5 delivered, 1 failed" })).toBeVisible();
  const endpoints = page.getByRole("region", { name: "Endpoints" });
  await expect(endpoints.getByRole("img", { name: /^p95 by the minute/ })).toHaveCount(2);
  await expect(endpoints.getByRole("img", { name: "No attempts in 15 minutes" })).toHaveCount(1);
  expect(watch.documents).toBe(1);
});

test("an endpoint's row has the figures of all windows, and when it is tried again", async ({ page, gateway, watch }) => {
  const { id } = await gateway.post(sessionCreated);
  await settled(gateway, id, "retrying", "tried-again");
  await open(page, gateway, "/endpoints");
  const row = page.getByRole("listitem").filter({ has: page.getByRole("link", { name: "tried-again" }) });
  await expect(row.getByRole("definition").filter({ hasText: /^1 next in (\d+ s|1 min \d+ s)$/ })).toBeVisible();
  for (const window of ["5 min", "1 h", "24 h"]) {
    await expect(row.getByRole("row", { name: window })).toContainText(/(^|[^\d])0%/);
  }
  expect(watch.documents).toBe(1);
});
