// The main job, in every mode: sign in, list, disable, watch until AWS has finished.
import { accessible, cell, expect, hydrated, row, signIn, signInAs, test } from "../fixtures/test.ts";

const ENCRYPTION = 0;
const STATUS = 2;

test("an operator disables encryption of orders-prod and watches it settle", async ({ page, demo, mode, newPage }) => {
    await page.goto(demo);
    await expect(page.getByRole("heading", { level: 1, name: "Sign in", exact: true })).toBeVisible();
    await accessible(page, mode);
    await signInAs(page, demo, "operator");
    await hydrated(page, mode);
    // Without wasm a page is whole when it comes, and does not fill in: read until it has.
    await expect(async () => {
        if (mode !== "full") await page.goto(`${demo}/streams`);
        await expect(cell(page, "orders-prod", ENCRYPTION)).toHaveText(/^\s*Encrypted/, { timeout: 1_000 });
    }).toPass({ timeout: 15_000 });
    await expect(cell(page, "orders-prod", STATUS)).toHaveText(/^\s*ACTIVE/);
    await accessible(page, mode);

    // A second person looks on.
    const other = await newPage();
    await signInAs(other, demo, "viewer");
    await hydrated(other, mode);

    await page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true }).click();
    const confirmation =
        mode === "full"
            ? page.getByRole("dialog", { name: "Disable encryption of orders-prod?", exact: true })
            : page.getByRole("main");
    if (mode === "full") {
        await expect(page).toHaveURL(`${demo}/streams`);
    } else {
        await expect(
            page.getByRole("heading", { level: 1, name: "Disable encryption of orders-prod?", exact: true }),
        ).toBeVisible();
    }
    await expect(confirmation.getByText("aws kinesis stop-stream-encryption")).toContainText("--key-id alias/orders");
    await accessible(page, mode);
    const button = confirmation.getByRole("button", { name: "Disable encryption", exact: true });
    if (mode === "full") await expect(button).toBeDisabled();
    await confirmation.getByLabel("Type the stream name to confirm", { exact: true }).fill("orders-prod");
    await confirmation.getByLabel("Reason", { exact: true }).fill("OPS-7 <b>why</b> & \"so\"");
    await expect(button).toBeEnabled();
    await button.click();

    if (mode === "full") {
        await expect(confirmation).toBeHidden();
        await expect(page).toHaveURL(`${demo}/streams`);
        await expect(cell(page, "orders-prod", STATUS)).toHaveText(/^\s*UPDATING/);
        await expect(cell(other, "orders-prod", STATUS)).toHaveText(/^\s*UPDATING/);
        await expect(page.getByRole("status")).toContainText("orders-prod: Updating.");
        await page.getByRole("status").getByRole("link").click();
    }
    await expect(page).toHaveURL(/\/changes\/[0-9a-z]{16}(\?live=1)?$/);
    await expect(page.getByRole("heading", { level: 1, name: "Change of orders-prod", exact: true })).toBeVisible();
    await accessible(page, mode);
    const steps = page.getByRole("list", { name: "Progress" }).getByRole("listitem");
    await expect(steps).toHaveText([
        /^\s*Requested/,
        /^\s*Sent/,
        /^\s*Accepted/,
        /^\s*Updating/,
        /^\s*Reached/,
        /^\s*Settled/,
    ]);
    await expect(page.locator("[aria-current=step]")).toHaveText(/^\s*Settled/, { timeout: 40_000 });
    await expect(steps.nth(5)).toContainText("AWS reported ACTIVE and not encrypted again");
    await expect(page.getByText("OPS-7 <b>why</b> & \"so\"")).toBeVisible();

    // The row says so too, in both browsers; with wasm nobody reloaded.
    if (mode !== "full") await other.goto(`${demo}/streams`);
    await expect(cell(other, "orders-prod", ENCRYPTION)).toHaveText(/^\s*Not encrypted/);
    await expect(cell(other, "orders-prod", STATUS)).toHaveText(/^\s*ACTIVE/);
    await page.getByRole("link", { name: "Streams", exact: true }).first().click();
    await expect(cell(page, "orders-prod", ENCRYPTION)).toHaveText(/^\s*Not encrypted/);
    await expect(page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true })).toHaveCount(0);
});

