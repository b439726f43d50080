// What events bring into a page takes nothing away from the person who uses it: no focus, no selection, no open menu,
// nothing typed; and it says what is new all the same.
import type { Page } from "@playwright/test";
import { ENCRYPTION, KEY, isLive, isMarked, mark, moves, openList, order } from "../fixtures/live.ts";
import type { Stack } from "../fixtures/servers.ts";
import { cell, expect, hydrated, row, test } from "../fixtures/test.ts";

test.skip(({ mode }) => mode !== "full", "only wasm updates a page");
test.setTimeout(150_000);

/** Opens the list with all rows, once orders-prod was read. */
async function openAll(page: Page, stack: Stack, query = ""): Promise<void> {
    await openList(page, stack);
    await page.goto(`${stack.origin}/streams${query}`);
    await hydrated(page, "full");
    await isLive(page);
    await mark(page);
}

/** The row moves, and so does the list: one more stream comes. */
async function everythingMoves(page: Page, stack: Stack): Promise<void> {
    await order(stack, "orders-prod", { key: "alias/ledger" });
    await order(stack, "orders-prod-anew", { key: "alias/orders" });
    await moves(page, "orders-prod", KEY, /alias\/ledger/);
    await expect(row(page, "orders-prod-anew")).toBeVisible({ timeout: 60_000 });
    expect(await isMarked(page), "it is the same document").toBe(true);
}

/** The place of a row among the others. */
async function placeOf(page: Page, name: string): Promise<number> {
    const names = await page.getByRole("table", { name: "Streams" }).getByRole("rowheader").allInnerTexts();
    return names.indexOf(name);
}

test("the focus stays on a link whose row moves to another place", async ({ page, stack }) => {
    await openAll(page, stack, "?sort=encryption");
    const link = row(page, "orders-prod").getByRole("link", { name: "orders-prod", exact: true });
    const action = row(page, "orders-prod").getByRole("link", { name: /^(Disable|Enable) encryption of orders-prod$/ });
    const before = await placeOf(page, "orders-prod");
    for (const [focused, key, encryption] of [
        [link, "", /^\s*Not encrypted/],
        [action, "alias/orders", /^\s*Encrypted/],
    ] as const) {
        await focused.focus();
        await order(stack, "orders-prod", { key });
        await moves(page, "orders-prod", ENCRYPTION, encryption);
        const isBack = key !== "";
        const isThere = async () => (await placeOf(page, "orders-prod")) === before;
        await expect.poll(isThere, { timeout: 30_000 }).toBe(isBack);
        await expect(focused).toBeFocused();
    }
    await expect(action).toHaveText(/^Disable/);
});

test("a selected name stays selected", async ({ page, stack }) => {
    await openAll(page, stack);
    await row(page, "orders-prod")
        .getByRole("link", { name: "orders-prod", exact: true })
        .evaluate((link) => getSelection()!.selectAllChildren(link));
    await everythingMoves(page, stack);
    expect(await page.evaluate(() => getSelection()!.toString())).toBe("orders-prod");
});

test("a selection of everything keeps no state from being shown", async ({ page, stack }) => {
    await openAll(page, stack);
    const age = cell(page, "orders-prod", ENCRYPTION).locator("time");
    await page.keyboard.press("Control+a");
    const ages = new Set<string>();
    await expect
        .poll(async () => ages.add(await age.innerText()).size, { message: "ages go on counting" })
        .toBeGreaterThan(2);
    await order(stack, "orders-prod", { key: "" });
    await moves(page, "orders-prod", ENCRYPTION, /^\s*Not encrypted/);
    expect(await page.evaluate(() => getSelection()!.isCollapsed)).toBe(false);
});

