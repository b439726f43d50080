// Answers that come late, or not at all: whoever has gone on to something else keeps it as it is.
import type { Page } from "@playwright/test";
import { gap, hide, isLive, mark, isMarked, openList, show } from "../fixtures/live.ts";
import { confirmation } from "../fixtures/confirmations.ts";
import { expect, hydrated, signInAs, test } from "../fixtures/test.ts";

const NAME = "Type the stream name to confirm";

const dialog = (page: Page, name: string) =>
    page.getByRole("dialog", { name: `Disable encryption of ${name}?`, exact: true });
const field = (page: Page, label: string) => page.getByRole("dialog").getByLabel(label, { exact: true });
const search = (page: Page) => page.getByRole("searchbox", { name: "Filter streams" });

/** Holds back the answer to the next request for an address, until it is released. */
async function held(page: Page, address: string | RegExp): Promise<() => Promise<void>> {
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    let answered: Promise<void> | undefined;
    await page.route(
        address,
        (route) => {
            answered = route.fetch().then(async (response) => {
                await released;
                await route.fulfill({ response });
            });
            return answered;
        },
        { times: 1 },
    );
    return async () => {
        release();
        await answered;
    };
}

async function openDialog(page: Page, name: string): Promise<void> {
    await page.getByRole("link", { name: `Disable encryption of ${name}`, exact: true }).click();
    await expect(dialog(page, name)).toBeVisible();
}

/** Fills in a dialog's form, presses its button, and closes it before the answer is there. */
async function sendAndClose(page: Page, name: string, reason: string): Promise<void> {
    await openDialog(page, name);
    await field(page, NAME).fill(name);
    await field(page, "Reason").fill(reason);
    await page.getByRole("dialog").getByRole("button", { name: "Disable encryption", exact: true }).click();
    await expect(page.getByRole("dialog").getByText("Sending\u2026")).toBeVisible();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel", exact: true }).click();
    await expect(page.getByRole("dialog")).toBeHidden();
}

/** Begins to fill in another dialog. */
async function begin(page: Page): Promise<void> {
    await openDialog(page, "refunds");
    await field(page, NAME).fill("refu");
    await field(page, "Reason").fill("OPS-31");
}

/** The other dialog is as it was left. */
async function isUntouched(page: Page): Promise<void> {
    await expect(dialog(page, "refunds")).toBeVisible();
    await expect(field(page, NAME)).toHaveValue("refu");
    await expect(field(page, "Reason")).toHaveValue("OPS-31");
    await expect(page.getByRole("dialog").getByRole("alert")).toHaveCount(0);
    await expect(page.getByRole("dialog").locator("[aria-invalid]")).toHaveCount(0);
}

