// A list is filtered, sorted, paged and given other columns within the page; without wasm, by loading it. Either way
// the address says what is shown, and going back works.
import type { Page } from "@playwright/test";
import { isLive, isMarked, mark, openList, order } from "../fixtures/live.ts";
import { type Mode, accessible, expect, hydrated, row, signInAs, test } from "../fixtures/test.ts";

const table = (page: Page) => page.getByRole("table", { name: "Streams" });
const names = (page: Page) => table(page).getByRole("rowheader");
const active = (page: Page) => page.getByRole("list", { name: "Active filters" });
const search = (page: Page) => page.getByRole("searchbox", { name: "Filter streams" });

/** Opens the list and marks the document. */
async function open(page: Page, origin: string, mode: Mode, query = ""): Promise<void> {
    await signInAs(page, origin, "viewer");
    await page.goto(`${origin}/streams${query}`);
    await hydrated(page, mode);
    if (mode !== "scripts-off") await mark(page);
}

/** The list came within the same document where wasm runs, and with another one where it doesn't. */
async function cameWithin(page: Page, mode: Mode): Promise<void> {
    if (mode !== "scripts-off") expect(await isMarked(page)).toBe(mode === "full");
    await expect(page).toHaveTitle("Streams \u00b7 Keystream");
    await expect(page.getByRole("heading", { level: 1, name: "Streams", exact: true })).toBeVisible();
}

test("search, state, sort and page, and back through them", async ({ page, demo, mode }) => {
    await open(page, demo, mode, "?per=25");
    await expect(table(page).getByRole("row")).toHaveCount(26);
    await page.getByRole("navigation", { name: "Pages of the list" }).getByRole("link", { name: "Next" }).click();
    await expect(table(page).getByRole("row")).toHaveCount(16);
    await expect(page).toHaveURL(`${demo}/streams?page=2&per=25`);
    await cameWithin(page, mode);
    await page.getByRole("columnheader", { name: "Name", exact: true }).getByRole("link").click();
    await expect(names(page).first()).toHaveText("web-clicks");
    await expect(page.getByRole("columnheader", { name: "Name", exact: true })).toHaveAttribute(
        "aria-sort",
        "descending",
    );
    await expect(page).toHaveURL(/[?&]sort=-name(&|$)/);
    await search(page).fill("CLICKS");
    await search(page).press("Enter");
    await expect(active(page).getByRole("link")).toHaveText([/CLICKS/]);
    await expect(page).toHaveURL(/[?&]q=CLICKS(&|$)/);
    await expect(page).toHaveURL(/[?&]sort=-name(&|$)/);
    const found = await names(page).allInnerTexts();
    expect(found.length).toBeGreaterThan(2);
    expect(found.every((name) => name.includes("clicks"))).toBe(true);
    await page.getByRole("list", { name: "Filters by state" }).getByRole("link", { name: /not encrypted$/ }).click();
    await expect(active(page).getByRole("link")).toHaveCount(2);
    await expect(page).toHaveURL(/[?&]encryption=not-encrypted(&|$)/);
    await cameWithin(page, mode);
    await accessible(page, mode);

    await page.goBack();
    await expect(active(page).getByRole("link")).toHaveText([/CLICKS/]);
    await expect(names(page)).toHaveText(found);
    await expect(search(page)).toHaveValue("CLICKS");
    await page.goBack();
    await expect(active(page)).toHaveCount(0);
    await expect(search(page)).toHaveValue("");
    await expect(page).toHaveURL(/[?&]sort=-name(&|$)/);
    await page.goBack();
    await page.goBack();
    await expect(table(page).getByRole("row")).toHaveCount(26);
    await expect(page).toHaveURL(`${demo}/streams?per=25`);
    await page.goForward();
    await expect(table(page).getByRole("row")).toHaveCount(16);
    await expect(page).toHaveURL(`${demo}/streams?page=2&per=25`);
    if (mode === "full") await cameWithin(page, mode);
});

