// The other direction: enable, change the key, take a disable back; keys that cannot be used; AWS's 25 a day.
import type { Page } from "@playwright/test";
import type { Stack } from "../fixtures/servers.ts";
import { type Mode, accessible, cell, expect, hydrated, row, signIn, signInAs, test } from "../fixtures/test.ts";

const PLACE = { account: "111122223333", region: "eu-west-1" };
const ENCRYPTION = 0;
const KEY = 1;

const confirmation = (name: string, action: string) => `/streams/${PLACE.account}/${PLACE.region}/${name}/${action}`;

/** Types what a confirmation asks for and presses its button. */
async function confirm(page: Page, name: string, button: string): Promise<void> {
    await page.getByLabel("Type the stream name to confirm", { exact: true }).fill(name);
    await page.getByLabel("Reason", { exact: true }).fill("OPS-20");
    await page.getByRole("button", { name: button, exact: true }).click();
}

/** Waits on a change's page until AWS has finished. */
async function settles(page: Page): Promise<void> {
    await expect(page).toHaveURL(/\/changes\/[0-9a-z]{16}(\?live=1)?$/);
    await expect(page.locator("[aria-current=step]")).toHaveText(/^\s*Settled/, { timeout: 40_000 });
}

async function fast(stack: Stack): Promise<void> {
    await stack.control("settings", { transition_ms: 1_000, trail_lag_ms: 0 });
}

/** Opens the page of an enable, with a key filled in. */
async function openEnable(page: Page, stack: Stack, mode: Mode, name: string, key: string): Promise<void> {
    await page.goto(`${stack.origin}${confirmation(name, "enable")}`);
    await hydrated(page, mode);
    await page.getByLabel("Key", { exact: true }).fill(key);
}

test("an operator enables encryption with a key and watches it settle", async ({ page, demo, mode }) => {
    await signInAs(page, demo, "operator");
    await expect(async () => {
        await page.goto(`${demo}/streams?q=web-clicks`);
        await expect(cell(page, "web-clicks", ENCRYPTION)).toHaveText(/^\s*Not encrypted/, { timeout: 1_000 });
    }).toPass({ timeout: 15_000 });
    await hydrated(page, mode);
    await expect(page.getByRole("link", { name: "Disable encryption of web-clicks", exact: true })).toHaveCount(0);
    await page.getByRole("link", { name: "Enable encryption of web-clicks", exact: true }).click();
    const title = "Enable encryption of web-clicks?";
    const form = mode === "full" ? page.getByRole("dialog", { name: title, exact: true }) : page.getByRole("main");
    if (mode !== "full") await expect(page.getByRole("heading", { level: 1, name: title, exact: true })).toBeVisible();
    await expect(
        form.getByText(
            "Writers without kms:GenerateDataKey and readers without kms:Decrypt on this key will start failing.",
        ),
    ).toBeVisible();
    await expect(form.getByText("can use alias/aws/kinesis")).toHaveCount(mode === "full" ? 0 : 1);
    await expect(form.getByText("aws kinesis start-stream-encryption")).toContainText("--key-id KEY");
    await accessible(page, mode);
    await form.getByLabel("Key", { exact: true }).fill("alias/orders");
    await confirm(page, "web-clicks", "Enable encryption");
    if (mode === "full") {
        await expect(form).toBeHidden();
        await expect(page.getByRole("status")).toContainText("web-clicks: Updating.");
        await page.getByRole("status").getByRole("link").first().click();
    }
    await settles(page);
    const steps = page.getByRole("list", { name: "Progress" }).getByRole("listitem");
    await expect(steps.nth(4)).toContainText("AWS reported ACTIVE and KMS");
    await expect(steps.nth(5)).toContainText("AWS reported ACTIVE and encrypted with alias/orders again");
    await accessible(page, mode);
    await page.goto(`${demo}/streams?q=web-clicks`);
    await expect(cell(page, "web-clicks", ENCRYPTION)).toHaveText(/^\s*Encrypted/);
    await expect(cell(page, "web-clicks", KEY)).toContainText("alias/orders");
    await expect(page.getByRole("link", { name: "Disable encryption of web-clicks", exact: true })).toBeVisible();
});

