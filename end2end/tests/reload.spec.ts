// Where wasm doesn't run, a list is as old as its page: a link loads it again, as it is filtered and sorted.
import type { Page } from "@playwright/test";
import { disable } from "../fixtures/changes.ts";
import { ENCRYPTION, openList, order } from "../fixtures/live.ts";
import { cell, expect, hydrated, row, test } from "../fixtures/test.ts";

/** The list's own link. The boot script's notice, which has another one, is no part of `main`. */
const reload = (page: Page) => page.getByRole("main").getByRole("link", { name: "Reload", exact: true });

test.describe("without wasm", () => {
    test.skip(({ mode }) => mode === "full", "wasm keeps lists up to date");

    test("streams are loaded again as they are filtered, sorted and paged", async ({ page, stack }) => {
        await openList(page, stack);
        const query = "?q=r&encryption=encrypted,not-encrypted&sort=-name&per=25&cols=mode";
        await page.goto(`${stack.origin}/streams${query}`);
        await expect(cell(page, "orders-prod", ENCRYPTION)).toHaveText(/^\s*Encrypted/);
        await reload(page).click();
        // Its address says the same, in the order and the form of the program.
        const address = page.url();
        const pairs = (url: string) => [...new URL(url).searchParams].sort();
        expect(pairs(address)).toEqual(pairs(`${stack.origin}/streams${query}`));
        await order(stack, "orders-prod", { key: "" });
        await expect(async () => {
            await reload(page).click();
            await expect(cell(page, "orders-prod", ENCRYPTION)).toHaveText(/^\s*Not encrypted/, { timeout: 1_000 });
        }).toPass({ timeout: 60_000 });
        expect(page.url()).toBe(address);
        const names = await page.getByRole("table", { name: "Streams" }).getByRole("rowheader").allInnerTexts();
        expect(names.length).toBeGreaterThan(1);
        expect(names).toEqual(names.filter((name) => name.includes("r")).sort().reverse());
        await expect(page.getByRole("columnheader", { name: "Mode", exact: true })).toBeVisible();
        await expect(page.getByRole("searchbox", { name: "Filter streams" })).toHaveValue("r");
    });

    test("changes are loaded again as they are filtered", async ({ page, context, stack }) => {
        await stack.control("settings", { transition_ms: 500 });
        await openList(page, stack);
        const address = `${stack.origin}/changes?state=settled&q=refunds`;
        await page.goto(address);
        await expect(page.getByText("No change matches these filters.")).toBeVisible();
        const other = await context.newPage();
        await disable(other, stack, "refunds");
        await disable(other, stack, "invoices");
        const found = page.getByRole("table", { name: "Changes" }).getByRole("rowheader");
        await expect(async () => {
            await reload(page).click();
            await expect(found).toHaveText(["Change of refunds"], { timeout: 1_000 });
        }).toPass({ timeout: 40_000 });
        expect(page.url()).toBe(address);
        // What the filters leave out is there.
        await page.goto(`${stack.origin}/changes`);
        await expect(found).toHaveText(["Change of invoices", "Change of refunds"]);
    });
});

test("a list that wasm keeps up to date has no link to reload it", async ({ page, stack, mode }) => {
    test.skip(mode !== "full", "with wasm only");
    await openList(page, stack);
    for (const path of ["/streams?q=orders-prod", "/changes"]) {
        await page.goto(stack.origin + path);
        await hydrated(page, mode);
        await expect(page.locator("a.reload")).toHaveCount(1);
        await expect(page.locator("a.reload")).toBeHidden();
    }
    // Nor once the list was drawn anew within the page.
    await page.goto(`${stack.origin}/streams?q=orders-prod`);
    await hydrated(page, mode);
    await page.getByRole("link", { name: "Clear filters", exact: true }).click();
    await expect(row(page, "refunds")).toBeVisible();
    await expect(page.locator("a.reload")).toBeHidden();
});