test("a list that was left is there again on the way back", async ({ page, demo, mode }) => {
    await open(page, demo, mode);
    await search(page).fill("orders");
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await expect(active(page).getByRole("link")).toHaveText([/orders/]);
    await row(page, "orders-prod").getByRole("link", { name: "orders-prod", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "orders-prod", exact: true })).toBeVisible();
    await expect(page).toHaveTitle(/^orders-prod\b.* \u00b7 Keystream$/);
    await page.goBack();
    await expect(page.getByRole("heading", { level: 1, name: "Streams", exact: true })).toBeVisible();
    await expect(row(page, "orders-prod")).toBeVisible();
    await expect(active(page).getByRole("link")).toHaveText([/orders/]);
    await expect(page).toHaveURL(/\/streams\?q=orders(&|$)/);
    await page.goBack();
    await expect(table(page).getByRole("row")).toHaveCount(41);
});

test("filters are applied with an unsubmitted search, and removed one by one", async ({ page, demo, mode }) => {
    await open(page, demo, mode);
    await search(page).fill("e");
    await page.getByText("Filters", { exact: true }).click();
    await page.getByRole("group", { name: "Account" }).getByLabel(/444455556666 \(\d+\)/).check();
    await page.getByRole("group", { name: "Region" }).getByLabel(/eu-central-1 \(7\)/).check();
    await page.getByRole("button", { name: "Apply", exact: true }).click();
    await expect(active(page).getByRole("link")).toHaveText([/e/, /444455556666/, /eu-central-1/]);
    await expect(page).toHaveURL(/[?&]q=e(&|$)/);
    await cameWithin(page, mode);
    await active(page).getByRole("link", { name: "Remove filter: eu-central-1", exact: true }).click();
    await expect(active(page).getByRole("link")).toHaveText([/e/, /444455556666/]);
    await expect(page).not.toHaveURL(/region=/);
    await expect(
        page.getByRole("group", { name: "Region", includeHidden: true }).getByLabel(/eu-central-1/),
    ).not.toBeChecked();
    await page.getByRole("link", { name: "Clear filters", exact: true }).click();
    await expect(active(page)).toHaveCount(0);
    await expect(table(page).getByRole("row")).toHaveCount(41);
    await cameWithin(page, mode);
});

test("columns come and go, and a shared address doesn't overwrite one's own", async ({ page, demo, mode }) => {
    await open(page, demo, mode, "?account=444455556666");
    const column = (name: string) => page.getByRole("columnheader", { name, exact: true });
    await page.locator("summary").filter({ hasText: "Columns" }).click();
    const columns = page.getByRole("group", { name: "Columns" });
    await columns.getByLabel("Mode", { exact: true }).check();
    await page.getByRole("button", { name: "Save columns", exact: true }).click();
    await expect(column("Mode")).toBeVisible();
    await expect(page).toHaveURL(`${demo}/streams?account=444455556666`);
    await cameWithin(page, mode);
    await page.goto(`${demo}/streams?cols=shards`);
    await hydrated(page, mode);
    await expect(column("Shards")).toBeVisible();
    await expect(column("Mode")).toHaveCount(0);
    // Somebody who looks on with those columns sorts and filters in them.
    await column("Region").getByRole("link").click();
    await expect(page).toHaveURL(/[?&]sort=region(&|$)/);
    await expect(column("Shards")).toBeVisible();
    await page.goto(`${demo}/streams`);
    await expect(column("Mode")).toBeVisible();
    await expect(column("Shards")).toHaveCount(0);
});

