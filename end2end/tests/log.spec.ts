// The event log: found by a line that the address holds, long without being slow, sent again by the dozen.
import type { Locator, Page } from "@playwright/test";
import { connection, deliveryRow, expectLive, openLive } from "./dashboard.ts";
import { settled } from "./deliveries.ts";
import { errorOccurred, messageSent, sessionCreated } from "./events.ts";
import { expect, test } from "./fixtures.ts";
import type { Gateway } from "./gateway.ts";

const nobody = { name: "nobody-there", url: "http://127.0.0.1:1/", events: ["error.occurred"], retry: { maxAttempts: 1, backoffMs: 50 } };
test.use({ moreEndpoints: [nobody] });

test("the line filters, the address holds it, and what comes follows it", async ({ page, gateway, watch }) => {
  await gateway.post(messageSent);
  const failed = await gateway.post(errorOccurred);
  await settled(gateway, failed.id, "failed", "nobody-there");
  await openLive(page, gateway);
  await expect(deliveryRow(page, "message.sent")).toHaveCount(1);

  const line = page.getByRole("searchbox", { name: "Filter the event log" });
  await line.fill("status:failed endpoint:nobody-there since:1h");
  await line.press("Enter");
  await expect(page).toHaveURL(`${gateway.url}/?status=failed&endpoint=nobody-there&since=1h`);
  await expect(deliveryRow(page, "error.occurred", "nobody-there")).toHaveCount(1);
  await expect(deliveryRow(page, "error.occurred")).toHaveCount(0);
  // And the keys are those of the rows again.
  await page.keyboard.press("j");
  await expect(deliveryRow(page, "error.occurred", "nobody-there").getByRole("link", { name: "error.occurred" }).first()).toBeFocused();
  await page.keyboard.press("/");
  await expect(line).toBeFocused();
  await gateway.post(errorOccurred);
  await expect(deliveryRow(page, "error.occurred", "nobody-there")).toHaveCount(2);
  await expect(deliveryRow(page, "message.sent")).toHaveCount(0);

  await page.reload();
  await expectLive(page);
  await expect(line).toHaveValue("status:failed endpoint:nobody-there since:1h");
  await expect(deliveryRow(page, "error.occurred", "nobody-there")).toHaveCount(2);

  // From a row to its event, and back.
  await deliveryRow(page, "error.occurred", "nobody-there").last().getByRole("link", { name: "Event of" }).click();
  await expect(page).toHaveURL(`${gateway.url}/events/${failed.id}`);
  await page.goBack();
  await expect(deliveryRow(page, "error.occurred", "nobody-there")).toHaveCount(2);

  await line.fill('"booked for seven"');
  await line.press("Enter");
  await expect(deliveryRow(page, "message.sent")).toHaveCount(1);
  await expect(deliveryRow(page, "error.occurred")).toHaveCount(0);
  await line.fill("colour:red");
  await line.press("Enter");
  await expect(page.getByText("Not understood: colour:red")).toBeVisible();
  expect(watch.documents).toBe(2);
});

test("the line and what is shown agree, however the line is left", async ({ page, gateway, watch }) => {
  await gateway.post(messageSent);
  const failed = await gateway.post(errorOccurred);
  await settled(gateway, failed.id, "failed", "nobody-there");
  await page.goto(`${gateway.url}/?status=failed`);
  await expectLive(page);
  const line = page.getByRole("searchbox", { name: "Filter the event log" });
  await page.keyboard.press("/");
  await expect(line).toBeFocused();
  await page.keyboard.press("End");
  await page.keyboard.type(" endpoint:main-webhook");
  await page.keyboard.press("Escape");
  await expect(line).not.toBeFocused();
  await expect(line).toHaveValue("status:failed");
  await expect(page).toHaveURL(`${gateway.url}/?status=failed`);
  await expect(deliveryRow(page, "error.occurred", "nobody-there")).toHaveCount(1);
  await expect(deliveryRow(page, "message.sent")).toHaveCount(0);

  // As the browser's own cross in the field does.
  await line.clear();
  await expect(page).toHaveURL(`${gateway.url}/`);
  await expect(deliveryRow(page, "message.sent")).toHaveCount(1);
  expect(watch.documents).toBe(1);
});

