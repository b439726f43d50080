// A change's page says what was, dated; what is stands apart, as the stream's own last report.
import type { Page } from "@playwright/test";
import type { Stack } from "../fixtures/servers.ts";
import { accessible, expect, hydrated, signIn, test, type Mode } from "../fixtures/test.ts";

const PLACE = { account: "111122223333", region: "eu-west-1", name: "orders-prod" };

const present = (page: Page) => page.getByRole("region", { name: "Stream now", exact: true });

/** Disables encryption of orders-prod and stays on the change's page until it has settled. */
async function settle(page: Page, stack: Stack, mode: Mode): Promise<void> {
    await stack.control("settings", { transition_ms: 500 });
    await signIn(page, stack);
    await expect(async () => {
        await page.goto(`${stack.origin}/streams/111122223333/eu-west-1/orders-prod/disable`);
        await page
            .getByLabel("Type the stream name to confirm", { exact: true })
            .fill("orders-prod", { timeout: 1_000 });
    }).toPass();
    await page.getByLabel("Reason", { exact: true }).fill("OPS-18");
    await page.getByRole("button", { name: "Disable encryption", exact: true }).click();
    await expect(page.locator("[aria-current=step]")).toHaveText(/^\s*Settled/, { timeout: 40_000 });
    await hydrated(page, mode);
}

/** Waits for what the page says; without wasm it is loaded again for that. */
async function comes(page: Page, mode: Mode, look: () => Promise<void>): Promise<void> {
    await expect(async () => {
        if (mode !== "full") await page.reload();
        await look();
    }).toPass({ timeout: 75_000 });
}

test("a settled change shows the stream as it is now", async ({ page, stack, mode }) => {
    test.setTimeout(180_000);
    await settle(page, stack, mode);
    const says = (text: RegExp | string) => expect(present(page)).toContainText(text, { timeout: 1_000 });
    await comes(page, mode, () => says(/Encryption\s*Not encrypted\s*(just now|\d+ s ago|\d+ min ago|\d+ \w+ \d{4})/));
    await says(/Status\s*ACTIVE/);
    await accessible(page, mode);

    await stack.control("streams", { ...PLACE, key: "alias/orders" });
    await comes(page, mode, () => says(/Encryption\s*Encrypted/));
    await says(/Key\s*alias\/orders/);

    await stack.control("streams", { ...PLACE, recreate: true, key: "alias/ledger" });
    await comes(page, mode, () =>
        says(/The stream was deleted and re-created on .* UTC\. This change was about the earlier stream\./),
    );
    await says(/Encryption\s*Encrypted/);
    await present(page).getByRole("link", { name: "Go to the stream", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "orders-prod", exact: true })).toBeVisible();
});

test("a settled change says when its stream is gone or its target paused", async ({ page, stack, mode }) => {
    test.setTimeout(180_000);
    await settle(page, stack, mode);
    const change = page.url();
    await page.goto(`${stack.origin}/settings`);
    await page.getByRole("button", { name: /^Pause reading of / }).click();
    await page.goto(change);
    await hydrated(page, mode);
    await expect(present(page)).toContainText(/has been paused since .* by mira\./);
    await page.goto(`${stack.origin}/settings`);
    await page.getByRole("button", { name: /^Resume reading of / }).click();
    await stack.control("streams", { ...PLACE, delete: true });
    await page.goto(change);
    await hydrated(page, mode);
    await comes(page, mode, () =>
        expect(present(page)).toContainText(/AWS no longer lists this stream\.|Not newer because/, { timeout: 1_000 }),
    );
});