test.describe("within the page", () => {
    test.skip(({ mode }) => mode !== "full", "with wasm only");

    test("the focus stays where it was, and goes to the list when that is gone", async ({ page, demo, mode }) => {
        await open(page, demo, mode);
        const sort = page.getByRole("columnheader", { name: "Region", exact: true }).getByRole("link");
        for (const sorted of ["ascending", "descending"]) {
            await sort.focus();
            await page.keyboard.press("Enter");
            await expect(page.getByRole("columnheader", { name: "Region", exact: true })).toHaveAttribute(
                "aria-sort",
                sorted,
            );
            await expect(sort).toBeFocused();
        }
        await search(page).fill("orders");
        await search(page).press("Enter");
        await expect(active(page).getByRole("link")).toHaveCount(1);
        await expect(search(page)).toBeFocused();
        await active(page).getByRole("link").focus();
        await page.keyboard.press("Enter");
        await expect(active(page)).toHaveCount(0);
        await expect(page.getByRole("main")).toBeFocused();
        expect(await isMarked(page)).toBe(true);
    });

    test("a later step overtakes an earlier one, and one that fails loads the page", async ({ page, demo, mode }) => {
        await open(page, demo, mode);
        let release = () => {};
        const held = new Promise<void>((done) => (release = done));
        await page.route(/\?q=refunds$/, async (route) => {
            await held;
            await route.continue().catch(() => {});
        });
        await search(page).fill("refunds");
        await search(page).press("Enter");
        await expect(page.getByRole("main")).toHaveAttribute("aria-busy", "true");
        await search(page).fill("invoices");
        await search(page).press("Enter");
        await expect(row(page, "invoices")).toBeVisible();
        release();
        await page.waitForTimeout(1_000);
        await expect(page).toHaveURL(`${demo}/streams?q=invoices`);
        await expect(row(page, "refunds")).toHaveCount(0);
        await expect(page.getByRole("main")).not.toHaveAttribute("aria-busy");
        expect(await isMarked(page)).toBe(true);
        await page.route(/\?q=orders-prod$/, (route) => route.abort(), { times: 1 });
        await search(page).fill("orders-prod");
        await search(page).press("Enter");
        await expect(row(page, "orders-prod")).toBeVisible();
        await expect(page).toHaveURL(`${demo}/streams?q=orders-prod`);
        expect(await isMarked(page), "the browser loaded it").toBe(false);
    });

    test("a refresh that a step overtakes is made again", async ({ page, stack, mode }) => {
        await openList(page, stack);
        await hydrated(page, mode);
        await isLive(page);
        let release = () => {};
        const held = new Promise<void>((done) => (release = done));
        const refreshed: string[] = [];
        await page.route(/[?&]live=1$/, async (route) => {
            refreshed.push(new URL(route.request().url()).search);
            if (refreshed.length === 1) await held;
            await route.continue().catch(() => {});
        });
        await order(stack, "orders-prod", { key: "" });
        await expect.poll(() => refreshed).toEqual(["?q=orders-prod&live=1"]);
        await search(page).fill("refunds");
        await search(page).press("Enter");
        await expect(row(page, "refunds")).toBeVisible();
        release();
        await expect.poll(() => refreshed.at(-1)).toBe("?q=refunds&live=1");
        await expect(row(page, "refunds")).toBeVisible();
    });

    test("a modified click opens another window", async ({ page, context, demo, mode }) => {
        await open(page, demo, mode);
        const opened = context.waitForEvent("page");
        await page
            .getByRole("columnheader", { name: "Name", exact: true })
            .getByRole("link")
            .click({ modifiers: ["Control"] });
        const other = await opened;
        await expect(other).toHaveURL(/sort=-name/);
        await expect(page).toHaveURL(`${demo}/streams`);
        await expect(page.getByRole("columnheader", { name: "Name", exact: true })).toHaveAttribute(
            "aria-sort",
            "ascending",
        );
    });

    test("the list keeps its place while it is sorted from afar", async ({ page, demo, mode }) => {
        await page.setViewportSize({ width: 1366, height: 600 });
        await open(page, demo, mode);
        const sort = page.getByRole("columnheader", { name: "Region", exact: true }).getByRole("link");
        await page.evaluate(() => scrollTo(0, 400));
        const before = await page.evaluate(() => scrollY);
        expect(before).toBeGreaterThan(100);
        // The head of the table stays in view. A click of Playwright's might scroll by itself.
        await expect(sort).toBeInViewport({ ratio: 1 });
        await sort.evaluate((link: HTMLElement) => link.click());
        await expect(page).toHaveURL(/sort=region/);
        await expect(page.getByRole("columnheader", { name: "Region", exact: true })).toHaveAttribute(
            "aria-sort",
            "ascending",
        );
        expect(await page.evaluate(() => scrollY)).toBe(before);
    });
});
