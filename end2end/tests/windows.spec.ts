// The windows of one browser share one event connection, so that any number of them stays live and none keeps requests
// waiting: over HTTP/1.1 a browser opens six connections to a server.
import type { BrowserContext, Page } from "@playwright/test";
import { Client } from "../fixtures/client.ts";
import { ENCRYPTION, KEY, gap, hide, isLive, live, moves, openList, order } from "../fixtures/live.ts";
import type { Stack } from "../fixtures/servers.ts";
import { cell, expect, hydrated, row, signIn, test } from "../fixtures/test.ts";

// Windows without wasm open no connection.
test.skip(({ mode }) => mode !== "full", "with wasm only");
test.setTimeout(240_000);

const WINDOWS = 10;

/** Notes the event sources of each document, and what the server answered them. */
async function watch(context: BrowserContext): Promise<{ refused: number[] }> {
    await context.addInitScript(() => {
        const sources: EventSource[] = [];
        const Native = EventSource;
        window.EventSource = class extends Native {
            constructor(url: string | URL, init?: EventSourceInit) {
                super(url, init);
                sources.push(this);
            }
        };
        (window as unknown as { openSources: () => string[] }).openSources = () =>
            sources.filter((source) => source.readyState !== Native.CLOSED).map((source) => source.url);
    });
    const seen = { refused: [] as number[] };
    context.on("response", (answer) => {
        const isRefused = new URL(answer.url()).pathname === "/events" && answer.status() !== 200;
        if (isRefused) seen.refused.push(answer.status());
    });
    return seen;
}

const openSources = (page: Page): Promise<string[]> =>
    page.evaluate(() => (window as unknown as { openSources?: () => string[] }).openSources?.() ?? []);

/** The addresses of all event connections that these windows hold open. */
async function connections(pages: Page[]): Promise<string[]> {
    return (await Promise.all(pages.map(openSources))).flat();
}

/** The window that holds the connection, or both of them. */
async function leader(pages: Page[], count = 1): Promise<Page> {
    await expect.poll(async () => (await connections(pages)).length).toBe(count);
    for (const page of pages) if ((await openSources(page)).length > 0) return page;
    throw new Error("no window leads");
}

/** Opens more windows of the same browser. */
async function openWindows(context: BrowserContext, addresses: string[]): Promise<Page[]> {
    const pages: Page[] = [];
    for (const address of addresses) {
        const page = await context.newPage();
        await page.goto(address);
        await hydrated(page, "full");
        pages.push(page);
    }
    return pages;
}

async function allLive(pages: Page[]): Promise<void> {
    for (const page of pages) await isLive(page, 20_000);
}

/** The same row in every window. */
async function allMove(pages: Page[], column: number, to: RegExp): Promise<void> {
    for (const page of pages) await moves(page, "orders-prod", column, to);
}

/** Ten windows with the list of one row. */
async function tenWindows(page: Page, context: BrowserContext, stack: Stack): Promise<Page[]> {
    await openList(page, stack);
    const address = `${stack.origin}/streams?q=orders-prod`;
    await page.goto(address);
    await hydrated(page, "full");
    return [page, ...(await openWindows(context, Array(WINDOWS - 1).fill(address) as string[]))];
}

test("ten windows are live over one connection, and a confirmation opens", async ({ page, context, stack }) => {
    const seen = await watch(context);
    const pages = await tenWindows(page, context, stack);
    await allLive(pages);
    await expect.poll(async () => (await connections(pages)).length).toBe(1);
    await order(stack, "orders-prod", { key: "alias/ledger" });
    await allMove(pages, KEY, /alias\/ledger/);
    for (const window of [pages[0]!, pages.at(-1)!]) {
        await window.getByRole("link", { name: "Disable encryption of orders-prod", exact: true }).click();
        const dialog = window.getByRole("dialog", { name: "Disable encryption of orders-prod?", exact: true });
        await expect(dialog.getByLabel("Type the stream name to confirm", { exact: true })).toBeVisible();
        await dialog.getByRole("button", { name: "Cancel", exact: true }).click();
    }
    // Later than the server's next look at the session.
    await page.waitForTimeout(6_000);
    await allLive(pages);
    expect(await connections(pages)).toHaveLength(1);
    expect(seen.refused).toEqual([]);
});