test("the key of an encrypted stream is changed over the top, never by a stop", async ({ page, stack, mode }) => {
    await fast(stack);
    await signIn(page, stack);
    await page.goto(`${stack.origin}${confirmation("orders-prod", "enable")}`);
    await hydrated(page, mode);
    await expect(page.getByText("without a moment in which records are stored unencrypted")).toContainText(
        "This replaces alias/orders",
    );
    await page.getByText("Keys of 111122223333 in eu-west-1").click();
    await expect(page.getByRole("row", { name: /alias\/signing/ })).toContainText("RSA_2048 for SIGN_VERIFY");
    await expect(page.getByRole("link", { name: "Use alias/signing", exact: true })).toHaveCount(0);
    if (mode === "full") await page.getByLabel("Reason", { exact: true }).fill("OPS-19");
    await page.getByLabel("Part of a key's name or id").fill("LEDGER");
    await page.getByRole("button", { name: "Find keys", exact: true }).click();
    await hydrated(page, mode);
    await expect(page.getByRole("table", { name: "Keys" }).getByRole("rowheader")).toHaveText([
        /^\s*alias\/ledger/,
        /^\s*alias\/old-ledger/,
    ]);
    await accessible(page, mode);
    await page.getByRole("link", { name: "Use alias/ledger", exact: true }).click();
    await expect(page.getByLabel("Key", { exact: true })).toHaveValue("alias/ledger");
    await hydrated(page, mode);
    if (mode === "full") await expect(page.getByLabel("Reason", { exact: true })).toHaveValue("OPS-19");
    await confirm(page, "orders-prod", "Enable encryption");
    await settles(page);
    await expect(page.getByRole("list", { name: "Progress" }).getByRole("listitem").nth(5)).toContainText(
        /Keep key\/\S+ until .* UTC \(alias\/orders\)/,
    );
    expect(await stack.calls("StartStreamEncryption")).toBe(1);
    expect(await stack.calls("StopStreamEncryption")).toBe(0);
    await page.goto(`${stack.origin}/streams?q=orders-prod`);
    await expect(cell(page, "orders-prod", KEY)).toContainText("alias/ledger");
});

test("a disable that AWS refuses for its key is sent with another form of it, and its announcement leads back", async ({
    page,
    stack,
    mode,
}) => {
    await fast(stack);
    await signIn(page, stack);
    const refuse = { code: "InvalidArgumentException", message: "Invalid KeyId" };
    await stack.control("faults", { operation: "StopStreamEncryption", fault: { refuse } });
    await page.goto(`${stack.origin}${confirmation("orders-prod", "disable")}`);
    await hydrated(page, mode);
    await expect(page.getByLabel("Key", { exact: true })).toHaveCount(0);
    await confirm(page, "orders-prod", "Disable encryption");
    await expect(page.getByText("then try another form of the same key")).toBeVisible({ timeout: 15_000 });
    await page.getByRole("link", { name: "Disable encryption with another form of the key", exact: true }).click();
    await expect(page.getByText("AWS didn't accept alias/orders (InvalidArgumentException,")).toBeVisible();
    const title = "Disable encryption of orders-prod?";
    await page.goto(`${stack.origin}/streams?q=orders-prod`);
    await hydrated(page, mode);
    await page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true }).click();
    const form = mode === "full" ? page.getByRole("dialog", { name: title, exact: true }) : page.getByRole("main");
    await expect(form.getByLabel("Key", { exact: true })).toHaveValue(/^arn:aws:kms:eu-west-1:111122223333:key\//);
    await accessible(page, mode);
    // Seemingly another key: asked once more.
    await form.getByLabel("Key", { exact: true }).fill("alias/ledger");
    await confirm(page, "orders-prod", "Disable encryption");
    await expect(page.getByText("This isn't the key that the stream was seen to be encrypted with.")).toBeVisible();
    await form.getByLabel("Key", { exact: true }).fill("arn:aws:kms:eu-west-1:111122223333:alias/orders");
    await form.getByRole("button", { name: "Disable encryption", exact: true }).click();
    if (mode === "full") {
        // On the list: the sentence of its end leads back.
        const status = page.getByRole("status");
        await expect(status).toContainText("orders-prod: Settled", { timeout: 40_000 });
        await status.getByRole("link", { name: "Undo", exact: true }).click();
    } else {
        await settles(page);
        await page.getByRole("link", { name: "Undo", exact: true }).click();
    }
    await expect(
        page.getByRole("heading", { level: 1, name: "Enable encryption of orders-prod?", exact: true }),
    ).toBeVisible();
    await expect(page.getByLabel("Key", { exact: true })).toHaveValue(
        "arn:aws:kms:eu-west-1:111122223333:alias/orders",
    );
    expect(await stack.calls("StopStreamEncryption")).toBe(2);
});

