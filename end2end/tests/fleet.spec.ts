// The list over many accounts and Regions: filters, columns, the targets' strip and their pause, in every mode.
import { accessible, expect, hydrated, row, signInAs, test } from "../fixtures/test.ts";

test("filters narrow the whole list, stand in the address, and are cleared", async ({ page, demo, mode }) => {
    await signInAs(page, demo, "viewer");
    await hydrated(page, mode);
    await page.getByText("Filters", { exact: true }).click();
    const account = page.getByRole("group", { name: "Account", includeHidden: true });
    await account.getByLabel(/444455556666 \(\d+\)/).check();
    await page.getByRole("group", { name: "Region" }).getByLabel(/eu-central-1 \(7\)/).check();
    await accessible(page, mode);
    await page.getByRole("button", { name: "Apply", exact: true }).click();
    await expect(page).toHaveURL(/[?&]account=444455556666(&|$)/);
    await expect(page).toHaveURL(/[?&]region=eu-central-1(&|$)/);
    await expect(page.getByText("7 of 40 streams match.")).toBeVisible();
    await expect(row(page, "consent-changes")).toBeVisible();
    await expect(row(page, "orders-prod")).toHaveCount(0);
    await expect(account.getByLabel(/444455556666/)).toBeChecked();
    await page.getByLabel("Filter streams").fill("CONSENT");
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await expect(page.getByText("1 of 40 streams match.")).toBeVisible();
    await expect(page).toHaveURL(/[?&]account=444455556666(&|$)/);
    await page.goBack();
    await expect(page.getByText("7 of 40 streams match.")).toBeVisible();
    await page.getByRole("link", { name: "Clear filters", exact: true }).click();
    await expect(row(page, "orders-prod")).toBeVisible();
    await expect(account.getByLabel(/444455556666/)).not.toBeChecked();
    await expect(page.getByLabel("Filter streams")).toHaveValue("");
});

test("each active filter is removed alone, and Apply keeps what is in the search box", async ({ page, demo, mode }) => {
    await signInAs(page, demo, "viewer");
    await page.goto(`${demo}/streams?account=444455556666&region=eu-central-1`);
    await hydrated(page, mode);
    const active = page.getByRole("list", { name: "Active filters" });
    await expect(active.getByRole("link")).toHaveText([/444455556666/, /eu-central-1/]);
    await page.getByLabel("Filter streams").fill("consent");
    await page.getByText("Filters", { exact: true }).click();
    await page.getByRole("group", { name: "Region" }).getByLabel(/eu-central-1/).uncheck();
    await page.getByRole("button", { name: "Apply", exact: true }).click();
    await expect(active.getByRole("link")).toHaveText([/consent/, /444455556666/]);
    await expect(page).toHaveURL(/[?&]q=consent(&|$)/);
    await active.getByRole("link", { name: "Remove filter: 444455556666", exact: true }).click();
    await expect(active.getByRole("link")).toHaveText([/consent/]);
    await expect(page).not.toHaveURL(/account=/);
});

test("columns are kept when they are chosen, not when an address names them", async ({ page, demo, mode }) => {
    await signInAs(page, demo, "viewer");
    await page.goto(`${demo}/streams?account=444455556666`);
    await hydrated(page, mode);
    const column = page.getByRole("columnheader", { name: "Mode", exact: true });
    await page.locator("summary").filter({ hasText: "Columns" }).click();
    await page.getByRole("group", { name: "Columns" }).getByLabel("Mode", { exact: true }).check();
    await page.getByRole("button", { name: "Save columns", exact: true }).click();
    await expect(column).toBeVisible();
    await expect(page).toHaveURL(`${demo}/streams?account=444455556666`);
    await page.goto(`${demo}/streams?cols=none`);
    await expect(column).toHaveCount(0);
    await page.goto(`${demo}/streams`);
    await expect(column).toBeVisible();
    await hydrated(page, mode);
    await page.locator("summary").filter({ hasText: "Columns" }).click();
    await page.getByRole("group", { name: "Columns" }).getByLabel("Mode", { exact: true }).uncheck();
    await page.getByRole("button", { name: "Save columns", exact: true }).click();
    await expect(column).toHaveCount(0);
});

test("tags are a column and a filter", async ({ page, demo, mode }) => {
    await signInAs(page, demo, "viewer");
    await expect(async () => {
        await page.goto(`${demo}/streams?tag=team%3Dpayments&cols=tags`);
        await expect(row(page, "orders-prod")).toContainText("team=payments", { timeout: 1_000 });
    }).toPass({ timeout: 20_000 });
    await hydrated(page, mode);
    await expect(page.getByLabel("Tag, as KEY or KEY=VALUE", { exact: true })).toHaveValue("team=payments");
    await page.goto(`${demo}/streams?tag=%07&age=soon`);
    await expect(page.getByRole("alert")).toContainText("age \u201csoon\u201d was ignored");
});

test("a target's reading is paused and resumed, and the list says so", async ({ page, demo, mode, newPage }) => {
    await signInAs(page, demo, "operator");
    await hydrated(page, mode);
    const other = await newPage();
    await signInAs(other, demo, "viewer");
    await hydrated(other, mode);
    await page.goto(`${demo}/settings`);
    await page.getByRole("combobox", { name: "Pause reading for (analytics-de)", exact: true }).selectOption("30 min");
    await page.getByRole("button", { name: "Pause reading of analytics-de", exact: true }).click();
    await expect(page.getByRole("status")).toContainText("Background reads of this target are paused.");
    await expect(
        page.getByText(/Has been paused since .* by operator\. Reading resumes at \d\d:\d\d:\d\d UTC\./),
    ).toBeVisible();
    await accessible(page, mode);
    if (mode !== "full") await other.goto(`${demo}/streams`);
    await expect(
        other.getByRole("list", { name: "Targets" }).getByRole("link", { name: "analytics-de paused" }),
    ).toBeVisible();
    await page.getByRole("button", { name: "Resume reading of analytics-de", exact: true }).click();
    await expect(page.getByText("Background reads of this target have resumed.")).toBeVisible();
    if (mode !== "full") await other.goto(`${demo}/streams`);
    await expect(other.getByRole("link", { name: "analytics-de paused" })).toHaveCount(0);
    await other.goto(`${demo}/settings`);
    await expect(other.getByRole("button", { name: "Pause reading of analytics-de" })).toHaveCount(0);
});

test("a tab tells the server which rows it shows, and hears of those", async ({ page, demo, mode }) => {
    test.skip(mode !== "full", "only wasm opens event connections");
    const opened: string[] = [];
    page.on("request", (request) => {
        if (request.url().includes("/events?")) opened.push(new URL(request.url()).searchParams.get("rows") ?? "all");
    });
    await signInAs(page, demo, "viewer");
    await hydrated(page, mode);
    await expect.poll(() => opened.at(-1)?.split(",").length).toBe(40);
    await page.getByLabel("Filter streams").fill("orders-prod");
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await expect.poll(() => opened.at(-1)).toMatch(/^:[0-9a-f]{12}$/);
    await page.getByRole("link", { name: "orders-prod", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "orders-prod", exact: true })).toBeVisible();
    const connections = opened.length;
    await page.waitForTimeout(4_000);
    expect(opened.length - connections, "nothing is opened again while the same rows are shown").toBeLessThanOrEqual(1);
});