test("news that overtakes the answer to the form stays announced", async ({ page, stack, mode }) => {
    test.skip(mode !== "full", "only wasm announces");
    await stack.control("settings", { transition_ms: 8_000 });
    await signIn(page, stack);
    await page.goto(`${stack.origin}/streams?q=orders-prod`);
    await hydrated(page, mode);
    await page.route("**/api/disable", async (route) => {
        const answer = await route.fetch();
        await expect(page.getByRole("status")).toContainText("orders-prod: Updating.");
        await route.fulfill({ response: answer });
    });
    await page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Disable encryption of orders-prod?", exact: true });
    await dialog.getByLabel("Type the stream name to confirm", { exact: true }).fill("orders-prod");
    await dialog.getByLabel("Reason", { exact: true }).fill("OPS-7");
    await dialog.getByRole("button", { name: "Disable encryption", exact: true }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByRole("status")).toContainText("orders-prod: Updating.");
});

test("a wrong name is refused and nothing typed is lost", async ({ page, demo, mode }) => {
    await signInAs(page, demo, "operator");
    await page.goto(`${demo}/streams/111122223333/eu-west-1/orders-prod/disable`);
    await hydrated(page, mode);
    const name = page.getByLabel("Type the stream name to confirm", { exact: true });
    const button = page.getByRole("button", { name: "Disable encryption", exact: true });
    await name.fill("Orders-Prod");
    await page.getByLabel("Reason", { exact: true }).fill("OPS-8");
    if (mode === "full") {
        await expect(button).toBeDisabled();
        await expect(button).toHaveAccessibleDescription("Type orders-prod exactly as shown to enable this button.");
        await name.fill(" orders-prod ");
        await expect(button).toBeEnabled();
        return;
    }
    await button.click();
    await expect(page).toHaveURL(/\/disable\?problem=name-mismatch&draft=[0-9a-z]{26}$/);
    await expect(page.getByRole("alert")).toHaveText(
        "That isn't orders-prod. Type the name exactly as shown. Nothing was sent.",
    );
    await expect(page).toHaveTitle(/^Error: Disable encryption of orders-prod\?/);
    await expect(name).toHaveAttribute("aria-invalid", "true");
    await expect(name).toBeFocused();
    await expect(name).toHaveValue("Orders-Prod");
    await expect(page.getByLabel("Reason", { exact: true })).toHaveValue("OPS-8");
    await accessible(page, mode);
    await page.goto(`${demo}/changes`);
    await expect(page.getByText("No changes yet.")).toBeVisible();
});

test("an empty name is refused in words where no script can", async ({ page, demo, mode }) => {
    test.skip(mode === "full", "the button is disabled");
    await signInAs(page, demo, "operator");
    await page.goto(`${demo}/streams/111122223333/eu-west-1/orders-prod/disable`);
    await page.getByLabel("Reason", { exact: true }).fill("OPS-8");
    await page.getByRole("button", { name: "Disable encryption", exact: true }).click();
    await expect(page.getByRole("alert")).toHaveText(
        "That isn't orders-prod. Type the name exactly as shown. Nothing was sent.",
    );
    await expect(page.getByLabel("Reason", { exact: true })).toHaveValue("OPS-8");
});

test("a missing reason is refused in words", async ({ page, demo, mode }) => {
    await signInAs(page, demo, "operator");
    await hydrated(page, mode);
    await page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true }).click();
    await page.getByLabel("Type the stream name to confirm", { exact: true }).fill("orders-prod");
    await page.getByLabel("Reason", { exact: true }).fill("   ");
    await page.getByRole("button", { name: "Disable encryption", exact: true }).click();
    const scope = mode === "full" ? page.getByRole("dialog") : page;
    await expect(scope.getByRole("alert")).toHaveText(
        "Enter a reason, with the ticket if there is one. Nothing was sent.",
    );
    const reason = page.getByLabel("Reason", { exact: true });
    await expect(reason).toHaveAttribute("aria-invalid", "true");
    await expect(reason).toBeFocused();
});

