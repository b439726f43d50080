// A portal that is killed in mid-change takes the change up again; a lost answer is told as one and settled by reading.
import { PASSWORD, expect, hydrated, signIn, test } from "../fixtures/test.ts";
import type { Page } from "@playwright/test";
import { Stack } from "../fixtures/servers.ts";

async function disable(page: Page, stack: Stack): Promise<void> {
    // The account is known once the target was listed.
    await expect(async () => {
        await page.goto(`${stack.origin}/streams/111122223333/eu-west-1/orders-prod/disable`);
        await page
            .getByLabel("Type the stream name to confirm", { exact: true })
            .fill("orders-prod", { timeout: 1_000 });
    }).toPass();
    await page.getByLabel("Reason", { exact: true }).fill("OPS-9");
    await page.getByRole("button", { name: "Disable encryption", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Change of orders-prod", exact: true })).toBeVisible();
}

test("a change survives a portal that is killed", async ({ page, stack, mode }) => {
    await signIn(page, stack);
    await disable(page, stack);
    const address = page.url();
    await stack.portal.stop("SIGKILL");
    await stack.startPortal();
    await page.goto(address);
    await hydrated(page, mode);
    await expect(page.locator("[aria-current=step]")).toHaveText(/^\s*Settled/, { timeout: 40_000 });
    expect(await stack.calls("StopStreamEncryption")).toBe(1);
});

test("an open page comes back by itself after a restart", async ({ page, stack, mode }) => {
    test.skip(mode !== "full", "pages without wasm reload themselves; the test above covers them");
    await signIn(page, stack);
    await disable(page, stack);
    await hydrated(page, mode);
    await stack.portal.stop("SIGTERM");
    await stack.startPortal();
    await expect(page.locator("[aria-current=step]")).toHaveText(/^\s*Settled/, { timeout: 40_000 });
});

test("a lost answer is unknown, then reached, with one call", async ({ page, stack, mode }) => {
    await stack.control("faults", { operation: "StopStreamEncryption", fault: "drop-answer" });
    await signIn(page, stack);
    await disable(page, stack);
    const summary = page.getByRole("paragraph").filter({ hasText: /^Outcome unknown/ });
    await expect(async () => {
        // Without wasm the page reloads itself only every 10 s, and the answer may be lost a moment after it came.
        if (mode !== "full") await page.reload();
        await expect(summary).toContainText("It may or may not have been applied.", { timeout: 1_000 });
    }).toPass({ timeout: 5_000 });
    await expect(page.locator("[aria-current=step]")).toHaveText(/^\s*Settled/, { timeout: 40_000 });
    const accepted = page.getByRole("list", { name: "Progress" }).getByRole("listitem").nth(2);
    await expect(accepted).toContainText("not observed");
    expect(await stack.calls("StopStreamEncryption")).toBe(1);
});

test("the first administrator comes in by the printed link, once", async ({ page, stack }) => {
    const link = await stack.portal.says(/Setup: (http:\S+)/);
    await page.goto(link);
    await expect(page.getByRole("heading", { level: 1, name: "Set up Keystream", exact: true })).toBeVisible();
    await page.getByLabel("User name", { exact: true }).fill("root");
    await page.getByLabel("Password", { exact: true }).fill("too short");
    await page.getByRole("button", { name: "Create administrator", exact: true }).click();
    await expect(page.getByRole("alert")).toContainText("A password takes 15 to 128 characters.");
    await expect(page.getByLabel("User name", { exact: true })).toHaveValue("root");
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Create administrator", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Sign in", exact: true })).toBeVisible();
    expect((await page.goto(link))?.status()).toBe(404);
    await page.goto(`${stack.origin}/sign-in`);
    await page.getByLabel("User name", { exact: true }).fill("ROOT");
    await page.getByLabel("Password", { exact: true }).fill("wrong wrong wrong wrong");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByRole("alert")).toHaveText("User name or password is wrong, or the account can't sign in.");
    await expect(page.getByLabel("User name", { exact: true })).toHaveValue("ROOT");
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Streams", exact: true })).toBeVisible();
});

test("a target without credentials says so, and the portal is ready all the same", async ({ page, mode }) => {
    test.skip(mode === "wasm-blocked", "the same pages as with scripts off");
    const stack = await Stack.start({ AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" });
    try {
        await signIn(page, stack);
        await expect(async () => {
            await page.reload();
            await expect(
                page.getByText(/has been behind since .*: AWS could not be reached: no credentials/),
            ).toBeVisible({ timeout: 1_000 });
        }).toPass({ timeout: 20_000 });
        await expect(page.getByText("1 target, 1 behind")).toBeVisible();
        expect((await fetch(`${stack.origin}/readyz`)).status).toBe(200);
    } finally {
        await stack.stop();
    }
});