test.describe("with wasm", () => {
    test.skip(({ mode }) => mode !== "full", "with wasm only");

    test("a change whose dialog was closed is announced, and another dialog stays", async ({ page, demo, mode }) => {
        await signInAs(page, demo, "operator");
        await hydrated(page, mode);
        const release = await held(page, "**/api/disable");
        await sendAndClose(page, "orders-prod", "OPS-30");
        await begin(page);
        await release();
        await expect(page.locator("#announcer")).toContainText("orders-prod:");
        await isUntouched(page);
    });

    test("a mistake of a form that was closed isn't said in another one", async ({ page, demo, mode }) => {
        await signInAs(page, demo, "operator");
        await hydrated(page, mode);
        const release = await held(page, "**/api/disable");
        await sendAndClose(page, "orders-prod", " ");
        await begin(page);
        await release();
        // Later than the answer is taken.
        await page.waitForTimeout(500);
        await isUntouched(page);
    });

    test("a connection that breaks under a closed dialog is told", async ({ page, demo, mode }) => {
        await signInAs(page, demo, "operator");
        await hydrated(page, mode);
        let abort = () => {};
        const aborted = new Promise<void>((resolve) => (abort = resolve));
        await page.route("**/api/disable", async (route) => {
            await aborted;
            await route.abort();
        });
        await sendAndClose(page, "orders-prod", "OPS-30");
        abort();
        await expect(page.locator("#announcer")).toHaveText(
            /Keystream couldn't be reached before it answered\. The change may have been recorded\./,
        );
    });

    test("a dialog that was opened again keeps what is typed in it", async ({ page, demo, mode }) => {
        await signInAs(page, demo, "operator");
        await hydrated(page, mode);
        const release = await held(page, `**${confirmation("refunds", "disable")}`);
        await openDialog(page, "refunds");
        await page.getByRole("dialog").getByRole("button", { name: "Cancel", exact: true }).click();
        await begin(page);
        await release();
        await page.waitForTimeout(500);
        await isUntouched(page);
    });

    test("what comes instead of a confirmation is shown as the page it is", async ({ page, demo, mode }) => {
        await signInAs(page, demo, "operator");
        await hydrated(page, mode);
        const missing = await page.request.get(`${demo}${confirmation("no-such-stream", "disable")}`);
        expect(missing.status()).toBe(404);
        const body = await missing.text();
        await page.route(
            `**${confirmation("refunds", "disable")}`,
            (route) => route.fulfill({ status: 404, contentType: "text/html", body }),
            { times: 2 },
        );
        await page.getByRole("link", { name: "Disable encryption of refunds", exact: true }).click();
        await expect(page).toHaveURL(`${demo}${confirmation("refunds", "disable")}`);
        await expect(page.getByRole("heading", { level: 1, name: "Not found", exact: true })).toBeVisible();
    });

    test("what is typed while a list comes stays", async ({ page, demo, mode }) => {
        await signInAs(page, demo, "viewer");
        await hydrated(page, mode);
        await mark(page);
        const release = await held(page, /\/streams\?sort=-name$/);
        const header = page.getByRole("columnheader", { name: "Name", exact: true });
        await header.getByRole("link").click();
        await search(page).fill("clicks");
        await release();
        await expect(header).toHaveAttribute("aria-sort", "descending");
        await expect(search(page)).toHaveValue("clicks");
        expect(await isMarked(page)).toBe(true);
    });

    test("keys that can't be fetched are told, and a later search wins", async ({ page, demo, mode }) => {
        await signInAs(page, demo, "operator");
        await page.goto(`${demo}${confirmation("orders-prod", "enable")}`);
        await hydrated(page, mode);
        const keys = page.locator("#keys");
        await keys.locator("summary").click();
        const find = keys.getByLabel("Part of a key's name or id", { exact: true });
        const failed = keys.getByRole("alert").filter({ hasText: "The keys couldn't be fetched." });
        await page.route(/keys=ledger/, (route) => route.abort(), { times: 1 });
        await find.fill("ledger");
        await find.press("Enter");
        await expect(failed).toBeVisible();
        const release = await held(page, /keys=payments/);
        await find.fill("payments");
        await find.press("Enter");
        await find.fill("orders");
        await find.press("Enter");
        const names = keys.getByRole("rowheader");
        await expect(names.filter({ hasText: "alias/orders" })).toHaveCount(1);
        await release();
        await page.waitForTimeout(500);
        await expect(names.filter({ hasText: "alias/orders" })).toHaveCount(1);
        await expect(failed).toBeHidden();
    });

    test("a page that was hidden while it tried again is live once it is seen", async ({ page, stack, mode }) => {
        test.setTimeout(180_000);
        await openList(page, stack);
        // Nothing that moves concerns this page.
        await page.goto(`${stack.origin}/help`);
        await hydrated(page, mode);
        await isLive(page);
        await stack.portal.stop("SIGKILL");
        await expect(gap(page)).toBeVisible({ timeout: 60_000 });
        // From the second failure on, it tries by fetching the page.
        await page.waitForTimeout(6_000);
        await hide(page);
        await stack.startPortal();
        await page.waitForTimeout(25_000);
        await show(page);
        await isLive(page, 20_000);
    });
});

test("the link past the bar leaves everything as it is", async ({ page, demo, mode }) => {
    await signInAs(page, demo, "operator");
    await hydrated(page, mode);
    const skip = page.getByRole("link", { name: "Skip to content", exact: true });
    const requests: string[] = [];
    await search(page).fill("clicks");
    page.on("request", (request) => requests.push(new URL(request.url()).pathname));
    await skip.focus();
    await skip.press("Enter");
    await expect(page).toHaveURL(`${demo}/streams#main`);
    await expect(page.getByRole("main")).toBeFocused();
    await page.waitForTimeout(500);
    await expect(search(page)).toHaveValue("clicks");

    await page.goto(`${demo}${confirmation("refunds", "disable")}`);
    await hydrated(page, mode);
    await page.getByLabel(NAME, { exact: true }).fill("refu");
    requests.length = 0;
    await skip.focus();
    await skip.press("Enter");
    await expect(page.getByRole("main")).toBeFocused();
    await page.waitForTimeout(500);
    expect(requests.filter((path) => path.startsWith("/streams"))).toEqual([]);
    await expect(page.getByLabel(NAME, { exact: true })).toHaveValue("refu");
    const button = page.getByRole("button", { name: "Disable encryption", exact: true });
    await expect(button).toBeEnabled({ enabled: mode !== "full" });
});
