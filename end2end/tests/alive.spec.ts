// A page that has stopped says so: whatever stops it, it never looks alive.
import type { Page } from "@playwright/test";
import { cpSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SITE, type Stack } from "../fixtures/servers.ts";
import { accessible, cell, expect, hydrated, row, signIn, test } from "../fixtures/test.ts";

const PLACE = { account: "111122223333", region: "eu-west-1" };
const ENCRYPTION = 0;
const DATE = /\d+ \w+ \d{4} \d\d:\d\d:\d\d UTC/;

const notice = (page: Page) => page.getByRole("complementary", { name: "Live updates", exact: true });
const live = (page: Page) => page.getByRole("button", { name: "Live", exact: true });
/** The sentence of a page that runs and isn't live. */
const gap = (page: Page) =>
    page.getByText(/^Not live since \d\d:\d\d:\d\d UTC\. Next try \d\d:\d\d:\d\d UTC\. Showing last known data\.$/);

/** Signs in, waits until orders-prod was read, and opens the list with one row. */
async function openList(page: Page, stack: Stack): Promise<void> {
    await signIn(page, stack);
    await expect(async () => {
        await page.goto(`${stack.origin}/streams?q=orders-prod`);
        await expect(cell(page, "orders-prod", ENCRYPTION)).toHaveText(/^\s*Encrypted/, { timeout: 1_000 });
    }).toPass();
}

/** The page holds still and says so. */
async function saysStopped(page: Page): Promise<void> {
    await expect(notice(page)).toContainText(
        /^This page stopped updating at \d\d:\d\d:\d\d UTC: it shows what was known then\./,
        { timeout: 45_000 },
    );
}

/** The same of a list. */
async function expectStopped(page: Page): Promise<void> {
    await saysStopped(page);
    await expect(live(page)).toHaveCount(0);
    await expect(cell(page, "orders-prod", ENCRYPTION)).toHaveText(/^\s*Encrypted/);
    await expect(cell(page, "orders-prod", ENCRYPTION)).toHaveText(DATE);
    await expect(notice(page).getByRole("link", { name: "Reload", exact: true })).toBeVisible();
}

