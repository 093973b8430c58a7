// The page follows the gateway by itself: events appear, statuses change, and a lost connection heals.
import type { Page } from "@playwright/test";
import { connection, deliveryRow, expectColumns, expectLive, openLive, redeliverButton } from "./dashboard.ts";
import { settled } from "./deliveries.ts";
import { errorOccurred, messageSent, sessionCreated } from "./events.ts";
import { expect, test } from "./fixtures.ts";

test("an event shows up in under a second, without a reload", async ({ page, gateway, receiver, watch }) => {
  await openLive(page, gateway);
  await expect(deliveryRow(page, "message.sent")).toHaveCount(0);

  const accepted = await gateway.post(messageSent);
  await expect(deliveryRow(page, "message.sent")).toBeVisible({ timeout: 1_000 });
  await expect(deliveryRow(page, "message.sent")).toContainText("Delivered");

  expect(accepted.deliveries).toBe(1);
  expect((await receiver.arrivalsOf(accepted.id, 1))[0]?.headers["x-openclaw-event"]).toBe("message.sent");
  expect(watch.documents).toBe(1);
});

test("a log with nothing in it sends the first event with one click", async ({ page, gateway, receiver, watch }) => {
  await openLive(page, gateway);
  const log = page.getByRole("region", { name: "Event log" });
  await expect(log.getByText("curl -X POST")).toBeVisible();
  await log.getByRole("button", { name: "Send test event main-webhook" }).click();
  await expect(deliveryRow(page, "message.received")).toContainText("Delivered");
  expect(receiver.arrivals).toHaveLength(1);
  await expect(log.getByText("curl -X POST")).toHaveCount(0);
  expect(watch.documents).toBe(1);
});

test("a page on paper has its columns too", async ({ page, gateway }) => {
  const { id } = await gateway.post(messageSent);
  await settled(gateway, id, "delivered");
  await openLive(page, gateway);
  await page.emulateMedia({ media: "print" });
  await expect(page.getByRole("checkbox")).toHaveCount(0);
  await expectColumns(deliveryRow(page, "message.sent"), "Delivered");
});

test("a page goes on from where it was made, and fetches nothing twice", async ({ page, gateway }) => {
  const { id } = await gateway.post(messageSent);
  await settled(gateway, id, "delivered");
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await openLive(page, gateway);
  await gateway.post(sessionCreated);
  await expect(deliveryRow(page, "session.created")).toContainText("Delivered");
  await expect(deliveryRow(page, "message.sent")).toHaveCount(1);
  expect(asked.filter((path) => path.startsWith("/api/"))).toEqual([]);
});

test("one click redelivers the same event, and the row turns to delivered", async ({ page, gateway, receiver, watch }) => {
  receiver.behaviour = 500;
  await openLive(page, gateway);
  const { id } = await gateway.post(sessionCreated);
  const row = deliveryRow(page, "session.created");
  await expect(row).toContainText("Failed");

  receiver.behaviour = 200;
  await redeliverButton(row).click();

  const arrivals = await receiver.arrivalsOf(id, 2);
  expect(arrivals.map((arrival) => arrival.attempt)).toEqual(["1", "2"]);
  expect(JSON.parse(arrivals[1]!.body)).toEqual(JSON.parse(arrivals[0]!.body));
  await expect(row).toHaveCount(1);
  await expect(row).toContainText("Delivered");
  await expect(row).not.toContainText("Failed");
  expect(watch.documents).toBe(1);
});