test("all that failed goes out again, after its number was shown", async ({ page, gateway, receiver, watch }) => {
  receiver.behaviour = 500;
  const ids = [];
  for (let count = 0; count < 3; count += 1) ids.push((await gateway.post(sessionCreated)).id);
  for (const id of ids) await settled(gateway, id, "failed");
  await page.goto(`${gateway.url}/?status=failed&endpoint=main-webhook`);
  await expectLive(page);

  receiver.behaviour = 200;
  await page.getByRole("button", { name: "Redeliver all" }).click();
  await expect(page.getByText("3 deliveries match")).toBeVisible();
  expect(receiver.arrivals).toHaveLength(3);
  await page.getByRole("button", { name: "Redeliver them" }).click();
  await expect(page.getByText("3 on their way.")).toBeVisible();
  for (const id of ids) await settled(gateway, id, "delivered");
  expect(watch.documents).toBe(1);
});

test("a long log holds only what is in sight, and goes back to the first event", async ({ page, gateway, watch }) => {
  const { log } = await readToTheEnd(page, gateway);
  expect(await log.getByRole("listitem").count()).toBeLessThan(200);

  // What comes meanwhile waits above.
  await gateway.post(errorOccurred);
  await page.getByRole("button", { name: /2 new/ }).click();
  await expect(deliveryRow(page, "error.occurred", "nobody-there")).toBeVisible();
  expect(watch.documents).toBe(1);
});

test.describe("when the connection was lost", () => {
  test.use({ connectionsBreak: true });

  test("an answer that comes late does not bring back what the filter let go", async ({ page, gateway }) => {
    await gateway.post(messageSent);
    const failed = await gateway.post(errorOccurred);
    await settled(gateway, failed.id, "failed", "nobody-there");
    await openLive(page, gateway);
    // What the page asks for as it comes back, every delivery, stays on its way until the filter is on.
    let isOn = (): void => undefined;
    const on = new Promise<void>((resolve) => (isOn = resolve));
    let late = 0;
    await page.route(/\/api\/v1\/deliveries\?/, async (route) => {
      if (!route.request().url().includes("status=failed")) {
        late += 1;
        await on;
      }
      await route.continue();
    });
    await gateway.kill();
    await gateway.restart();
    await expect.poll(() => late).toBe(1);
    await page.getByRole("navigation", { name: "Show deliveries" }).getByRole("link", { name: "Failed" }).click();
    await expect(deliveryRow(page, "error.occurred", "nobody-there")).toHaveCount(1);
    await expect(deliveryRow(page, "message.sent")).toHaveCount(0);
    const answered = page.waitForResponse((response) => /deliveries\?(?!.*status=failed)/.test(response.url()));
    isOn();
    await (await answered).finished();
    // The lists are shown together, once the last of them is there.
    await page.waitForLoadState("networkidle");
    await expect(deliveryRow(page, "message.sent")).toHaveCount(0);
    await expect(deliveryRow(page, "error.occurred", "nobody-there")).toHaveCount(1);
  });

  test("a filter that can't be asked for shows no rows of another, and why", async ({ page, gateway }) => {
    const sent = await gateway.post(messageSent);
    const failed = await gateway.post(errorOccurred);
    await settled(gateway, sent.id, "delivered");
    await settled(gateway, failed.id, "failed", "nobody-there");
    await openLive(page, gateway);
    // Whatever the stream still had to tell of those is told with this: later, it would have the page ask again by itself.
    await gateway.post(sessionCreated);
    await expect(deliveryRow(page, "session.created")).toContainText("Delivered");
    const problem = { type: "about:blank", title: "Service Unavailable", status: 503, code: "too_slow", detail: "Ask for less." };
    await page.route(/status=failed/, (route) => route.fulfill({ status: 503, contentType: "application/problem+json", json: problem }));
    await page.getByRole("navigation", { name: "Show deliveries" }).getByRole("link", { name: "Failed" }).click();
    const log = page.getByRole("region", { name: "Event log" });
    await expect(log.getByRole("alert")).toContainText("Ask for less.");
    await expect(log.getByRole("listitem")).toHaveCount(0);
    await page.unroute(/status=failed/);
    await log.getByRole("button", { name: "Try again" }).click();
    await expect(deliveryRow(page, "error.occurred", "nobody-there")).toHaveCount(1);
    await expect(log.getByRole("alert")).toHaveCount(0);
  });

  test("who reads further back keeps the place", async ({ page, gateway, watch }) => {
    const { log, last } = await readToTheEnd(page, gateway);
    const place = await log.evaluate((body) => body.scrollTop);
    await gateway.kill();
    await expect(connection(page)).toHaveText("Reconnecting");
    const fetched = page.waitForResponse((response) => response.url().includes("/api/v1/config"));
    await gateway.restart();
    await (await fetched).finished();
    await page.waitForLoadState("networkidle");
    await expect(last).toBeInViewport();
    expect(await log.evaluate((body) => body.scrollTop)).toBe(place);
    expect(watch.documents).toBe(1);
  });
});

