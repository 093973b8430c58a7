// Views: filters with a name, kept in this browser.
import { expectLive, openLive } from "./dashboard.ts";
import { expect, test } from "./fixtures.ts";

test("a filter gets a name, comes back by it, and goes", async ({ page, gateway, watch }) => {
  await page.goto(`${gateway.url}/?status=failed&endpoint=main-webhook`);
  await expectLive(page);
  await page.getByText("Views", { exact: true }).click();
  await page.getByLabel("Name of this view").fill("Ours");
  await page.getByRole("button", { name: "Save view" }).click();
  await openLive(page, gateway);
  await page.getByText("Views", { exact: true }).click();
  await page.getByRole("link", { name: "Ours" }).click();
  await expect(page).toHaveURL(`${gateway.url}/?status=failed&endpoint=main-webhook`);
  await page.getByRole("button", { name: "Remove Ours" }).click();
  await expect(page.getByRole("link", { name: "Ours" })).toHaveCount(0);
  await page.getByRole("link", { name: "Last hour" }).click();
  await expect(page).toHaveURL(`${gateway.url}/?since=1h`);
  expect(watch.documents).toBe(2);
});
