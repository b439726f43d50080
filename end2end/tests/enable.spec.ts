// The other direction: enable, change the key, take a disable back.
import { PLACE, confirm, confirmation, fast, settles } from "../fixtures/confirmations.ts";
import { accessible, cell, expect, hydrated, row, signIn, signInAs, test } from "../fixtures/test.ts";

const ENCRYPTION = 0;
const KEY = 1;

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
    const ofAws = form.getByText("can use alias/aws/kinesis");
    const call = form.getByText("aws kinesis start-stream-encryption");
    await expect(ofAws).toBeVisible({ visible: mode !== "full" });
    await expect(call).toContainText("--key-id KEY");
    await accessible(page, mode);
    if (mode === "full") {
        await form.getByLabel("Key", { exact: true }).fill("alias/aws/kinesis");
        await expect(ofAws).toBeVisible();
    }
    await form.getByLabel("Key", { exact: true }).fill("alias/orders");
    if (mode === "full") {
        await expect(ofAws).toBeHidden();
        await expect(call).toContainText("--key-id alias/orders");
    }
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
    await expect(page.getByText("at no point are records stored unencrypted")).toContainText(
        "This replaces alias/orders",
    );
    await page.getByText("Keys of 111122223333 in eu-west-1").click();
    await expect(page.getByRole("row", { name: /alias\/signing/ })).toContainText("RSA_2048 for SIGN_VERIFY");
    await expect(page.getByRole("button", { name: "Use alias/signing", exact: true })).toHaveCount(0);
    await page.getByLabel("Type the stream name to confirm", { exact: true }).fill("orders-");
    await page.getByLabel("Reason", { exact: true }).fill("OPS-19");
    await page.getByLabel("Part of a key's name or id").fill("LEDGER");
    await page.getByRole("button", { name: "Find keys", exact: true }).click();
    await hydrated(page, mode);
    await expect(page.getByRole("table", { name: "Keys" }).getByRole("rowheader")).toHaveText([
        /^\s*alias\/ledger/,
        /^\s*alias\/old-ledger/,
    ]);
    await accessible(page, mode);
    await page.getByRole("button", { name: "Use alias/ledger", exact: true }).click();
    await expect(page.getByLabel("Key", { exact: true })).toHaveValue("alias/ledger");
    await hydrated(page, mode);
    await expect(page.getByLabel("Type the stream name to confirm", { exact: true })).toHaveValue("orders-");
    await expect(page.getByLabel("Reason", { exact: true })).toHaveValue("OPS-19");
    await expect(page.getByText("aws kinesis start-stream-encryption")).toContainText("--key-id alias/ledger");
    await page.getByLabel("Type the stream name to confirm", { exact: true }).fill("orders-prod");
    // Enter acts, although the buttons that choose a key come first.
    await page.getByLabel("Reason", { exact: true }).press("Enter");
    await settles(page);
    await expect(page.getByRole("list", { name: "Progress" }).getByRole("listitem").nth(5)).toContainText(
        /Keep key\/\S+ until .* UTC \(alias\/orders\)/,
    );
    expect(await stack.calls("StartStreamEncryption")).toBe(1);
    expect(await stack.calls("StopStreamEncryption")).toBe(0);
    await page.goto(`${stack.origin}/streams?q=orders-prod`);
    await expect(cell(page, "orders-prod", KEY)).toContainText("alias/ledger");
});

test("all keys are one step away from the dialog, and nothing typed is lost", async ({ page, stack, mode }) => {
    test.skip(mode !== "full", "without scripts there is no dialog");
    await signIn(page, stack);
    await page.goto(`${stack.origin}/streams?q=web-clicks`);
    await hydrated(page, mode);
    await page.getByRole("link", { name: "Enable encryption of web-clicks", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Enable encryption of web-clicks?", exact: true });
    await dialog.getByLabel("Type the stream name to confirm", { exact: true }).fill("web-clicks");
    await dialog.getByLabel("Reason", { exact: true }).fill("OPS-31");
    await dialog.getByRole("button", { name: "Choose from all keys, with their states", exact: true }).click();
    await expect(
        page.getByRole("heading", { level: 1, name: "Enable encryption of web-clicks?", exact: true }),
    ).toBeVisible();
    await expect(page.getByRole("table", { name: "Keys" })).toBeVisible();
    await expect(page.getByLabel("Type the stream name to confirm", { exact: true })).toHaveValue("web-clicks");
    await expect(page.getByLabel("Reason", { exact: true })).toHaveValue("OPS-31");
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
    await expect(page.getByRole("alert")).toContainText(
        "This isn't the key that the stream was seen to be encrypted with.",
    );
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
    await expect(page.getByText(/alias\/orders → key\/.* \(enabled\)\./)).toHaveCount(1);
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
