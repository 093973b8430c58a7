// Nothing that comes from outside does anything on the dashboard, and the browser is told to let nothing do so.
import { connection, expectLive, openLive } from "./dashboard.ts";
import { settled } from "./deliveries.ts";
import { expect, test } from "./fixtures.ts";

const SCRIPT = "</script><script>window.taken = 1</script>";
const IMAGE = '<img src="x" onerror="window.taken = 1">';
const hostile = {
  type: "message.sent",
  data: {
    agentId: `agent ${IMAGE}`,
    [`key ${IMAGE}`]: SCRIPT,
    message: { content: `\u001b[31mred\u001b[0m\u001b]0;title\u0007 ${SCRIPT} ${IMAGE} <style>body{display:none}</style> javascript:alert(1) {{7*7}}` },
  },
};

test("an event full of markup, scripts and escapes is text", async ({ page, gateway, receiver, watch }) => {
  const { id } = await gateway.post(hostile);
  const delivery = await settled(gateway, id, "delivered");
  expect(JSON.parse((await receiver.arrivalsOf(id, 1))[0]!.body).data).toEqual(hostile.data);
  const quiet = async (place: string) => {
    expect(await page.evaluate(() => "taken" in window), place).toBe(false);
    await expect(page.locator("body img, body style, body iframe")).toHaveCount(0);
    await expect(page.getByRole("banner")).toBeVisible();
  };
  // As rendered by the gateway, brought to life.
  for (const path of ["/", `/deliveries/${delivery.id}`, `/events/${id}`, "/endpoints/main-webhook", `/?q=${encodeURIComponent(SCRIPT)}`]) {
    await page.goto(gateway.url + path);
    await expectLive(page);
    await quiet(path);
  }
  await page.goto(`${gateway.url}/events/${id}`);
  await expectLive(page);
  await expect(page.getByText(SCRIPT).first()).toBeVisible();
  await expect(page.getByText(`key ${IMAGE}`).first()).toBeVisible();
  // And as it comes by the stream.
  await openLive(page, gateway);
  const again = await gateway.post(hostile);
  await settled(gateway, again.id, "delivered");
  await expect(page.getByRole("region", { name: "Event log" }).getByRole("listitem")).toHaveCount(2);
  await quiet("live");
  await expect(connection(page)).toHaveText("Live");
  expect(watch.documents).toBe(7);
});

test("the pages' policy lets scripts of ours run and nothing else", async ({ gateway }) => {
  const policyOf = (answer: Response) =>
    new Map(
      answer.headers
        .get("content-security-policy")!
        .split(";")
        .map((part) => part.trim().split(" "))
        .map(([name, ...values]) => [name!, values]),
    );
  const nonces = new Set<string>();
  const paths = ["/", "/endpoints", "/endpoints/main-webhook", "/settings", "/events/evt_nothing", "/nothing"];
  for (const path of paths) {
    const answer = await fetch(gateway.url + path);
    const policy = policyOf(answer);
    const html = await answer.text();
    expect(policy.get("default-src"), path).toEqual(["'none'"]);
    expect(policy.get("style-src"), path).toEqual(["'self'"]);
    expect(policy.get("frame-ancestors"), path).toEqual(["'none'"]);
    expect(policy.get("base-uri"), path).toEqual(["'none'"]);
    const scripts = policy.get("script-src")!;
    const nonce = scripts.map((source) => /^'nonce-(.+)'$/.exec(source)?.[1]).find(Boolean)!;
    expect(scripts, path).toEqual(["'self'", `'nonce-${nonce}'`, "'wasm-unsafe-eval'"]);
    expect([...policy.values()].flat().filter((source) => /unsafe-inline|unsafe-eval'?$|\*|https?:/.test(source) && source !== "'wasm-unsafe-eval'"), path).toEqual([]);
    nonces.add(nonce);
    // Each script in the page carries the page's number, and nothing asks for what the policy forbids.
    for (const [tag] of html.matchAll(/<script\b[^>]*>/g)) {
      expect(tag.includes(`nonce="${nonce}"`) || / src="\//.test(tag), tag).toBe(true);
    }
    expect(html.match(/<[^>]+\s(style|on[a-z]+)=/g), path).toBeNull();
  }
  expect(nonces.size).toBe(paths.length);
});