for (const [width, height] of [
    [1366, 768],
    [360, 640],
    [844, 390],
] as const) {
    test(`the name field and the buttons are in view at ${width}x${height}`, async ({ page, demo, mode }) => {
        await page.setViewportSize({ width, height });
        await signInAs(page, demo, "operator");
        await page.goto(`${demo}/streams/111122223333/eu-west-1/orders-prod/disable`);
        await hydrated(page, mode);
        for (const control of [
            page.getByLabel("Type the stream name to confirm", { exact: true }),
            page.getByRole("link", { name: "Cancel", exact: true }),
            page.getByRole("button", { name: "Disable encryption", exact: true }),
        ]) {
            await expect(control).toBeInViewport({ ratio: 1 });
        }
        await accessible(page, mode);
    });
}

test("a confirmation warns of another stream with the same name", async ({ page, demo, mode }) => {
    await signInAs(page, demo, "operator");
    await expect(async () => {
        await page.goto(`${demo}/streams/111122223333/eu-west-1/audit-trail/disable`);
        await expect(
            page.getByText("Another audit-trail exists in us-east-1 (payments-prod-us). Check the Region."),
        ).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: 15_000 });
    await accessible(page, mode);
});

test("a viewer is offered nothing and refused at the address", async ({ page, demo, mode }) => {
    await signInAs(page, demo, "viewer");
    await hydrated(page, mode);
    await expect(row(page, "orders-prod")).toBeVisible();
    await expect(page.getByRole("link", { name: /^Disable encryption/ })).toHaveCount(0);
    const answer = await page.goto(`${demo}/streams/111122223333/eu-west-1/orders-prod/disable`);
    expect(answer?.status()).toBe(403);
    await expect(page.getByRole("heading", { level: 1, name: "Not permitted", exact: true })).toBeVisible();
    await accessible(page, mode);
});

test("the list is searched, sorted and paged by its address", async ({ page, demo, mode }) => {
    await signInAs(page, demo, "viewer");
    await hydrated(page, mode);
    const table = page.getByRole("table", { name: "Streams" });
    await expect(table.getByRole("row")).toHaveCount(41);
    await page.getByRole("searchbox", { name: "Filter streams" }).fill("CLICKST");
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await expect(page).toHaveURL(/[?&]q=CLICKST/);
    await expect(table.getByRole("rowheader")).toHaveText([
        "clickstream-enriched",
        "clickstream-raw",
        "clickstream-raw",
    ]);
    await page.getByRole("link", { name: "Clear filters" }).first().click();
    await expect(table.getByRole("row")).toHaveCount(41);
    await page.getByRole("columnheader", { name: "Name", exact: true }).getByRole("link").click();
    await expect(page).toHaveURL(/sort=-name/);
    await expect(page.getByRole("columnheader", { name: "Name", exact: true })).toHaveAttribute(
        "aria-sort",
        "descending",
    );
    await expect(table.getByRole("rowheader").first()).toHaveText("web-clicks");
    await page.goto(`${demo}/streams?per=25&page=99&sort=size`);
    await expect(table.getByRole("row")).toHaveCount(16);
    await expect(page.getByRole("alert")).toContainText("sort \u201csize\u201d was ignored");
    await accessible(page, mode);
});

test("signing out ends the session", async ({ page, demo, mode }) => {
    await signInAs(page, demo, "viewer");
    await hydrated(page, mode);
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Sign in", exact: true })).toBeVisible();
    await page.goto(`${demo}/changes`);
    await expect(page).toHaveURL(`${demo}/sign-in?next=%2Fchanges`);
});