test("an open menu stays open, with what was ticked in it", async ({ page, stack }) => {
    await openAll(page, stack);
    await page.locator("summary").filter({ hasText: "Filters" }).click();
    const tick = page.getByRole("group", { name: "Encryption" }).getByLabel("Not encrypted", { exact: true });
    await tick.check();
    await page.getByLabel("Part of the key", { exact: true }).fill("led");
    await everythingMoves(page, stack);
    await expect(tick).toBeVisible();
    await expect(tick).toBeChecked();
    await expect(page.getByLabel("Part of the key", { exact: true })).toHaveValue("led");
    await expect(page.getByLabel("Part of the key", { exact: true })).toBeFocused();
    // One that was closed stays closed.
    await page.locator("summary").filter({ hasText: "Filters" }).click();
    await order(stack, "orders-prod", { key: "alias/payments" });
    await order(stack, "orders-prod-anew", { delete: true });
    await moves(page, "orders-prod", KEY, /alias\/payments/);
    await expect(tick).toBeHidden();
});

test("text that is being typed stays, and so does the cursor", async ({ page, stack }) => {
    await openAll(page, stack);
    const search = page.getByRole("searchbox", { name: "Filter streams" });
    await search.focus();
    await page.keyboard.type("ords");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await everythingMoves(page, stack);
    await expect(search).toBeFocused();
    await page.keyboard.type("er");
    await expect(search).toHaveValue("orerds");
});

test("a dialog stays as it is while its row moves beneath it", async ({ page, stack }) => {
    await openAll(page, stack);
    await page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Disable encryption of orders-prod?", exact: true });
    const reason = dialog.getByLabel("Reason", { exact: true });
    await dialog.getByLabel("Type the stream name to confirm", { exact: true }).fill("orders-prod");
    await dialog.getByText("Details and API call", { exact: true }).click();
    const call = dialog.getByText("aws kinesis stop-stream-encryption");
    await reason.focus();
    await page.keyboard.type("OPS-24 half");
    await order(stack, "orders-prod", { key: "alias/ledger" });
    await order(stack, "orders-prod-anew", { key: "alias/orders" });
    await expect(page.locator("tr", { hasText: "orders-prod-anew" })).toHaveCount(1, { timeout: 60_000 });
    await expect(page.locator("tr", { hasText: "orders-prod" }).first()).toContainText("alias/ledger", {
        timeout: 60_000,
    });
    await page.keyboard.type(" a sentence");
    await expect(reason).toHaveValue("OPS-24 half a sentence");
    await expect(dialog.getByLabel("Type the stream name to confirm", { exact: true })).toHaveValue("orders-prod");
    await expect(call).toBeVisible();
    // What was confirmed is no longer so: the server sees that, and nothing is sent.
    await dialog.getByRole("button", { name: "Disable encryption", exact: true }).click();
    await expect(dialog.getByRole("alert")).toContainText("Rejected.");
    await expect(reason).toHaveValue("OPS-24 half a sentence");
    expect(await stack.calls("StopStreamEncryption")).toBe(0);
});

test("details of a change stay open while its ladder moves", async ({ page, stack }) => {
    await stack.control("settings", { transition_ms: 12_000 });
    await openList(page, stack);
    await page.goto(`${stack.origin}/streams/111122223333/eu-west-1/orders-prod/disable`);
    await page.getByLabel("Type the stream name to confirm", { exact: true }).fill("orders-prod");
    await page.getByLabel("Reason", { exact: true }).fill("OPS-24");
    await page.getByRole("button", { name: "Disable encryption", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Change of orders-prod", exact: true })).toBeVisible();
    await hydrated(page, "full");
    await expect(page.locator("[aria-current=step]")).toHaveText(/^\s*Updating/);
    await mark(page);
    const details = page.locator("main details");
    const count = await details.count();
    await details.evaluateAll((all) => all.forEach((element) => element.setAttribute("open", "")));
    await page.getByRole("heading", { level: 1 }).evaluate((heading) => getSelection()!.selectAllChildren(heading));
    await expect(page.locator("[aria-current=step]")).toHaveText(/^\s*Settled/, { timeout: 60_000 });
    for (let at = 0; at < count; at++) await expect(details.nth(at)).toHaveAttribute("open", "");
    expect(await page.evaluate(() => getSelection()!.toString().trim())).toBe("Change of orders-prod");
    expect(await isMarked(page)).toBe(true);
});
