// Takes the pictures of README, and with `LOOK=1` every page at four widths in
// both schemes, to look at.
import { type Page, expect } from "@playwright/test";
import { putBackDatabase } from "../fixtures/backups.ts";
import { threeChanges } from "../fixtures/changes.ts";
import { shooting } from "../fixtures/pictures.ts";
import { PASSWORD, cell, hydrated, signIn, signInAs, test } from "../fixtures/test.ts";

const DIRECTORY = new URL("../screenshots/", import.meta.url).pathname;

async function ready(page: Page, demo: string): Promise<void> {
    await signInAs(page, demo, "operator");
    await hydrated(page, "full");
    await expect(page.getByRole("link", { name: "0 unknown", exact: true })).toBeVisible({ timeout: 20_000 });
}

test("the pictures of README", async ({ page, demo }) => {
    await ready(page, demo);
    await page.screenshot({ path: `${DIRECTORY}list.png` });
    await page.emulateMedia({ colorScheme: "dark" });
    await page.screenshot({ path: `${DIRECTORY}list-dark.png` });
    await page.emulateMedia({ colorScheme: "light" });
    await page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true }).click();
    await page.getByLabel("Type the stream name to confirm", { exact: true }).fill("orders-prod");
    await page.getByLabel("Reason", { exact: true }).fill("OPS-1234: readers cannot use the key during the migration");
    await page.screenshot({ path: `${DIRECTORY}confirmation.png` });
    await page.getByRole("button", { name: "Disable encryption", exact: true }).click();
    await expect(cell(page, "orders-prod", 2)).toHaveText(/^\s*UPDATING/);
    await page.getByRole("status").getByRole("link").click();
    await expect(page.locator("[aria-current=step]")).toHaveText(/^\s*Updating/);
    await page.screenshot({ path: `${DIRECTORY}change.png` });
});

test("every page at four widths in both schemes", async ({ page, demo }) => {
    test.skip(!process.env.LOOK, "only to look at: LOOK=1");
    test.setTimeout(180_000);
    const shoot = shooting(page);
    await page.goto(`${demo}/sign-in`);
    await shoot("sign-in");
    await ready(page, demo);
    await shoot("streams");
    await page.goto(`${demo}/streams/111122223333/eu-west-1/orders-prod/disable`);
    await hydrated(page, "full");
    await shoot("confirmation");
    await page.getByLabel("Type the stream name to confirm", { exact: true }).fill("orders-prod");
    await page.getByLabel("Reason", { exact: true }).fill("OPS-1234");
    await page.getByRole("button", { name: "Disable encryption", exact: true }).click();
    await expect(page.locator("[aria-current=step]")).toHaveText(/^\s*(Updating|Reached)/);
    await shoot("change");
    await page.goto(`${demo}/streams`);
    await page.getByRole("link", { name: "Disable encryption of refunds", exact: true }).click();
    await page.getByLabel("Reason", { exact: true }).fill("OPS");
    await shoot("dialog");
    await page.goto(`${demo}/streams/111122223333/eu-west-1/orders-prod`);
    await shoot("stream");
    await page.goto(`${demo}/changes`);
    await shoot("changes");
    await page.goto(`${demo}/help`);
    await shoot("help");
    await page.goto(`${demo}/nowhere`);
    await shoot("not-found");
    await page.goto(`${demo}/audit`);
    await shoot("audit-operator");
});

test("what administrators see, at four widths in both schemes", async ({ page, stack }) => {
    test.skip(!process.env.LOOK, "only to look at: LOOK=1");
    test.setTimeout(180_000);
    const shoot = shooting(page);
    stack.addUser("mira", "viewer", PASSWORD);
    await signIn(page, stack, "ada", "admin");
    await page.goto(`${stack.origin}/streams/111122223333/eu-west-1/orders-prod/disable`);
    await hydrated(page, "full");
    await page.getByLabel("Type the stream name to confirm", { exact: true }).fill("orders-prod");
    await page.getByLabel("Reason", { exact: true }).fill("OPS-1234: the key is moved to another account");
    await page.getByRole("button", { name: "Disable encryption", exact: true }).click();
    await expect(page.locator("[aria-current=step]")).toHaveText(/^\s*Settled/, { timeout: 30_000 });
    for (const [name, path] of [
        ["audit", "/audit"],
        ["settings", "/settings"],
        ["users", "/settings/users"],
        ["identity", "/confirm-identity?next=/changes"],
    ] as const) {
        await page.goto(stack.origin + path);
        await shoot(name);
    }
    await page.goto(`${stack.origin}/settings/users`);
    await page.getByRole("link", { name: "mira", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "mira", exact: true })).toBeVisible();
    await shoot("user");
});