test("a log that is scrolled before it lives, lives", async ({ page, gateway, watch }) => {
  await gateway.postMany(Array.from({ length: 40 }, () => messageSent));
  // Between all the turns in which its parts come to life.
  await page.addInitScript(() => {
    const later = window.setTimeout;
    const between = (act: TimerHandler, ms?: number, ...rest: unknown[]) => {
      const acted = () => {
        window.dispatchEvent(new Event("resize"));
        if (typeof act === "function") act(...rest);
      };
      return later(ms ? act : acted, ms);
    };
    window.setTimeout = between as typeof window.setTimeout;
  });
  await openLive(page, gateway);
  await gateway.post(sessionCreated);
  await expect(deliveryRow(page, "session.created")).toContainText("Delivered");
  const log = page.getByRole("region", { name: "Event log" }).locator(".panel-body");
  await log.evaluate((body) => body.scrollTo(0, body.scrollHeight));
  await expect(deliveryRow(page, "session.created")).toHaveCount(0);
  expect(watch.documents).toBe(1);
});

/** Fills the log with 401 deliveries and scrolls to the first. */
async function readToTheEnd(page: Page, gateway: Gateway): Promise<{ log: Locator; last: Locator }> {
  const events = (from: number) =>
    Array.from({ length: 200 }, (_, index) => ({ ...messageSent, id: `evt_${from + index}`, data: { number: from + index } }));
  await gateway.post(sessionCreated);
  await gateway.postMany(events(0));
  await gateway.postMany(events(200));
  await openLive(page, gateway);
  const log = page.getByRole("group", { name: "Event log" });
  const last = deliveryRow(page, "session.created");
  await expect(async () => {
    await log.evaluate((body) => body.scrollTo(0, body.scrollHeight));
    await expect(last).toBeVisible({ timeout: 200 });
  }).toPass();
  return { log, last };
}

test.describe("at a desk", () => {
  const names = ["main-webhook", "x".repeat(64)];
  test.use({
    viewport: { width: 1440, height: 900 },
    moreEndpoints: [{ ...nobody, name: names[1]! }],
  });

  test("an endpoint's name is whole where there is room, and told where there is none", async ({ page, gateway, watch }) => {
    const failed = await gateway.post(errorOccurred);
    await settled(gateway, failed.id, "failed", names[1]);
    await openLive(page, gateway);
    const titles = [];
    for (const name of names) {
      const row = deliveryRow(page, "error.occurred", name);
      const shown = row.getByText(name, { exact: true });
      const cut = await shown.evaluate((element) => element.scrollWidth > element.clientWidth);
      expect(cut, name).toBe(name.length > 32);
      await shown.hover({ force: true });
      titles.push(await row.getByRole("link", { name: "error.occurred", exact: true }).getAttribute("title"));
    }
    expect(titles[0] ?? "").not.toContain(names[0]!);
    expect(titles[1]).toContain(names[1]!);
    expect(watch.documents).toBe(1);
  });
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("the line filters too", async ({ page, gateway, watch }) => {
    const sent = await gateway.post(messageSent);
    const failed = await gateway.post(errorOccurred);
    await settled(gateway, sent.id, "delivered");
    await settled(gateway, failed.id, "failed", "nobody-there");
    await page.goto(gateway.url);
    await page.getByRole("searchbox", { name: "Filter the event log" }).fill("status:failed");
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await expect(deliveryRow(page, "error.occurred", "nobody-there")).toBeVisible();
    await expect(deliveryRow(page, "message.sent")).toHaveCount(0);
    expect(watch.documents).toBe(2);
  });
});
