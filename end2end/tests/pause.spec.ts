// Pages that somebody stops: by the button, or by signing out elsewhere.
import { ENCRYPTION, gap, isLive, live, moves, openList, order } from "../fixtures/live.ts";
import { accessible, cell, expect, hydrated, row, test } from "../fixtures/test.ts";

test.skip(({ mode }) => mode !== "full", "only wasm updates a page");

for (const path of ["/streams?q=orders-prod", "/streams/111122223333/eu-west-1/orders-prod", "/changes"]) {
    test(`live updates of ${path} are paused and resumed by a button`, async ({ page, stack, mode }) => {
        await openList(page, stack);
        await page.goto(stack.origin + path);
        await hydrated(page, mode);
        await isLive(page);
        const events = page.waitForResponse(/\/events\?/);
        await page.getByRole("button", { name: "Pause live updates", exact: true }).click();
        await expect(page.locator("#live-state").getByText("Paused", { exact: true })).toBeVisible();
        await expect(live(page)).toBeHidden();
        const resume = page.getByRole("button", { name: "Resume live updates", exact: true });
        await expect(resume).toBeVisible();
        await expect(page.getByRole("button", { name: "Pause live updates", exact: true })).toHaveCount(0);
        await accessible(page, mode);
        await resume.click();
        await events;
        await isLive(page);
    });
}

test("nothing changes while a page is paused, and it catches up after", async ({ page, context, stack, mode }) => {
    test.setTimeout(180_000);
    await openList(page, stack);
    await hydrated(page, mode);
    await isLive(page);
    const other = await context.newPage();
    await other.goto(`${stack.origin}/streams?q=orders-prod`);
    await hydrated(other, mode);
    await isLive(other);
    await page.getByRole("button", { name: "Pause live updates", exact: true }).click();
    await order(stack, "orders-prod", { key: "" });
    await order(stack, "orders-prod-anew", { key: "alias/orders" });
    await moves(other, "orders-prod", ENCRYPTION, /^\s*Not encrypted/);
    await expect(row(other, "orders-prod-anew")).toBeVisible({ timeout: 60_000 });
    await expect(cell(page, "orders-prod", ENCRYPTION)).toHaveText(/^\s*Encrypted/);
    await expect(row(page, "orders-prod-anew")).toHaveCount(0);
    await expect(gap(page)).toBeHidden();
    await page.getByRole("button", { name: "Resume live updates", exact: true }).click();
    await expect(cell(page, "orders-prod", ENCRYPTION)).toHaveText(/^\s*Not encrypted/);
    await expect(row(page, "orders-prod-anew")).toBeVisible();
    await isLive(page);
});

test("a page whose session was ended elsewhere says so and stays", async ({ page, context, stack, mode }) => {
    await openList(page, stack);
    await hydrated(page, mode);
    await isLive(page);
    const other = await context.newPage();
    await other.goto(`${stack.origin}/help`);
    await other.getByRole("button", { name: "Sign out", exact: true }).click();
    await expect(other.getByRole("heading", { level: 1, name: "Sign in", exact: true })).toBeVisible();
    await expect(page.getByRole("status")).toContainText("Signed out. This page has stopped updating.", {
        timeout: 60_000,
    });
    await expect(row(page, "orders-prod")).toBeVisible();
    await expect(live(page)).toBeHidden();
    await expect(gap(page)).toBeHidden();
    await accessible(page, mode);
    await page.getByRole("status").getByRole("link", { name: "Sign in", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Sign in", exact: true })).toBeVisible();
});

test("a confirmation whose session has ended keeps what was typed and offers sign-in", async (
    { page, context, stack, mode },
) => {
    await openList(page, stack);
    await hydrated(page, mode);
    await page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Disable encryption of orders-prod?", exact: true });
    await dialog.getByLabel("Type the stream name to confirm", { exact: true }).fill("orders-prod");
    await dialog.getByLabel("Reason", { exact: true }).fill("OPS-23 with some words");
    const other = await context.newPage();
    await other.goto(`${stack.origin}/help`);
    await other.getByRole("button", { name: "Sign out", exact: true }).click();
    await expect(other.getByRole("heading", { level: 1, name: "Sign in", exact: true })).toBeVisible();
    await dialog.getByRole("button", { name: "Disable encryption", exact: true }).click();
    await expect(dialog.getByRole("alert")).toBeVisible();
    await expect(dialog.getByRole("alert").getByRole("link", { name: /sign in/i })).toBeVisible();
    await expect(dialog.getByLabel("Reason", { exact: true })).toHaveValue("OPS-23 with some words");
    expect(await stack.calls("StopStreamEncryption")).toBe(0);
});
