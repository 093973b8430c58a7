// What an overview needs not at once comes as a file of its own: the page lives before it, and whoever is faster than it waits
// or is served by the gateway.
import type { Page } from "@playwright/test";
import { deliveryRow, expectLive, inboundPanel, openLive } from "./dashboard.ts";
import { settled } from "./deliveries.ts";
import { messageSent, sessionCreated } from "./events.ts";
import { expect, test } from "./fixtures.ts";

const SECOND = "**/split_rest.wasm";

test.use({ inbound: { deploy: { agentId: "devops-agent", template: "{{body.text}}" } } });

/** Holds the second file back until what it gives is called. */
async function holdBack(page: Page): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(SECOND, async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

/** Has the first page get 404 for a file, as from a gateway of another version. */
async function missFirst(page: Page, file: string): Promise<void> {
  let pages = 0;
  page.on("request", (request) => (pages += Number(request.isNavigationRequest())));
  await page.route(`**/${file}`, (route) => (pages === 1 ? route.fulfill({ status: 404 }) : route.continue()));
}

test("a page lives before its second file is here, and what was asked of that comes with it", async ({ page, gateway, watch }) => {
  const release = await holdBack(page);
  await openLive(page, gateway);
  const { id } = await gateway.post(messageSent);
  await settled(gateway, id, "delivered");
  await expect(deliveryRow(page, "message.sent")).toContainText("Delivered");
  // What stands there and does not live yet must not look as if it did.
  const views = page.getByText("Views", { exact: true });
  await expect(views).toBeHidden();

  await page.keyboard.press("Control+k");
  const commands = page.getByRole("dialog", { name: "Commands" });
  await expect(commands).toHaveCount(0);
  release();
  await expect(commands).toBeVisible();
  await expect(views).toBeVisible();
  await page.keyboard.type("main-webhook");
  await expect(commands.getByRole("option").first()).toContainText("main-webhook");
  expect(watch.documents).toBe(1);
});

test("what was asked for too early can be taken back", async ({ page, gateway }) => {
  const release = await holdBack(page);
  await openLive(page, gateway);
  await page.keyboard.press("?");
  await expect(page.getByText("Loading")).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox")).toBeFocused();
  release();
  await expect(page.getByText("Views", { exact: true })).toBeVisible();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByRole("searchbox")).toBeFocused();
});

test("what is typed for a sheet that is on its way is nobody else's", async ({ page, gateway, receiver }) => {
  receiver.behaviour = 500;
  const { id } = await gateway.post(messageSent);
  await settled(gateway, id, "failed");
  const release = await holdBack(page);
  await openLive(page, gateway);
  await page.keyboard.press("j");
  await expect(deliveryRow(page, "message.sent").getByRole("link", { name: "message.sent" }).first()).toBeFocused();
  await page.keyboard.press("?");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("rxge");
  release();
  await expect(page.getByRole("dialog", { name: "Commands" })).toBeVisible();
  await expect(page.getByRole("dialog")).toHaveCount(1);
  await expect(page).toHaveURL(`${gateway.url}/`);
  expect(receiver.arrivals).toHaveLength(1);
});

