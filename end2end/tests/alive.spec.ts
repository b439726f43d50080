// Whatever others do to a page, it goes on; and a page that has stopped says so: it never looks alive.
import type { Page } from "@playwright/test";
import { cpSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ENCRYPTION, STATUS, gap, isLive, live, moves, notice } from "../fixtures/live.ts";
import { isMarked, mark, openList, order } from "../fixtures/live.ts";
import { SITE, type Stack } from "../fixtures/servers.ts";
import { accessible, cell, expect, hydrated, row, test } from "../fixtures/test.ts";

const DATE = /\d+ \w+ \d{4} \d\d:\d\d:\d\d UTC/;

/** What a translator does: every text is put into elements of its own, those of states as well. */
function translate(): void {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found: Text[] = [];
    while (texts.nextNode()) found.push(texts.currentNode as Text);
    for (const text of found.filter((text) => text.data.trim() && !text.parentElement?.closest("script, noscript"))) {
        const [outer, inner] = [document.createElement("font"), document.createElement("font")];
        text.replaceWith(outer);
        outer.append(inner);
        inner.append(text.data);
    }
}

/** What extensions do: an element before everything, and one after each field. */
function extend(): void {
    document.body.prepend(document.createElement("div"));
    for (const field of document.querySelectorAll("input")) field.after(document.createElement("span"));
}

/** Does something to each document before wasm has started in it, and notes that it was in time. */
async function beforeStart(page: Page, what: () => void): Promise<void> {
    await page.addInitScript(`document.addEventListener("DOMContentLoaded", () => {
        window.wasInTime = !("hydrated" in document.documentElement.dataset);
        (${what.toString()})();
    })`);
}