for (const [how, leaves] of [
    ["is closed", (window: Page) => window.close()],
    ["goes to another page", async (window: Page, stack: Stack) => void (await window.goto(`${stack.origin}/help`))],
    ["is hidden", (window: Page) => hide(window)],
] as const) {
    test(`a window that ${how} hands the connection over`, async ({ page, context, stack }) => {
        const seen = await watch(context);
        await openList(page, stack);
        const address = `${stack.origin}/streams?q=orders-prod`;
        const pages = [page, ...(await openWindows(context, [address, address, address]))];
        await allLive(pages);
        let others = pages;
        for (const key of ["alias/ledger", "alias/payments"]) {
            const leading = await leader(others);
            others = others.filter((window) => window !== leading);
            await leaves(leading, stack);
            await order(stack, "orders-prod", { key });
            await allMove(others, KEY, new RegExp(key));
            await allLive(others);
            const open = pages.filter((window) => !window.isClosed());
            await expect.poll(async () => (await connections(open)).length).toBe(1);
        }
        expect(seen.refused).toEqual([]);
    });
}

test("a window that hangs loses the connection to another one", async ({ page, context, stack }) => {
    await watch(context);
    await openList(page, stack);
    const address = `${stack.origin}/streams?q=orders-prod`;
    const pages = [page, ...(await openWindows(context, [address, address]))];
    await allLive(pages);
    const hung = await leader(pages);
    const others = pages.filter((window) => window !== hung);
    // It keeps the lock, and passes nothing on.
    await hung.evaluate(() => void (BroadcastChannel.prototype.postMessage = () => undefined));
    await order(stack, "orders-prod", { key: "alias/ledger" });
    for (const window of others) {
        await expect(cell(window, "orders-prod", KEY)).toHaveText(/alias\/ledger/, { timeout: 90_000 });
    }
    await allLive(others);
    await expect.poll(async () => (await connections(pages)).length, { timeout: 15_000 }).toBe(1);
    expect(await openSources(hung)).toEqual([]);
    // Live, and not only fetched again.
    await order(stack, "orders-prod", { key: "alias/payments" });
    await allMove(pages, KEY, /alias\/payments/);
    await allLive(pages);
});

test("a window that joins one that hangs says so, and takes the connection over", async ({ page, context, stack }) => {
    await watch(context);
    await openList(page, stack);
    await hydrated(page, "full");
    await isLive(page);
    await page.evaluate(() => void (BroadcastChannel.prototype.postMessage = () => undefined));
    const [joining] = (await openWindows(context, [`${stack.origin}/streams?q=orders-prod`])) as [Page];
    await expect(gap(joining)).toBeVisible({ timeout: 60_000 });
    await isLive(joining, 30_000);
    await order(stack, "orders-prod", { key: "alias/ledger" });
    await allMove([joining], KEY, /alias\/ledger/);
});

test("each window gets what it shows", async ({ page, context, stack }) => {
    const seen = await watch(context);
    await stack.control("settings", { transition_ms: 3_000 });
    await openList(page, stack);
    const at = (path: string) => stack.origin + path;
    const place = "/streams/111122223333/eu-west-1";
    const [columns, other, stream, changes] = (await openWindows(context, [
        at("/streams?q=orders-prod&cols=mode,shards"),
        at("/streams?q=refunds"),
        at(`${place}/orders-prod`),
        at("/changes"),
    ])) as [Page, Page, Page, Page];
    const pages = [page, columns, other, stream, changes];
    await allLive(pages);
    const mode = await cell(columns, "orders-prod", 5).innerText();
    await order(stack, "orders-prod", { key: "" });
    for (const window of [page, columns]) await moves(window, "orders-prod", ENCRYPTION, /^\s*Not encrypted/);
    await expect(cell(columns, "orders-prod", 5)).toHaveText(mode);
    await expect(row(columns, "orders-prod").getByRole("cell")).toHaveCount(8);
    await expect(row(page, "orders-prod").getByRole("cell")).toHaveCount(6);
    await expect(stream.locator("[id^=state-]")).toContainText("Not encrypted");
    await expect(row(other, "orders-prod")).toHaveCount(0);

    await other.getByRole("link", { name: "Disable encryption of refunds", exact: true }).click();
    const dialog = other.getByRole("dialog", { name: "Disable encryption of refunds?", exact: true });
    await dialog.getByLabel("Type the stream name to confirm", { exact: true }).fill("refunds");
    await dialog.getByLabel("Reason", { exact: true }).fill("OPS-22");
    await dialog.getByRole("button", { name: "Disable encryption", exact: true }).click();
    await expect(dialog).toBeHidden();
    const link = changes.getByRole("link", { name: "Change of refunds", exact: true });
    await expect(link).toBeVisible();
    const [change] = (await openWindows(context, [at((await link.getAttribute("href"))!)])) as [Page];
    await expect(change.locator("[aria-current=step]")).toHaveText(/^\s*Settled/, { timeout: 40_000 });
    await expect(changes.getByRole("row").filter({ has: link })).toContainText("Settled");
    await moves(other, "refunds", ENCRYPTION, /^\s*Not encrypted/);
    // Every window of this person announces it.
    for (const window of pages) await expect(window.getByRole("status").first()).toContainText("refunds:");
    await allLive([...pages, change]);
    expect(await connections([...pages, change])).toHaveLength(1);
    expect(seen.refused).toEqual([]);
});