test("a disable is taken back with the recorded key", async ({ page, stack, mode }) => {
    await fast(stack);
    await signIn(page, stack);
    await page.goto(`${stack.origin}${confirmation("orders-prod", "disable")}`);
    await hydrated(page, mode);
    await expect(page.getByText("It resolves to key/")).toContainText("(enabled).");
    await confirm(page, "orders-prod", "Disable encryption");
    await settles(page);
    await expect(page.getByRole("link", { name: "Undo", exact: true })).toBeVisible();
    await page.goto(`${stack.origin}/changes`);
    await hydrated(page, mode);
    await expect(page.getByRole("link", { name: "Undo change of orders-prod", exact: true })).toBeVisible();
    await page.goto(`${stack.origin}/streams?q=orders-prod`);
    await hydrated(page, mode);
    await page.getByRole("link", { name: "Undo change of orders-prod", exact: true }).click();

    await expect(
        page.getByRole("heading", { level: 1, name: "Enable encryption of orders-prod?", exact: true }),
    ).toBeVisible();
    await expect(page.getByLabel("Key", { exact: true })).toHaveValue("alias/orders");
    await expect(page.getByText("Undoes mira's disable")).toContainText(/alias\/orders → key\/.* \(enabled\)\./);
    await expect(page.getByText("New records have been stored unencrypted since")).toBeVisible();
    await accessible(page, mode);
    // Its alias is pointed elsewhere behind everybody's back.
    await stack.control("keys", { ...PLACE, alias: "alias/orders", id: "0f0e0d0c-0b0a-4a0b-8c0d-0e0f0a0b0c0d" });
    await expect(async () => {
        await page.reload();
        await expect(page.getByText("alias/orders now points to another key: key/0f0e")).toBeVisible({
            timeout: 1_000,
        });
    }).toPass({ timeout: 90_000 });
    await hydrated(page, mode);
    await confirm(page, "orders-prod", "Enable encryption");
    await settles(page);
    await expect(page.getByRole("link", { name: "Undo", exact: true })).toHaveCount(0);
    await page.goto(`${stack.origin}/streams?q=orders-prod`);
    await expect(row(page, "orders-prod")).toBeVisible();
    await expect(page.getByRole("link", { name: "Undo change of orders-prod", exact: true })).toHaveCount(0);
});