/** Everything that a page does while it lives. */
async function keepsWorking(page: Page, stack: Stack): Promise<void> {
    await isLive(page);
    await mark(page);
    await order(stack, "orders-prod", { key: "" });
    await moves(page, "orders-prod", ENCRYPTION, /^\s*Not encrypted/);
    await moves(page, "orders-prod", STATUS, /^\s*ACTIVE/);
    // The states are the server's own words again.
    await expect(row(page, "orders-prod").locator("font")).toHaveCount(0);

    await row(page, "orders-prod").getByRole("link", { name: "Enable encryption of orders-prod", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Enable encryption of orders-prod?", exact: true });
    await dialog.getByLabel("Key", { exact: true }).fill("alias/orders");
    await dialog.getByLabel("Type the stream name to confirm", { exact: true }).fill("orders-prod");
    await dialog.getByLabel("Reason", { exact: true }).fill("OPS-21");
    await dialog.getByRole("button", { name: "Enable encryption", exact: true }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByRole("status")).toContainText("orders-prod:");
    await moves(page, "orders-prod", ENCRYPTION, /^\s*Encrypted/);
    expect(await stack.calls("StartStreamEncryption")).toBe(1);

    await page.getByRole("searchbox", { name: "Filter streams" }).fill("refunds");
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await expect(row(page, "refunds")).toBeVisible();
    await expect(row(page, "orders-prod")).toHaveCount(0);
    await expect(page).toHaveURL(`${stack.origin}/streams?q=refunds`);
    expect(await isMarked(page), "the list came without another document").toBe(true);
    await expect(live(page)).toBeVisible();
    await expect(notice(page)).toHaveCount(0);
}

/** The page holds still and says so. */
async function saysStopped(page: Page): Promise<void> {
    await expect(notice(page)).toContainText(
        /^This page stopped updating at \d\d:\d\d:\d\d UTC: it shows what was known then\./,
    );
}

/** A panic of wasm: a function that traps. */
async function panic(page: Page, where: "a callback" | "a promise"): Promise<void> {
    await page.evaluate((where) => {
        const code = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0];
        const module = new WebAssembly.Module(new Uint8Array([...code, 10, 5, 1, 3, 0, 0, 11]));
        const { f } = new WebAssembly.Instance(module).exports as { f: () => void };
        if (where === "a promise") void Promise.resolve().then(f);
        else setTimeout(f);
    }, where);
}

test("wasm that doesn't start is told, and ages become times of day", async ({ page, stack, mode }) => {
    test.skip(mode !== "wasm-blocked", "wasm starts, or no script runs");
    await openList(page, stack);
    await expect(notice(page)).toContainText(/^This page isn't live: it shows what was known at \d\d:\d\d:\d\d UTC\./);
    await expect(cell(page, "orders-prod", ENCRYPTION)).toHaveText(DATE);
    await expect(page.getByText(/^As of \d\d:\d\d:\d\d UTC$/)).toBeVisible();
    await expect(page.locator("#live-state")).toBeHidden();
    await expect(page.getByRole("button", { name: /live updates/ })).toBeHidden();
    await accessible(page, mode);
    await notice(page).getByRole("link", { name: "Reload", exact: true }).click();
    await expect(page).toHaveURL(`${stack.origin}/streams?q=orders-prod`);
});

test("a page without scripts says of when it is", async ({ page, stack, mode }) => {
    test.skip(mode !== "scripts-off", "scripts run");
    await openList(page, stack);
    await expect(page.getByText(/^As of \d\d:\d\d:\d\d UTC$/)).toBeVisible();
    await expect(page.locator("#live-state")).toBeHidden();
    await expect(page.getByRole("button", { name: /live updates/ })).toBeHidden();
});

test.describe("with wasm", () => {
    test.skip(({ mode }) => mode !== "full", "with wasm only");

    for (const [who, change] of [
        ["elements of extensions", extend],
        ["a translator", translate],
    ] as const) {
        test(`${who} before the start`, async ({ page, stack, mode }) => {
            await openList(page, stack);
            await beforeStart(page, change);
            await page.reload();
            await hydrated(page, mode);
            expect(await page.evaluate(() => (window as unknown as { wasInTime: boolean }).wasInTime)).toBe(true);
            await keepsWorking(page, stack);
        });

        test(`${who} after the start`, async ({ page, stack, mode }) => {
            await openList(page, stack);
            await hydrated(page, mode);
            await isLive(page);
            await page.evaluate(change);
            await keepsWorking(page, stack);
        });
    }

    test("times and numbers that no clock reaches", async ({ page, stack, mode }) => {
        await openList(page, stack);
        await page.route(/\/streams\?/, async (route) => {
            const answer = await route.fetch();
            const body = (await answer.text())
                .replaceAll(/datetime="[^"]*"(?= data-stale-after)/g, 'datetime="+275761-01-01T00:00:00Z"')
                .replaceAll(/data-stale-after="\d+"/g, 'data-stale-after="9200000000000000000"');
            expect(body).toContain("+275761-01-01");
            await route.fulfill({ response: answer, body });
        });
        await page.reload();
        await hydrated(page, mode);
        await isLive(page);
        await order(stack, "orders-prod", { key: "" });
        await moves(page, "orders-prod", ENCRYPTION, /^\s*Not encrypted.* ago|^\s*Not encrypted.*just now/);
        await expect(notice(page)).toHaveCount(0);
    });

    for (const where of ["a callback", "a promise"] as const) {
        test(`a panic in ${where} is told, and links go on`, async ({ page, stack, mode, complaints }) => {
            await openList(page, stack);
            await hydrated(page, mode);
            await isLive(page);
            await panic(page, where);
            await saysStopped(page);
            await expect(page.locator("#live-state")).toHaveCount(0);
            await expect(page.getByRole("button", { name: /live updates/ })).toHaveCount(0);
            await expect(cell(page, "orders-prod", ENCRYPTION)).toHaveText(/^\s*Encrypted/);
            await expect(cell(page, "orders-prod", ENCRYPTION)).toHaveText(DATE);
            await accessible(page, mode);
            complaints.length = 0;
            await page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true }).click();
            const title = { level: 1, name: "Disable encryption of orders-prod?", exact: true };
            await expect(page.getByRole("main").getByRole("heading", title)).toBeVisible();
            await page.goBack();
            await page.getByRole("searchbox", { name: "Filter streams" }).fill("refunds");
            await page.getByRole("button", { name: "Filter", exact: true }).click();
            await expect(row(page, "refunds")).toBeVisible();
            await isLive(page);
        });
    }

    test("a page that has stopped changes no more", async ({ page, context, stack, mode, complaints }) => {
        await openList(page, stack);
        await hydrated(page, mode);
        await isLive(page);
        const other = await context.newPage();
        await other.goto(`${stack.origin}/streams?q=orders-prod`);
        await panic(page, "a callback");
        await saysStopped(page);
        complaints.length = 0;
        const shown = await page.locator("body").innerText();
        await order(stack, "orders-prod", { key: "" });
        await moves(other, "orders-prod", ENCRYPTION, /^\s*Not encrypted/);
        expect(await page.locator("body").innerText()).toBe(shown);
    });

    test("a server that falls silent isn't live, and comes back", async ({ page, stack, mode }) => {
        test.setTimeout(180_000);
        await openList(page, stack);
        await hydrated(page, mode);
        await isLive(page);
        stack.portal.suspend();
        try {
            await expect(gap(page)).toBeVisible({ timeout: 60_000 });
            await expect(live(page)).toBeHidden();
            await expect(cell(page, "orders-prod", ENCRYPTION)).toHaveText(/^\s*Encrypted/);
            await accessible(page, mode);
        } finally {
            stack.portal.resume();
        }
        await isLive(page, 60_000);
        await order(stack, "orders-prod", { key: "" });
        await moves(page, "orders-prod", ENCRYPTION, /^\s*Not encrypted/);
    });

    test("a connection that is never answered isn't live", async ({ page, stack, mode }) => {
        test.setTimeout(180_000);
        await openList(page, stack);
        await page.route("**/events?*", () => {});
        await page.reload();
        await hydrated(page, mode);
        await expect(page.locator("#live-state").getByText("Connecting", { exact: true })).toBeVisible();
        await expect(gap(page)).toBeVisible({ timeout: 60_000 });
        await expect(live(page)).toBeHidden();
        await page.unrouteAll({ behavior: "ignoreErrors" });
        // The page is fetched first, then the next connection is tried.
        await isLive(page, 90_000);
    });

    test("heartbeats keep a quiet page live", async ({ page, stack, mode }) => {
        test.setTimeout(120_000);
        await openList(page, stack);
        // A page on which nothing is read again.
        await page.goto(`${stack.origin}/changes`);
        await hydrated(page, mode);
        await isLive(page);
        await page.waitForTimeout(50_000);
        await isLive(page, 1_000);
    });

    test("a refresh that fails keeps the page", async ({ page, stack, mode }) => {
        await openList(page, stack);
        await hydrated(page, mode);
        await isLive(page);
        await page.route(/[?&]live=1/, (route) => route.abort());
        await order(stack, "orders-prod-anew", { key: "alias/orders" });
        await expect(gap(page)).toBeVisible({ timeout: 60_000 });
        await expect(live(page)).toBeHidden();
        await expect(row(page, "orders-prod")).toBeVisible();
        await expect(page.getByRole("heading", { level: 1, name: "Streams", exact: true })).toBeVisible();
        await page.unrouteAll();
        await expect(row(page, "orders-prod-anew")).toBeVisible({ timeout: 60_000 });
        await isLive(page);
    });

    test("a restart of the server erases nothing", async ({ page, stack, mode }) => {
        test.setTimeout(120_000);
        await openList(page, stack);
        await page.goto(`${stack.origin}/streams`);
        await hydrated(page, mode);
        await isLive(page);
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
        await isLive(page, 60_000);
        expect(await rows.count()).toBe(count);
    });

    test("a tab from before a deployment says that it is outdated", async ({ page, stack, mode }) => {
        test.setTimeout(120_000);
        await openList(page, stack);
        await hydrated(page, mode);
        await isLive(page);
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
            await expect(live(page)).toBeHidden();
            await expect(gap(page)).toBeHidden();
            await page.getByRole("status").getByRole("link", { name: "Reload", exact: true }).click();
            await isLive(page, 30_000);
        } finally {
            rmSync(site, { recursive: true, force: true });
        }
    });
});
