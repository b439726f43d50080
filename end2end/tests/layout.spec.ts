// Pages fit the narrowest phone, and nothing jumps while rows fill in.
import { accessible, cell, expect, hydrated, row, signIn, signInAs, test } from "../fixtures/test.ts";

const STREAM = "/streams/111122223333/eu-west-1/orders-prod";

// The pages are the same in the other modes; rows fill in, and dialogs open, only with wasm.
test.skip(({ mode }) => mode !== "full", "with wasm only");

test("no page scrolls sideways at 320 px", async ({ page, demo, mode }) => {
    await page.setViewportSize({ width: 320, height: 700 });
    await page.goto(`${demo}/sign-in`);
    const fits = async () => expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    await fits();
    await signInAs(page, demo, "operator");
    for (const path of ["/streams", STREAM, `${STREAM}/disable`, "/changes", "/audit", "/settings", "/confirm-identity", "/help", "/nowhere"]) {
        await page.goto(`${demo}${path}`);
        await fits();
    }
    await page.goto(`${demo}/streams`);
    await hydrated(page, mode);
    await page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true }).click();
    await expect(page.getByRole("dialog").getByLabel("Reason", { exact: true })).toBeVisible();
    await fits();
    await accessible(page, mode);
});

test("the dark scheme has enough contrast, and rows fill in without a jump", async ({ page, demo, mode }) => {
    await page.emulateMedia({ colorScheme: "dark" });
    await page.addInitScript(() => {
        const shifts = window as unknown as { shifted: number };
        shifts.shifted = 0;
        new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) shifts.shifted += (entry as unknown as { value: number }).value;
        }).observe({ type: "layout-shift", buffered: true });
    });
    // At once after the start most rows are unknown.
    await signInAs(page, demo, "operator");
    await hydrated(page, mode);
    await accessible(page, mode);
    await expect(page.getByRole("link", { name: "0 unknown", exact: true })).toBeVisible({ timeout: 20_000 });
    expect(await page.evaluate(() => (window as unknown as { shifted: number }).shifted)).toBeLessThanOrEqual(0.05);
    for (const path of [`${STREAM}/disable`, "/audit", "/settings", "/confirm-identity"]) {
        await page.goto(`${demo}${path}`);
        await accessible(page, mode);
    }
});

test("a link keeps its focus when its row moves and the list is drawn anew", async ({ page, stack, mode }) => {
    await signIn(page, stack);
    await page.goto(`${stack.origin}/streams?q=orders-prod`);
    await hydrated(page, mode);
    await expect(cell(page, "orders-prod", 1)).toContainText("alias/orders");
    const link = page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true });
    await link.focus();
    const place = { account: "111122223333", region: "eu-west-1" };
    await stack.control("streams", { ...place, name: "orders-prod", key: "alias/ledger" });
    await stack.control("streams", { ...place, name: "orders-prod-anew", key: "alias/orders" });
    await expect(cell(page, "orders-prod", 1)).toContainText("alias/ledger", { timeout: 60_000 });
    await expect(row(page, "orders-prod-anew")).toBeVisible({ timeout: 60_000 });
    await expect(link).toBeFocused();
});

test("the keyboard alone opens, leaves and confirms", async ({ page, demo, mode }) => {
    await signInAs(page, demo, "operator");
    await hydrated(page, mode);
    const link = page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true });
    await link.focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Disable encryption of orders-prod?", exact: true });
    const name = dialog.getByLabel("Type the stream name to confirm", { exact: true });
    await expect(name).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    await expect(link).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(name).toBeFocused();
    await page.keyboard.type("orders-prod");
    await page.keyboard.press("Tab");
    await page.keyboard.type("OPS-11");
    await page.keyboard.press("Enter");
    await expect(dialog).toBeHidden();
    await expect(page.getByRole("status")).toContainText("orders-prod:");
});

test("a password is shown only while its toggle is pressed, and nothing moves", async ({ page, demo }) => {
    await page.goto(`${demo}/sign-in`);
    const toggle = page.getByRole("button", { name: "Show characters", exact: true });
    const password = page.getByLabel("Password", { exact: true });
    await expect(toggle).toHaveAttribute("aria-pressed", "false");
    await password.fill("correct horse battery staple");
    await expect(password).toHaveAttribute("type", "password");
    const before = await password.boundingBox();
    await toggle.click();
    await expect(password).toHaveAttribute("type", "text");
    await expect(password).toHaveValue("correct horse battery staple");
    await expect(toggle).toHaveAttribute("aria-pressed", "true");
    expect(await password.boundingBox()).toEqual(before);
    await toggle.click();
    await expect(password).toHaveAttribute("type", "password");
    await accessible(page, "full");
});
