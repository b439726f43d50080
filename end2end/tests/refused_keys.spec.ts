// Keys that cannot be used, and AWS's 25 a day.
import { PLACE, confirm, confirmation, fast, openEnable, settles } from "../fixtures/confirmations.ts";
import { accessible, expect, hydrated, row, signIn, test } from "../fixtures/test.ts";

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
    const used = page.getByText("Disables of this stream in 24 hours: 24 of 25 used");
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