test("wasm that doesn't start is told, and ages become times of day", async ({ page, stack, mode }) => {
    test.skip(mode !== "wasm-blocked", "wasm starts, or no script runs");
    await openList(page, stack);
    await expect(notice(page)).toContainText(/^This page isn't live: it shows what was known at \d\d:\d\d:\d\d UTC\./);
    await expect(cell(page, "orders-prod", ENCRYPTION)).toHaveText(DATE);
    await expect(page.getByText(/^As of \d\d:\d\d:\d\d UTC$/)).toBeVisible();
    await accessible(page, mode);
    await notice(page).getByRole("link", { name: "Reload", exact: true }).click();
    await expect(page).toHaveURL(`${stack.origin}/streams?q=orders-prod`);
});

test("a page without scripts says of when it is", async ({ page, stack, mode }) => {
    test.skip(mode !== "scripts-off", "scripts run");
    await openList(page, stack);
    await expect(page.getByText(/^As of \d\d:\d\d:\d\d UTC$/)).toBeVisible();
});

test.describe("with wasm", () => {
    test.skip(({ mode }) => mode !== "full", "with wasm only");

    test("an element that an extension prepends", async ({ page, stack, mode, complaints }) => {
        await openList(page, stack);
        await page.addInitScript(() =>
            document.addEventListener("DOMContentLoaded", () => document.body.prepend(document.createElement("div"))),
        );
        await page.reload();
        await expectStopped(page);
        await accessible(page, mode);
        // Links do what they do by themselves.
        await page.getByRole("link", { name: "orders-prod", exact: true }).click();
        await expect(page.getByRole("heading", { level: 1, name: "orders-prod", exact: true })).toBeVisible();
        // The next page's wasm stops as well, a moment after the page is there.
        await saysStopped(page);
        complaints.length = 0;
    });

    test("a translator that comes before wasm", async ({ page, stack, complaints }) => {
        await openList(page, stack);
        await page.addInitScript(() => {
            document.addEventListener("DOMContentLoaded", () => {
                const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
                const found: Text[] = [];
                while (texts.nextNode()) found.push(texts.currentNode as Text);
                for (const text of found.filter(
                    (text) => text.data.trim() && text.parentElement?.tagName !== "SCRIPT",
                )) {
                    const font = document.createElement("font");
                    text.replaceWith(font);
                    font.append(text);
                }
            });
        });
        await page.reload();
        await expectStopped(page);
        complaints.length = 0;
    });

    test("a translator that comes later leaves states alone, and is told", async ({ page, stack, mode }) => {
        await openList(page, stack);
        await hydrated(page, mode);
        await expect(live(page)).toBeVisible();
        await page.evaluate(() => {
            const isKept = (text: Text) => text.parentElement?.closest("[translate=no], script, noscript");
            const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            const found: Text[] = [];
            while (texts.nextNode()) found.push(texts.currentNode as Text);
            for (const text of found.filter((text) => text.data.trim() && !isKept(text))) {
                const font = document.createElement("font");
                font.textContent = text.data;
                text.replaceWith(font);
            }
        });
        await expect(notice(page)).toContainText(
            "A translator or an extension changed this page, so parts of it may not update.",
        );
        await stack.control("streams", { ...PLACE, name: "orders-prod", key: "" });
        await expect(cell(page, "orders-prod", ENCRYPTION)).toHaveText(/^\s*Not encrypted/, { timeout: 60_000 });
        await expect(cell(page, "orders-prod", 2)).toHaveText(/^\s*ACTIVE/);
    });

    test("a number that no clock reaches", async ({ page, stack, mode }) => {
        await openList(page, stack);
        await page.route(/\/streams\?/, async (route) => {
            const answer = await route.fetch();
            const body = (await answer.text()).replaceAll(/(created\\?":)\d+/g, "$19200000000000000000");
            expect(body).toContain("9200000000000000000");
            await route.fulfill({ response: answer, body });
        });
        await page.reload();
        await hydrated(page, mode);
        await expect(live(page)).toBeVisible();
        await page.waitForTimeout(2_000);
        await expect(cell(page, "orders-prod", ENCRYPTION)).toHaveText(/^\s*Encrypted/);
        await expect(notice(page)).toHaveCount(0);
        await stack.control("streams", { ...PLACE, name: "orders-prod", key: "" });
        await expect(cell(page, "orders-prod", ENCRYPTION)).toHaveText(/^\s*Not encrypted/, { timeout: 60_000 });
    });

    test("a server that falls silent isn't live, and comes back", async ({ page, stack, mode }) => {
        test.setTimeout(180_000);
        await openList(page, stack);
        await hydrated(page, mode);
        await expect(live(page)).toBeVisible();
        stack.portal.suspend();
        try {
            await expect(gap(page)).toBeVisible({ timeout: 60_000 });
            await expect(live(page)).toHaveCount(0);
            await expect(cell(page, "orders-prod", ENCRYPTION)).toHaveText(/^\s*Encrypted/);
            await accessible(page, mode);
        } finally {
            stack.portal.resume();
        }
        await expect(live(page)).toBeVisible({ timeout: 60_000 });
        await expect(gap(page)).toHaveCount(0);
    });

    test("heartbeats keep a quiet page live", async ({ page, stack, mode }) => {
        test.setTimeout(120_000);
        await openList(page, stack);
        // A page on which nothing is read again.
        await page.goto(`${stack.origin}/changes`);
        await hydrated(page, mode);
        await expect(live(page)).toBeVisible();
        await page.waitForTimeout(50_000);
        await expect(live(page)).toBeVisible();
        await expect(gap(page)).toHaveCount(0);
    });

    test("a refresh that fails keeps the page", async ({ page, stack, mode }) => {
        await openList(page, stack);
        await hydrated(page, mode);
        await expect(live(page)).toBeVisible();
        await page.route("**/api/list-streams", (route) => route.abort());
        await stack.control("streams", { ...PLACE, name: "orders-prod-anew", key: "alias/orders" });
        await expect(gap(page)).toBeVisible({ timeout: 60_000 });
        await expect(row(page, "orders-prod")).toBeVisible();
        await expect(page.getByRole("heading", { level: 1, name: "Streams", exact: true })).toBeVisible();
        await page.unroute("**/api/list-streams");
        await expect(row(page, "orders-prod-anew")).toBeVisible({ timeout: 60_000 });
        await expect(live(page)).toBeVisible();
        await expect(gap(page)).toHaveCount(0);
    });

    test("a restart of the server erases nothing", async ({ page, stack, mode }) => {
        test.setTimeout(120_000);
        await openList(page, stack);
        await page.goto(`${stack.origin}/streams`);
        await hydrated(page, mode);
        await expect(live(page)).toBeVisible();
        const rows = page.getByRole("table", { name: "Streams" }).getByRole("row");
        const count = await rows.count();
        await stack.portal.stop("SIGKILL");
        await expect(gap(page)).toBeVisible();
        // Several attempts long.
        for (let second = 0; second < 8; second++) {
            expect(await rows.count()).toBe(count);
            await page.waitForTimeout(1_000);
        }
        await expect(gap(page)).toBeVisible();
        await stack.startPortal();
        await expect(live(page)).toBeVisible({ timeout: 60_000 });
        await expect(gap(page)).toHaveCount(0);
        expect(await rows.count()).toBe(count);
    });

    test("a tab from before a deployment says that it is outdated", async ({ page, stack, mode }) => {
        test.setTimeout(120_000);
        await openList(page, stack);
        await hydrated(page, mode);
        await expect(live(page)).toBeVisible();
        const site = mkdtempSync(join(tmpdir(), "keystream-site-"));
        try {
            cpSync(SITE, site, { recursive: true });
            for (const name of readdirSync(join(site, "pkg")).filter((name) => /^keystream\.(js|wasm)$/.test(name))) {
                renameSync(join(site, "pkg", name), join(site, "pkg", name.replace(".", ".0123456789abcdef0123.")));
            }
            await stack.portal.stop("SIGTERM");
            await stack.startPortal({ KEYSTREAM_SITE_ROOT: site });
            await expect(page.getByRole("status")).toContainText(
                "Keystream was updated. This page is outdated and has stopped updating.",
                { timeout: 30_000 },
            );
            await expect(row(page, "orders-prod")).toBeVisible();
            await expect(live(page)).toHaveCount(0);
            await page.getByRole("status").getByRole("link", { name: "Reload", exact: true }).click();
            await expect(live(page)).toBeVisible({ timeout: 30_000 });
        } finally {
            rmSync(site, { recursive: true, force: true });
        }
    });
});
