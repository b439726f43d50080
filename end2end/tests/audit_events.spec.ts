// Causes the kinds of audit events that no other browser test causes: audit/reporter.ts wants to see every kind.
import { Client } from "../fixtures/client.ts";
import { auditRows, test as company } from "../fixtures/company.ts";
import { disable } from "../fixtures/changes.ts";
import { PASSWORD, expect, signIn, signInAgain, test } from "../fixtures/test.ts";

for (const each of [test, company]) each.skip(({ mode }) => mode !== "full", "the same in every mode");

const PLACE = { account: "111122223333", region: "eu-west-1", name: "orders-prod" };

test("other sessions, one-time links and disabled users", async ({ page, stack, newPage }) => {
    stack.addUser("jon", "viewer", PASSWORD);
    await signIn(page, stack, "ada", "admin");
    const other = await newPage();
    await signInAgain(other, stack.origin, "ada");
    await page.goto(`${stack.origin}/settings`);
    await page.getByRole("button", { name: "End all other sessions", exact: true }).click();
    await expect(page.getByRole("table", { name: "Your sessions", exact: true }).getByRole("row")).toHaveCount(2);
    await other.goto(`${stack.origin}/changes`);
    await expect(other).toHaveURL(`${stack.origin}/sign-in?next=%2Fchanges`);

    await page.goto(`${stack.origin}/settings/users`);
    await page.getByRole("link", { name: "jon", exact: true }).click();
    await page.getByRole("button", { name: "Make one-time link", exact: true }).click();
    const link = await page.getByLabel("One-time link", { exact: true }).inputValue();
    await page.getByRole("button", { name: "Revoke link", exact: true }).click();
    await expect(page.getByRole("status")).toHaveText("Link revoked. It no longer works.");
    expect((await other.goto(link))?.status()).toBe(404);
    await page.getByRole("button", { name: "Disable user", exact: true }).click();
    await page.getByRole("button", { name: "Enable user", exact: true }).click();
    await expect(page.getByRole("button", { name: "Disable user", exact: true })).toBeVisible();
    await signInAgain(other, stack.origin, "jon");
    const kinds = ["session.others-ended", "user.link-revoked", "user.link-refused", "user.enabled"];
    expect(auditRows(stack, ...kinds).map(({ action }) => action)).toEqual(kinds);
});

test("a change of a stream outside the scope", async ({ stack }) => {
    stack.addUser("mira", "operator", PASSWORD, "--scope", "*/eu-west-1/orders-*");
    const client = new Client(stack.origin);
    await client.signIn("mira");
    let form: Record<string, string> | null = null;
    await expect(async () => {
        form = await client.filled("disable", PLACE.region, PLACE.name);
        expect(form).not.toBeNull();
    }).toPass();
    const answer = await client.post("/api/disable", { ...form!, name: "refunds", typed_name: "refunds" });
    expect(answer.status).toBe(404);
    const [refused] = auditRows(stack, "change.refused");
    expect(refused?.target).toContain("refunds");
    expect(await stack.calls("StopStreamEncryption")).toBe(0);
});

test("a change that waits while the portal becomes read-only", async ({ page, stack }) => {
    await signIn(page, stack);
    await stack.control("streams", { ...PLACE, reshard_ms: 3_600_000 });
    await expect(async () => {
        await page.goto(`${stack.origin}/streams/111122223333/eu-west-1/orders-prod/disable`);
        await page.getByLabel("Wait at most", { exact: true }).selectOption("30 min", { timeout: 1_000 });
    }).toPass();
    await page.getByLabel("Type the stream name to confirm", { exact: true }).fill("orders-prod");
    await page.getByLabel("Reason", { exact: true }).fill("OPS-11");
    await page.getByRole("button", { name: "Send when ACTIVE", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Change of orders-prod", exact: true })).toBeVisible();
    await stack.portal.stop();
    await stack.startPortal({ KEYSTREAM_READ_ONLY: "true" });
    await page.reload();
    await expect(page.getByRole("paragraph").filter({ hasText: /^Expired/ })).toBeVisible();
    expect(auditRows(stack, "change.expired")).toHaveLength(1);
});

test("a settled change that somebody else reverts", async ({ page, stack }) => {
    test.setTimeout(180_000);
    await stack.control("settings", { transition_ms: 500 });
    await signIn(page, stack);
    await disable(page, stack, "orders-prod");
    await expect(page.locator("[aria-current=step]")).toHaveText(/^\s*Settled/, { timeout: 40_000 });
    await stack.control("streams", { ...PLACE, key: "alias/orders" });
    // Two reads, and a stream at rest is read every 30 s.
    await expect(page.getByRole("paragraph").filter({ hasText: /^Reverted/ })).toBeVisible({ timeout: 120_000 });
    expect(auditRows(stack, "change.reverted")).toHaveLength(1);
});

company("a logout that the provider didn't send", async ({ stack }) => {
    const answer = await fetch(`${stack.origin}/auth/oidc/backchannel-logout`, {
        method: "POST",
        body: new URLSearchParams({ logout_token: "not.a.token" }),
    });
    expect(answer.status).toBe(400);
    expect(auditRows(stack, "session.logout-refused")).toHaveLength(1);
});