test("who presses as it comes lets go on what was pressed", async ({ page, gateway }) => {
  await gateway.hit("deploy", { text: "now" });
  const release = await holdBack(page);
  await openLive(page, gateway);
  const hit = inboundPanel(page).getByRole("link", { name: /deploy/ }).last();
  await hit.hover();
  await page.mouse.down();
  release();
  await expect(page.getByText("Views", { exact: true })).toBeVisible();
  await page.waitForTimeout(200);
  await page.mouse.up();
  await expect(page).toHaveURL(/\/hits\//);
});

test("who goes to another page before the second file is here sees its outline, then the page", async ({ page, gateway, watch }) => {
  const { id } = await gateway.post(messageSent);
  await settled(gateway, id, "delivered");
  const release = await holdBack(page);
  await openLive(page, gateway);
  await deliveryRow(page, "message.sent").getByRole("link", { name: "message.sent" }).first().click();
  await expect(page.locator("main.detail[aria-busy]")).toBeVisible();
  release();
  await expect(page.getByRole("region", { name: "Attempts" })).toBeVisible();
  expect(watch.documents).toBe(1);
});

test.describe("without the second file", () => {
  test.use({ connectionsBreak: true });

  test("the gateway draws the page that was gone to", async ({ page, gateway, watch }) => {
    await page.route(SECOND, (route) => route.abort());
    await openLive(page, gateway);
    await page.getByRole("link", { name: "main-webhook" }).first().click();
    await expect(page.getByRole("heading", { level: 1, name: "main-webhook" })).toBeVisible();
    await expect(page.getByRole("region", { name: "Deliveries" })).toBeVisible();
    expect(watch.documents).toBe(2);
    await page.goBack();
    await expect(page.getByRole("region", { name: "Event log" })).toBeVisible();
  });

  test("a place on a page that does not live yet is no other page", async ({ page, gateway, watch }) => {
    await page.route(SECOND, (route) => route.abort());
    const asked = page.waitForRequest(SECOND);
    await page.goto(`${gateway.url}/endpoints/main-webhook`);
    await asked;
    await page.getByRole("link", { name: "Skip to the content" }).press("Enter");
    await expect(page).toHaveURL(/#log$/);
    await expect(page.getByRole("heading", { level: 1, name: "main-webhook" })).toBeVisible();
    await page.waitForTimeout(300);
    expect(watch.documents).toBe(1);
  });

  test("nobody looks at an outline for long", async ({ page, gateway, watch }) => {
    await holdBack(page);
    await openLive(page, gateway);
    await page.getByRole("link", { name: "main-webhook" }).first().click();
    await expect(page.locator("main.detail[aria-busy]")).toBeVisible();
    await expect(page.getByRole("region", { name: "Deliveries" })).toBeVisible({ timeout: 12_000 });
    await expect(page).toHaveURL(`${gateway.url}/endpoints/main-webhook`);
    expect(watch.documents).toBe(2);
  });

  for (const file of ["app_bg.wasm", "split_rest.wasm"]) {
    for (const path of ["/", "/endpoints/main-webhook"]) {
      test(`a gateway of another version, which has no ${file} of this one, draws ${path} anew`, async ({ page, gateway, watch }) => {
        await missFirst(page, file);
        await page.goto(gateway.url + path);
        await expect.poll(() => watch.documents).toBe(2);
        await expectLive(page);
        // What comes second lives too.
        await page.keyboard.press("?");
        await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeVisible();
        expect(watch.documents).toBe(2);
      });
    }
  }

  test("the first file is tried again", async ({ page, gateway, watch }) => {
    let tries = 0;
    await page.route("**/app_bg.wasm", (route) => ((tries += 1) < 3 ? route.abort() : route.continue()));
    await openLive(page, gateway);
    expect(tries).toBeGreaterThan(2);
    expect(watch.documents).toBe(1);
  });

  test("who has left that page again stays where that led to", async ({ page, gateway, watch }) => {
    let refuse = () => {};
    const refused = new Promise<void>((resolve) => (refuse = resolve));
    let tries = 0;
    await page.route(SECOND, async (route) => {
      tries += 1;
      await refused;
      await route.abort();
    });
    await openLive(page, gateway);
    await page.getByRole("link", { name: "main-webhook" }).first().click();
    await expect(page.locator("main.detail[aria-busy]")).toBeVisible();
    await page.goBack();
    await expect(page.getByRole("region", { name: "Event log" })).toBeVisible();
    refuse();
    await expect.poll(() => tries).toBeGreaterThan(2);
    expect(watch.documents).toBe(1);
  });

  test("what needs it lives as soon as it can be had", async ({ page, gateway }) => {
    let tries = 0;
    await page.route(SECOND, (route) => ((tries += 1) < 3 ? route.abort() : route.continue()));
    await openLive(page, gateway);
    await page.keyboard.press("?");
    await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeVisible();
    expect(tries).toBe(3);
  });
});

test("a page that needs it at once has it at once", async ({ page, gateway, watch }) => {
  const { id } = await gateway.post(sessionCreated);
  const delivery = await settled(gateway, id, "delivered");
  let fetched = 0;
  page.on("request", (request) => (fetched += Number(request.url().endsWith("split_rest.wasm"))));
  await page.goto(`${gateway.url}/deliveries/${delivery.id}`);
  await expectLive(page);
  await expect(page.getByRole("region", { name: "Attempts" })).toBeVisible();
  expect(fetched).toBeLessThanOrEqual(2);
  expect(watch.documents).toBe(1);
});