test("keys that Kinesis cannot use are refused with the reason", async ({ page, stack, mode }) => {
    await fast(stack);
    await signIn(page, stack);
    const refusals = [
        ["alias/retired", "is disabled. This request changed nothing."],
        ["alias/old-ledger", "is pending deletion on"],
        ["alias/signing", "is RSA_2048 for SIGN_VERIFY; Kinesis needs a symmetric key"],
        ["alias/nowhere", "KMS doesn't find it in this account and Region."],
        [
            "arn:aws:kms:us-east-1:111122223333:alias/payments",
            "it's in us-east-1, and a stream needs a key in its own Region.",
        ],
        ["alias/aws/s3", "AWS manages it for another service."],
    ] as const;
    for (const [key, words] of refusals) {
        await openEnable(page, stack, mode, "web-clicks", key);
        await confirm(page, "web-clicks", "Enable encryption");
        await expect(page).toHaveURL(/\/changes\//);
        await expect(page.getByRole("paragraph").filter({ hasText: /^Rejected/ })).toContainText(words);
    }
    for (const key of ["alias/", "a".repeat(2_049), "key/1234"]) {
        await openEnable(page, stack, mode, "web-clicks", key);
        await confirm(page, "web-clicks", "Enable encryption");
        await expect(page).toHaveURL(/\/enable\?problem=key-invalid&draft=[0-9a-z]{26}$/);
        await expect(page.getByRole("alert").first()).toContainText("AWS doesn't accept this form of key id");
        await expect(page.getByLabel("Key", { exact: true })).toHaveValue(key);
    }
    // Deleted between opening and confirming.
    await openEnable(page, stack, mode, "web-clicks", "alias/fraud");
    await stack.control("keys", { ...PLACE, alias: "alias/fraud", delete: true });
    await confirm(page, "web-clicks", "Enable encryption");
    await expect(page.getByRole("paragraph").filter({ hasText: /^Rejected/ })).toContainText("KMS doesn't find it");
    expect(await stack.calls("StartStreamEncryption")).toBe(0);
});

test("a key of another account is warned of once, then sent", async ({ page, stack, mode }) => {
    await fast(stack);
    await signIn(page, stack);
    const theirs = "arn:aws:kms:eu-west-1:444455556666:key/1d3c5b7a-9e8f-4a6b-8c2d-0f1e2d3c4b5a";
    await openEnable(page, stack, mode, "web-clicks", theirs);
    await confirm(page, "web-clicks", "Enable encryption");
    await expect(page.getByRole("alert").first()).toContainText("Keystream can't see this key");
    await expect(page.getByLabel("Key", { exact: true })).toHaveValue(theirs);
    expect(await stack.calls("StartStreamEncryption")).toBe(0);
    await hydrated(page, mode);
    await page.getByRole("button", { name: "Enable encryption", exact: true }).click();
    await settles(page);
});

test("the 25 a day: the 25th is sent, the 26th needs a reason, and AWS decides", async ({ page, stack, mode }) => {
    await fast(stack);
    await stack.control("streams", { ...PLACE, name: "orders-prod", stops_today: 24 });
    await signIn(page, stack);
    await page.goto(`${stack.origin}${confirmation("orders-prod", "disable")}`);
    await hydrated(page, mode);
    await expect(page.getByText("24 of 25 disables of this stream in the last 24 hours are used.")).toBeVisible();
    const used = page.getByText("Disables of this stream in 24 hours: 24 of 25 used; the next is available at ");
    await expect(used).toBeHidden();
    await page.getByText("Details and API call", { exact: true }).click();
    await expect(used).toBeVisible();
    await expect(page.getByLabel("Why send it with 25 used", { exact: true })).toHaveCount(0);
    await accessible(page, mode);
    await confirm(page, "orders-prod", "Disable encryption");
    await settles(page);

    await openEnable(page, stack, mode, "orders-prod", "alias/orders");
    await confirm(page, "orders-prod", "Enable encryption");
    await settles(page);
    await page.goto(`${stack.origin}${confirmation("orders-prod", "disable")}`);
    await hydrated(page, mode);
    await expect(page.getByText("25 of 25 disables of this stream in the last 24 hours are used.")).toBeVisible();
    await confirm(page, "orders-prod", "Disable encryption");
    await expect(page.getByRole("alert").filter({ hasText: "AWS refuses the 26th" })).toBeVisible();
    expect(await stack.calls("StopStreamEncryption")).toBe(1);
    await hydrated(page, mode);
    await page.getByLabel("Why send it with 25 used", { exact: true }).fill("the key is gone");
    await confirm(page, "orders-prod", "Disable encryption");
    await expect(page.getByRole("paragraph").filter({ hasText: /^Rejected/ })).toContainText(
        "Keystream counts 25 disables of this stream in 24 hours, and AWS refused another.",
    );
    await page.goto(`${stack.origin}/streams/${PLACE.account}/${PLACE.region}/orders-prod`);
    await expect(page.getByText("AWS refused another at")).toBeVisible();
    await page.goto(`${stack.origin}/settings`);
    const sums = page.getByRole("table", { name: "Changes in the last 24 hours" });
    await expect(sums.getByRole("row").nth(1)).toContainText("eu-west-1");
});
