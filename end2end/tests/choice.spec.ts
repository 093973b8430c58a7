// Theme and language: chosen once, kept, and in the page as the server sends it.
import { expectLive, openLive } from "./dashboard.ts";
import { settled } from "./deliveries.ts";
import { errorOccurred } from "./events.ts";
import { expect, test } from "./fixtures.ts";

test.use({
  moreEndpoints: [{ name: "nobody-there", url: "http://127.0.0.1:1/", events: ["error.occurred"], retry: { maxAttempts: 1, backoffMs: 50 } }],
});

test("a theme takes effect at once and comes with the next page", async ({ page, gateway, watch }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await openLive(page, gateway);
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await ground();
  await page.getByLabel("Display").click();
  await page.getByRole("radio", { name: "Dark" }).check();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  expect(await ground()).not.toBe(light);
  // What is on its way would be broken off.
  await page.waitForLoadState("networkidle");
  const answer = await page.reload();
  expect(await answer!.text()).toContain('data-theme="dark"');
  await expectLive(page);
  await page.getByLabel("Display").click();
  await page.getByRole("radio", { name: "System" }).check();
  await expect(page.locator("html")).not.toHaveAttribute("data-theme");
  expect(await ground()).toBe(light);
  expect(watch.documents).toBe(2);
});

test("a language is chosen and stays", async ({ page, gateway, watch }) => {
  const { id } = await gateway.post(errorOccurred);
  const delivery = await settled(gateway, id, "failed", "nobody-there");
  await openLive(page, gateway);
  // Speaking another language loads the page anew; what is on its way would be broken off.
  await page.waitForLoadState("networkidle");
  await page.getByLabel("Display").click();
  await page.getByRole("radio", { name: "한국어" }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "ko");
  await expect(page.getByRole("region", { name: "이벤트 로그" })).toContainText("연결 거부됨");
  // All of it is there before the next page is asked for.
  await expect(page.getByRole("status").filter({ hasText: /^실시간$/ })).toHaveCount(1);
  await page.getByRole("listitem").filter({ hasText: "nobody-there" }).getByRole("link", { name: "error.occurred", exact: true }).click();
  await expect(page).toHaveURL(`${gateway.url}/deliveries/${delivery.id}`);
  await expect(page.getByText("해당 포트에서 응답하는 서비스가 없습니다.").first()).toBeVisible();
  await expect(page.getByText("Nothing listens there.")).toHaveCount(0);
  expect(watch.documents).toBe(2);
});

test.describe("a Korean browser without scripts", () => {
  test.use({ locale: "ko-KR", javaScriptEnabled: false });

  test("gets Korean pages", async ({ page, gateway, watch }) => {
    for (const [path, heading] of [["/", "OpenClaw Webhooks"], ["/endpoints", "엔드포인트"], ["/settings", "설정"]] as const) {
      // All of it is there before the next page is asked for.
      await page.goto(gateway.url + path, { waitUntil: "networkidle" });
      await expect(page.locator("html")).toHaveAttribute("lang", "ko");
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(heading);
    }
    expect(watch.documents).toBe(3);
  });
});
