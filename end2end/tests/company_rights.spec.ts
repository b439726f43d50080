// What becomes of a company session: rights that lapse, groups that change, a provider that is down, one that signs
// people out.
import type { Page } from "@playwright/test";
import {
    answerProvider,
    auditRows,
    endsAtSignIn,
    heading,
    providerLink,
    setBack,
    signInWithProvider,
    signOutAtProvider,
    test,
} from "../fixtures/company.ts";
import { confirmation } from "../fixtures/confirmations.ts";
import { endsLive, isLive } from "../fixtures/live.ts";
import { PASSWORD, accessible, expect, hydrated, row } from "../fixtures/test.ts";

const NO_GROUP = /none of your company's groups that you're in gives access to Keystream/;
const SIGN_IN_AGAIN = "Your sign-in at your company's provider has ended. Sign in again to go on.";
const DOWN =
    "The sign-in didn't finish: your company's provider can't be reached. Try again in a minute; if it keeps " +
    "failing, tell whoever runs Keystream.";

test("rights are renewed without a question, with the groups as they are then", async ({ page, stack, company }) => {
    await signInWithProvider(page, stack);
    const before = await page.context().cookies(stack.origin);
    setBack(stack, "rights_until");
    await page.getByRole("link", { name: "Changes", exact: true }).click();
    await expect(page).toHaveURL(`${stack.origin}/changes`);
    await expect(page.getByRole("banner")).toContainText("mira operator");
    expect(company.asked.at(-1)!.get("prompt")).toBe("none");
    // The session stays the same for the other windows.
    const session = (cookies: typeof before) => cookies.find(({ name }) => /^keystream-\d+$/.test(name))?.value;
    expect(session(await page.context().cookies(stack.origin))).toBe(session(before));

    company.setRoles("mira", "stream-viewers");
    setBack(stack, "rights_until");
    await page.goto(`${stack.origin}/streams?q=orders-prod`);
    await expect(page).toHaveURL(`${stack.origin}/streams?q=orders-prod`);
    await expect(page.getByRole("banner")).toContainText("mira viewer");
    await expect(page.getByRole("link", { name: /^Disable encryption of/ })).toHaveCount(0);
    expect((await page.goto(`${stack.origin}${confirmation("orders-prod", "disable")}`))?.status()).toBe(403);
    expect(auditRows(stack, "user.rights-set").map(({ actor, target }) => [actor, target])).toEqual([["mira", "mira"]]);
});

test("who was removed from the group loses the session at the next renewal", async ({ page, stack, company, mode }) => {
    await signInWithProvider(page, stack);
    company.setRoles("mira", "offline_access");
    setBack(stack, "rights_until");
    await page.goto(`${stack.origin}/changes`);
    await endsAtSignIn(page, stack, NO_GROUP);
    await accessible(page, mode);
    expect(auditRows(stack, "session.ended", "session.refused")).toHaveLength(1);
    company.setRoles("mira", "stream-operators");
    await providerLink(page).click();
    await expect(page).toHaveURL(`${stack.origin}/changes`);
});

test("who is no longer signed in at the provider signs in again and goes on", async ({ page, stack, company }) => {
    await signInWithProvider(page, stack);
    await company.forget("mira");
    setBack(stack, "rights_until");
    await page.goto(`${stack.origin}/streams?q=orders`);
    await endsAtSignIn(page, stack, SIGN_IN_AGAIN);
    await providerLink(page).click();
    await answerProvider(page);
    await expect(page).toHaveURL(`${stack.origin}/streams?q=orders`);
});

test("what was typed while the rights lapsed is kept", async ({ page, stack, mode }) => {
    await signInWithProvider(page, stack);
    await expect(row(page, "orders-prod")).toBeVisible();
    await page.goto(`${stack.origin}${confirmation("orders-prod", "disable")}`);
    await hydrated(page, mode);
    await page.getByLabel("Type the stream name to confirm", { exact: true }).fill("orders-prod");
    await page.getByLabel("Reason", { exact: true }).fill("OPS-21 long thoughts");
    setBack(stack, "rights_until");
    await page.getByRole("button", { name: "Disable encryption", exact: true }).click();
    await expect(heading(page, "Sign in")).toBeVisible();
    await providerLink(page).click();
    await expect(page).toHaveURL(new RegExp(`${confirmation("orders-prod", "disable")}\\?draft=[0-9a-z]{26}$`));
    await expect(page.getByLabel("Type the stream name to confirm", { exact: true })).toHaveValue("orders-prod");
    await expect(page.getByLabel("Reason", { exact: true })).toHaveValue("OPS-21 long thoughts");
    expect(await stack.calls("StopStreamEncryption")).toBe(0);
});