test.describe("when the gateway goes away", () => {
  test.use({ connectionsBreak: true });

  test("the page says so, then goes live again by itself and shows what is new", async ({ page, gateway, watch }) => {
    await openLive(page, gateway);
    const before = await gateway.post(messageSent);
    await expect(deliveryRow(page, "message.sent")).toContainText("Delivered");
    await settled(gateway, before.id, "delivered");

    await gateway.kill();
    await expect(connection(page)).toHaveText("Reconnecting");
    await expect(deliveryRow(page, "message.sent")).toBeVisible();
    // From across the room: what stands there is no longer so.
    await expect(page.getByText("Gateway not reachable")).toBeVisible();
    await expect(page.getByText(/^since \d\d:\d\d:\d\d UTC; what stands below is as it was then$/)).toBeVisible();
    await expect(page).toHaveTitle(/^✖ Gateway not reachable/);

    await gateway.restart();
    // Before the page is back: it has to be told on return.
    await gateway.post(errorOccurred);
    await expectLive(page);
    await expect(deliveryRow(page, "error.occurred")).toBeVisible();
    await gateway.post(sessionCreated);
    await expect(deliveryRow(page, "session.created")).toBeVisible({ timeout: 1_000 });
    await expect(deliveryRow(page, "message.sent")).toHaveCount(1);
    await expect(page.getByText("Gateway not reachable")).toHaveCount(0);
    expect(watch.documents).toBe(1);
    expect(watch.trouble.filter((line) => line.startsWith("page:") || line.startsWith("foreign"))).toEqual([]);
  });

  test("a page that was gone to meanwhile comes as soon as it is back", async ({ page, gateway }) => {
    await openLive(page, gateway);
    await expect(page.getByText("Views", { exact: true })).toBeVisible();
    await gateway.kill();
    await page.getByRole("navigation").getByRole("link", { name: "Endpoints" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Gateway not reachable" })).toBeVisible();
    await expect(connection(page)).toHaveText("Reconnecting");
    await gateway.restart();
    await expect(page.getByRole("link", { name: "main-webhook" })).toBeVisible({ timeout: 15_000 });
    await expectLive(page);
    await expect(page).toHaveURL(`${gateway.url}/endpoints`);
  });

  test.describe("and comes back with another configuration", () => {
    test.use({ moreEndpoints: [{ name: "for-a-while", url: "http://127.0.0.1:1/", events: ["error.occurred"] }] });

    test("a list of endpoints that was opened by itself shows it", async ({ page, gateway, receiver, watch }) => {
      await page.goto(`${gateway.url}/endpoints`);
      await expectLive(page);
      await expect(page.getByRole("link", { name: "for-a-while" })).toBeVisible();
      await gateway.kill();
      await expect(connection(page)).toHaveText("Reconnecting");
      await gateway.restart([{ name: "main-webhook", url: receiver.url, events: ["message.sent"] }]);
      await expectLive(page);
      await expect(page.getByRole("link", { name: "main-webhook" })).toBeVisible();
      await expect(page.getByRole("link", { name: "for-a-while" })).toHaveCount(0);
      expect(watch.documents).toBe(1);
    });
  });

  test("what was fetched for a page that was left is not shown on the next", async ({ page, gateway, watch }) => {
    const left = await settled(gateway, (await gateway.post(messageSent)).id, "delivered");
    const next = await settled(gateway, (await gateway.post(sessionCreated)).id, "delivered");
    await openLive(page, gateway);
    await deliveryRow(page, "message.sent").getByRole("link", { name: "message.sent" }).first().click();
    await expect(page.getByRole("heading", { level: 1, name: /message\.sent/ })).toBeVisible();
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route(`**/api/v1/deliveries/${left.id}`, async (route) => {
      const response = await route.fetch();
      await released;
      await route.fulfill({ response });
    });
    const asked = page.waitForRequest(`**/api/v1/deliveries/${left.id}`);
    await gateway.kill();
    await gateway.restart();
    await asked;
    await page.goBack();
    await deliveryRow(page, "session.created").getByRole("link", { name: "session.created" }).first().click();
    await expect(page.getByRole("heading", { level: 1, name: /session\.created/ })).toBeVisible();
    const answered = page.waitForResponse(`**/api/v1/deliveries/${left.id}`);
    release();
    await answered;
    await expectLive(page);
    await expect(page).toHaveTitle(/session\.created/);
    await expect(page.getByRole("region", { name: "Attempts" }).locator("details")).toHaveCount(1);
    await expect(page.getByRole("region", { name: "Attempts" })).not.toContainText("message.sent");
    await expect(page.getByRole("region", { name: "Attempts" })).toContainText(next.id);
    expect(watch.documents).toBe(1);
  });

  test("what a hidden page left out is asked for until it is there", async ({ page, gateway }) => {
    await openLive(page, gateway);
    await hide(page, true);
    const { id } = await gateway.post(messageSent);
    await settled(gateway, id, "delivered");
    let refused = 0;
    await page.route("**/api/v1/deliveries?*", (route) => {
      refused += 1;
      return refused === 1 ? route.abort() : route.continue();
    });
    await hide(page, false);
    await expect(deliveryRow(page, "message.sent")).toContainText("Delivered", { timeout: 10_000 });
    expect(refused).toBe(2);
  });
});

test("a hidden page rests, and is complete when it is looked at again", async ({ page, gateway, watch }) => {
  await openLive(page, gateway);
  await hide(page, true);
  const { id } = await gateway.post(messageSent);
  await settled(gateway, id, "delivered");
  await expect(deliveryRow(page, "message.sent")).toHaveCount(0);
  await hide(page, false);
  await expect(deliveryRow(page, "message.sent")).toContainText("Delivered");
  await gateway.post(sessionCreated);
  await expect(deliveryRow(page, "session.created")).toContainText("Delivered");
  expect(watch.documents).toBe(1);
});

/** As another tab in front would; a headless browser has none. */
async function hide(page: Page, hidden: boolean): Promise<void> {
  // A page that is still fetching its lists takes what comes meanwhile, hidden or not.
  await page.waitForLoadState("networkidle");
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  }, hidden);
}