test("windows with many rows between them share two connections", async ({ page, context, stack }) => {
    const seen = await watch(context);
    await stack.control("settings", { transition_ms: 1_000 });
    await stack.control("fleet", { account: "111122223333", region: "eu-west-1", count: 600 });
    // A target is listed at the start.
    await stack.portal.stop();
    await stack.startPortal();
    await signIn(page, stack);
    const addresses = [1, 2, 3, 4, 5, 6].map((at) => `${stack.origin}/streams?q=stream-&page=${at}&per=100`);
    await expect(async () => {
        await page.goto(addresses.at(-1)!);
        await expect(row(page, "stream-00600")).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: 60_000 });
    await page.goto(addresses[0]!);
    await hydrated(page, "full");
    const pages = [page, ...(await openWindows(context, addresses.slice(1)))];
    await allLive(pages);
    // A connection takes 500 rows or what takes as much room: those of four windows, with what else each of them shows.
    await expect.poll(async () => (await connections(pages)).length).toBe(2);
    const open = await connections(pages);
    const rows = open.map((address) => new URL(address).searchParams.get("rows")!.split(/[:;,]/).filter(Boolean));
    expect(new Set(rows.flat()).size, "every row, once").toBe(600);
    expect(rows.flat()).toHaveLength(600);
    for (const address of open) expect(address.length).toBeLessThan(8_192);
    const leading = await leader(pages, 2);
    expect(await openSources(leading), "one window has both").toHaveLength(2);
    const client = new Client(stack.origin);
    await client.signIn("mira");
    for (const [at, window] of pages.entries()) {
        const name = `stream-00${at}01`;
        expect(await client.disable("eu-west-1", name)).toMatch(/^\/changes\//);
        await moves(window, name, ENCRYPTION, /^\s*Not encrypted/);
    }
    await allLive(pages);
    expect(await connections(pages)).toHaveLength(2);
    expect(seen.refused).toEqual([]);
});

for (const missing of ["locks", "channels"]) {
    test(`where a browser has no ${missing}, each window has a connection`, async ({ page, context, stack }) => {
        await watch(context);
        await context.addInitScript((missing) => {
            if (missing === "locks") Object.defineProperty(navigator, "locks", { value: undefined });
            else Reflect.deleteProperty(window, "BroadcastChannel");
        }, missing);
        await openList(page, stack);
        const pages = [page, ...(await openWindows(context, [`${stack.origin}/streams?q=orders-prod`]))];
        await allLive(pages);
        await order(stack, "orders-prod", { key: "alias/ledger" });
        await allMove(pages, KEY, /alias\/ledger/);
        expect(await connections(pages)).toHaveLength(2);
    });
}

test("a gap is told in every window, and all come back", async ({ page, context, stack }) => {
    await watch(context);
    await openList(page, stack);
    const address = `${stack.origin}/streams?q=orders-prod`;
    const pages = [page, ...(await openWindows(context, [address, address]))];
    await allLive(pages);
    await stack.portal.stop("SIGKILL");
    for (const window of pages) {
        await expect(gap(window)).toBeVisible({ timeout: 60_000 });
        await expect(live(window)).toBeHidden();
    }
    await stack.startPortal();
    for (const window of pages) await isLive(window, 90_000);
    expect(await connections(pages)).toHaveLength(1);
});

test("signing out ends all windows", async ({ page, context, stack }) => {
    await watch(context);
    await openList(page, stack);
    const address = `${stack.origin}/streams?q=orders-prod`;
    const others = await openWindows(context, [address, `${stack.origin}/changes`, `${stack.origin}/settings`]);
    await allLive([page, ...others]);
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Sign in", exact: true })).toBeVisible();
    for (const window of others) {
        await expect(window.locator("#announcer")).toContainText("Signed out. This page has stopped updating.", {
            timeout: 60_000,
        });
        await expect(live(window)).toBeHidden();
        await expect(gap(window)).toBeHidden();
    }
    await expect(row(others[0]!, "orders-prod")).toBeVisible();
    expect(await connections([page, ...others])).toEqual([]);
    await others[0]!.locator("#announcer").getByRole("link", { name: "Sign in", exact: true }).click();
    await expect(others[0]!.getByRole("heading", { level: 1, name: "Sign in", exact: true })).toBeVisible();
});