test("the alarm of the audit chain, at four widths in both schemes", async ({ page, stack }) => {
    test.skip(!process.env.LOOK, "only to look at: LOOK=1");
    test.setTimeout(180_000);
    const shoot = shooting(page);
    await signIn(page, stack, "ada", "admin");
    await putBackDatabase(stack);
    await page.goto(`${stack.origin}/streams`);
    await hydrated(page, "full");
    await shoot("alarm-streams");
    await page.goto(`${stack.origin}/settings`);
    await page.getByRole("button", { name: "Acknowledge", exact: true }).click();
    await expect(page).toHaveTitle(/^Error: /);
    await shoot("alarm-settings");
});

test("a change that waits, at four widths in both schemes", async ({ page, stack }) => {
    test.skip(!process.env.LOOK, "only to look at: LOOK=1");
    test.setTimeout(180_000);
    const shoot = shooting(page);
    await signIn(page, stack);
    await stack.control("streams", {
        account: "111122223333",
        region: "eu-west-1",
        name: "orders-prod",
        reshard_ms: 3_600_000,
    });
    await page.goto(`${stack.origin}/streams/111122223333/eu-west-1/orders-prod/disable`);
    await hydrated(page, "full");
    await shoot("armed-form");
    await page.getByLabel("Type the stream name to confirm", { exact: true }).fill("orders-prod");
    await page.getByLabel("Reason", { exact: true }).fill("OPS-11");
    await page.getByRole("button", { name: "Send when ACTIVE", exact: true }).click();
    await expect(page.getByRole("button", { name: "Cancel this change", exact: true })).toBeVisible();
    await page.getByText("For a support case").click();
    await shoot("armed");
    await page.getByRole("button", { name: "Cancel this change", exact: true }).click();
    await expect(page.getByRole("paragraph").filter({ hasText: /^Expired/ })).toBeVisible();
    await shoot("cancelled");
});

test("changes that need somebody, at four widths in both schemes", async ({ page, stack }) => {
    test.skip(!process.env.LOOK, "only to look at: LOOK=1");
    test.setTimeout(180_000);
    const shoot = shooting(page);
    const changes = await threeChanges(page, stack);
    const refuse = {
        refuse: {
            code: "AccessDeniedException",
            message: "User is not authorized to perform kinesis:DescribeStreamSummary",
        },
    };
    await page.goto(`${stack.origin}/streams`);
    await expect(cell(page, "fraud-scores", 0)).toContainText("Encrypted", { timeout: 60_000 });
    await stack.control("faults", {
        operation: "DescribeStreamSummary",
        stream: "fraud-scores",
        times: 1_000,
        fault: refuse,
    });
    await page.goto(`${stack.origin}/streams`);
    await hydrated(page, "full");
    await expect(cell(page, "fraud-scores", 0)).toContainText("last known", { timeout: 60_000 });
    await shoot("trouble-streams");
    await page.goto(`${stack.origin}/changes`);
    await shoot("trouble-changes");
    for (const [name, address] of Object.entries(changes)) {
        await page.goto(address);
        await hydrated(page, "full");
        await shoot(`trouble-change-${name}`);
    }
    await page.goto(`${stack.origin}/streams/111122223333/eu-west-1/orders-prod`);
    await hydrated(page, "full");
    await shoot("trouble-stream");
    await stack.portal.stop("SIGKILL");
    await expect(page.getByText(/^Not live since/)).toBeVisible();
    await shoot("trouble-gap");
});