test("the provider signs a person out, and the open page ends within 5 s", async ({ page, stack, company, mode }) => {
    await signInWithProvider(page, stack);
    if (mode === "full") await isLive(page);
    await signOutAtProvider(page, company);
    if (mode === "full") await endsLive(page);
    await page.goto(`${stack.origin}/changes`);
    await expect(page).toHaveURL(`${stack.origin}/sign-in?next=%2Fchanges`);
    expect(auditRows(stack, "session.ended").map(({ target, result }) => [target, result])).toEqual([
        ["mira", "1 ended by the provider's logout"],
    ]);
});

test("only the session that the provider ended ends", async ({ page, stack, company, newPage }) => {
    company.setRoles("jon", "stream-viewers");
    const [other, jon] = [await newPage(), await newPage()];
    await signInWithProvider(page, stack);
    await signInWithProvider(other, stack);
    await signInWithProvider(jon, stack, "jon");
    await signOutAtProvider(page, company);
    await page.goto(`${stack.origin}/streams`);
    await expect(heading(page, "Sign in")).toBeVisible();
    for (const still of [other, jon]) {
        await still.goto(`${stack.origin}/streams`);
        await expect(heading(still, "Streams")).toBeVisible();
    }
});

test("a session that ends during a confirmation ends with one sentence too", async ({ page, stack, company, mode }) => {
    test.skip(mode === "scripts-off", "the provider's own page goes on by a script");
    company.setRoles("eve", "stream-viewers");
    await signInWithProvider(page, stack);
    await page.goto(`${stack.origin}/confirm-identity?next=/changes`);
    await page.getByRole("link", { name: "Confirm with Acme", exact: true }).click();
    // Somebody else answers: the provider signs out who was signed in before, and tells the portal.
    await answerProvider(page, "eve");
    await endsAtSignIn(page, stack, SIGN_IN_AGAIN);
    await providerLink(page).click();
    await expect(page).toHaveURL(`${stack.origin}/changes`);
    await expect(page.getByRole("banner")).toContainText("eve viewer");
});

test.describe("while the provider is down", () => {
    test.use({ portalSettings: { KEYSTREAM_LOCAL_SIGN_IN: "break-glass" } });

    test("sessions last, and the account for emergencies signs in", async ({ page, stack, company, mode, newPage }) => {
        stack.addUser("emergency", "admin", PASSWORD, "--break-glass");
        stack.addUser("jon", "viewer", PASSWORD);
        await signInWithProvider(page, stack);
        await company.goDown();
        // It knows nothing of the provider from before.
        await stack.portal.stop();
        await stack.startPortal();
        expect((await fetch(`${stack.origin}/readyz`)).status).toBe(200);
        setBack(stack, "rights_until");
        await page.goto(`${stack.origin}/changes`);
        await expect(page).toHaveURL(`${stack.origin}/changes`);
        await expect(page.getByRole("banner")).toContainText("mira operator");
        await page.goto(`${stack.origin}/streams`);
        await expect(heading(page, "Streams")).toBeVisible();
        expect(stack.portal.output).toMatch(/the rights of mira can't be renewed/);

        const other = await newPage();
        await other.goto(`${stack.origin}/sign-in`);
        await providerLink(other).click();
        await endsAtSignIn(other, stack, DOWN);
        await accessible(other, mode);
        const signIn = async (user: string) => {
            const name = other.getByLabel("User name", { exact: true });
            if (!(await name.isVisible())) await other.getByText("Emergency account", { exact: true }).click();
            await name.fill(user);
            await other.getByLabel("Password", { exact: true }).fill(PASSWORD);
            await other.getByRole("button", { name: "Sign in", exact: true }).click();
        };
        await signIn("jon");
        await expect(other.getByRole("alert")).toHaveText(
            /^User name or password is wrong, or the account can't sign in\./,
        );
        await accessible(other, mode);
        await signIn("emergency");
        await expect(heading(other, "Streams")).toBeVisible();

        await company.comeBack();
        await expect(async () => {
            const third = await newPage();
            await third.goto(`${stack.origin}/sign-in`);
            await providerLink(third).click();
            await expect(heading(third, "Acme")).toBeVisible({ timeout: 1_000 });
        }).toPass();
    });

    test("a renewal doesn't lead to a provider that has just gone", async ({ page, stack, company }) => {
        await signInWithProvider(page, stack);
        await company.goDown();
        setBack(stack, "rights_until");
        await page.goto(`${stack.origin}/changes`);
        await expect(page).toHaveURL(`${stack.origin}/changes`);
        await expect(heading(page, "Changes")).toBeVisible();
    });
});
