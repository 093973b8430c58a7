// The page is readable before, and without, any JavaScript.
import { settled } from "./deliveries.ts";
import { deliveryRow, expectColumns } from "./dashboard.ts";
import { errorOccurred, messageSent } from "./events.ts";
import { expect, test } from "./fixtures.ts";

test.use({
  javaScriptEnabled: false,
  moreEndpoints: [{ name: "nobody-there", url: "http://127.0.0.1:1/", events: ["error.occurred"], retry: { maxAttempts: 1, backoffMs: 50 } }],
});

test("endpoints, events and their statuses are in the page as it comes", async ({ page, gateway, watch }) => {
  const sent = await gateway.post(messageSent);
  const failed = await gateway.post(errorOccurred);
  await settled(gateway, sent.id, "delivered");
  const delivery = await settled(gateway, failed.id, "failed", "nobody-there");

  const answer = await page.goto(`${gateway.url}/`);
  expect(answer!.headers()["content-encoding"]).toBe("gzip");
  const endpoints = page.getByRole("region", { name: "Endpoints" });
  await expect(endpoints.getByRole("link", { name: "main-webhook" })).toBeVisible();
  await expect(endpoints.getByRole("link", { name: "nobody-there" })).toBeVisible();
  await expect(deliveryRow(page, "message.sent")).toContainText("Delivered");
  await expectColumns(deliveryRow(page, "message.sent"), "Delivered");
  await expect(deliveryRow(page, "error.occurred", "nobody-there")).toContainText("Failed");

  await page.goto(`${gateway.url}/deliveries/${delivery.id}`);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("error.occurred");
  await expect(page.getByText("Connection refused").first()).toBeVisible();
  expect(watch.documents).toBe(2);
});

test("a long log is there to its last row", async ({ page, gateway }) => {
  const events = Array.from({ length: 40 }, (_, index) => ({ ...messageSent, id: `evt_${index}`, data: { number: index } }));
  await gateway.postMany(events);
  await page.goto(`${gateway.url}/`);
  await expect(deliveryRow(page, "message.sent")).toHaveCount(40);
  await deliveryRow(page, "message.sent").last().getByRole("link", { name: "Event of" }).click();
  await expect(page).toHaveURL(`${gateway.url}/events/evt_0`);
});
