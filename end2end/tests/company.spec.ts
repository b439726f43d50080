// Sign-in with the company's provider in a browser, in every mode. The providers are npm `oidc-provider` and PyPI
// `canaille`, which others wrote.
import type { Page } from "@playwright/test";
import { canailleSettings, signInAtCanaille, startCanaille } from "../fixtures/canaille.ts";
import {
    answerProvider,
    auditRows,
    endsAtSignIn,
    heading,
    providerLink,
    setBack,
    signInWithProvider,
    test,
    writeRules,
} from "../fixtures/company.ts";
import { confirmation } from "../fixtures/confirmations.ts";
import type { Emulator } from "../fixtures/emulators.ts";
import { Stack } from "../fixtures/servers.ts";
import { PASSWORD, accessible, expect, hydrated, row } from "../fixtures/test.ts";

const NO_GROUP =
    "The sign-in didn't finish: none of your company's groups that you're in gives access to Keystream. Ask whoever " +
    "manages access.";
const OTHER_PERSON =
    "The sign-in didn't finish: somebody else is signed in at your company's provider in this browser. Sign out " +
    "there, then try again.";

const names = (page: Page) => page.getByRole("table", { name: "Streams" }).getByRole("rowheader");
const typed = (page: Page) => page.getByLabel("Type the stream name to confirm", { exact: true });
const reason = (page: Page) => page.getByLabel("Reason", { exact: true });
const disable = (page: Page) => page.getByRole("button", { name: "Disable encryption", exact: true });

test("the provider signs a person in, and the browser goes on to where it wanted to be", async ({
    page,
    stack,
    company,
    mode,
}) => {
    await page.goto(`${stack.origin}/streams?q=orders&sort=-name`);
    await expect(page).toHaveURL((url) => url.searchParams.get("next") === "/streams?q=orders&sort=-name");
    await expect(heading(page, "Sign in")).toBeVisible();
    await accessible(page, mode);
    // The company's way comes first; with a password, people still can.
    await expect(page.getByRole("main").locator("a, input:not([type=hidden]), button").first()).toHaveText(
        "Sign in with Acme",
    );
    await expect(page.getByLabel("Password", { exact: true })).toBeVisible();
    await providerLink(page).click();
    await answerProvider(page);

    await expect(page).toHaveURL(`${stack.origin}/streams?q=orders&sort=-name`);
    await hydrated(page, mode);
    await expect(page.getByRole("banner")).toContainText("mira operator");
    expect(company.asked).toHaveLength(1);
    expect(Object.fromEntries(company.asked[0]!)).toMatchObject({
        response_type: "code",
        scope: "openid profile email",
        redirect_uri: `${stack.origin}/auth/oidc/callback`,
        code_challenge_method: "S256",
    });
    expect(auditRows(stack, "user.added", "session.signed-in").map(({ actor, action }) => [actor, action])).toEqual([
        ["mira", "user.added"],
        ["mira", "session.signed-in"],
    ]);
    // There is no password to change.
    await page.goto(`${stack.origin}/settings`);
    await accessible(page, mode);
    await expect(page.getByLabel("Current password", { exact: true })).toHaveCount(0);
});

test("the person's first matching group decides the role and the streams", async ({
    page,
    stack,
    company,
    newPage,
}) => {
    await signInWithProvider(page, stack);
    await expect(async () => {
        await page.reload();
        await expect(names(page)).toHaveText(["orders-prod"], { timeout: 1_000 });
    }).toPass();
    await expect(page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true })).toBeVisible();

    company.setRoles("jon", "stream-viewers", "uma_authorization");
    const jon = await newPage();
    await signInWithProvider(jon, stack, "jon");
    await expect(row(jon, "refunds")).toBeVisible();
    await expect(jon.getByRole("banner")).toContainText("jon viewer");
    await expect(jon.getByRole("link", { name: /^Disable encryption of/ })).toHaveCount(0);
    expect((await jon.goto(`${stack.origin}${confirmation("orders-prod", "disable")}`))?.status()).toBe(403);

    // In the order of the file, not of the token.
    company.setRoles("ada", "stream-viewers", "stream-operators", "stream-admins");
    const ada = await newPage();
    await signInWithProvider(ada, stack, "ada");
    await ada.goto(`${stack.origin}/settings/users`);
    const jons = ada.getByRole("row").filter({ has: ada.getByRole("rowheader", { name: /^jon/ }) });
    await expect(jons).toContainText("Company");
    // An administrator can disable them; the groups decide the rest.
    await jons.getByRole("link", { name: "jon", exact: true }).click();
    await expect(heading(ada, "jon")).toBeVisible();
    await expect(ada.getByRole("button", { name: "Save", exact: true })).toHaveCount(0);
    await ada.getByRole("button", { name: "Disable user", exact: true }).click();
    await expect(ada.getByText("Disabled since")).toBeVisible();
    await jon.goto(`${stack.origin}/sign-in`);
    await providerLink(jon).click();
    await endsAtSignIn(
        jon,
        stack,
        "The sign-in didn't finish: your user is disabled in Keystream. Ask a Keystream administrator.",
    );
});

test("no matching group, no entry", async ({ page, stack, company, mode }) => {
    company.setRoles("eve", "offline_access", "STREAM-OPERATORS", "stream-operators-old");
    await page.goto(`${stack.origin}/changes`);
    await providerLink(page).click();
    await answerProvider(page, "eve");
    await endsAtSignIn(page, stack, NO_GROUP);
    await accessible(page, mode);
    expect(auditRows(stack, "session.refused")).toHaveLength(1);
    expect(auditRows(stack, "user.added")).toEqual([]);
    // Somebody else at the same browser can.
    company.setRoles("eve", "stream-viewers");
    await providerLink(page).click();
    await expect(page).toHaveURL(`${stack.origin}/changes`);
});

test("a sign-out ends the provider's session too", async ({ page, stack }) => {
    await signInWithProvider(page, stack);
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    // The portal's own page leads on by itself.
    await page.getByRole("button", { name: "Leave Acme", exact: true }).click();
    await expect(page).toHaveURL(`${stack.origin}/sign-in`);
    await expect(page.getByRole("alert")).toHaveCount(0);
    await page.goto(`${stack.origin}/streams`);
    await expect(heading(page, "Sign in")).toBeVisible();
    // Nobody comes in by the provider's cookie alone.
    await providerLink(page).click();
    await expect(heading(page, "Acme")).toBeVisible();
});

test("a confirmation sends the person to the provider again and keeps the draft", async ({
    page,
    stack,
    company,
    mode,
}) => {
    company.setRoles("eve", "stream-operators");
    await signInWithProvider(page, stack);
    await expect(row(page, "orders-prod")).toBeVisible();
    await page.goto(`${stack.origin}${confirmation("orders-prod", "disable")}`);
    await hydrated(page, mode);
    await typed(page).fill("orders-prod");
    await reason(page).fill("OPS-21 <why> & so");
    setBack(stack, "sudo_until");
    await disable(page).click();

    await expect(heading(page, "Confirm it's you")).toBeVisible();
    await expect(page.getByText("Your draft is saved.")).toBeVisible();
    await expect(page.getByLabel("Password", { exact: true })).toHaveCount(0);
    await accessible(page, mode);
    const confirm = page.getByRole("link", { name: "Confirm with Acme", exact: true });
    // Somebody else who has an account at the provider isn't who signed in here.
    await company.forget("mira");
    await confirm.click();
    await answerProvider(page, "eve");
    await expect(heading(page, "Confirm it's you")).toBeVisible();
    await expect(page.getByRole("alert")).toHaveText(OTHER_PERSON);
    expect(await stack.calls("StopStreamEncryption")).toBe(0);

    await company.forget("eve");
    await confirm.click();
    await answerProvider(page);
    await expect(page).toHaveURL(new RegExp(`${confirmation("orders-prod", "disable")}\\?draft=[0-9a-z]{26}$`));
    expect(Object.fromEntries(company.asked.at(-1)!)).toMatchObject({ prompt: "login", max_age: "0" });
    await expect(typed(page)).toHaveValue("orders-prod");
    await expect(reason(page)).toHaveValue("OPS-21 <why> & so");
    await hydrated(page, mode);
    await disable(page).click();
    await expect(page).toHaveURL(/\/changes\/[0-9a-z]{16}(\?live=1)?$/);
    await expect(page.getByText("OPS-21 <why> & so")).toBeVisible();
    await expect.poll(() => stack.calls("StopStreamEncryption")).toBe(1);
    expect(auditRows(stack, "change.requested").map(({ actor }) => actor)).toEqual(["mira"]);
});

test.describe("canaille", () => {
    let canaille: Emulator;
    let portal: Stack;

    test.beforeEach(async ({ portalOrigin }) => {
        canaille = await startCanaille(portalOrigin);
        portal = new Stack();
        writeRules(portal.directory);
        const address = { KEYSTREAM_LISTEN: new URL(portalOrigin).host };
        await portal.begin({ ...address, ...canailleSettings(canaille) });
    });

    test.afterEach(async ({}, info) => {
        await portal.stop();
        await canaille.stop();
        await info.attach("the portal's output", { body: portal.portal.output });
    });

    test("signs a person in, renews the rights and signs out", async ({ page }) => {
        await page.goto(`${portal.origin}/changes`);
        await page.getByRole("link", { name: "Sign in with Canaille", exact: true }).click();
        await signInAtCanaille(page);
        await expect(page).toHaveURL(`${portal.origin}/changes`);
        await expect(page.getByRole("banner")).toContainText("nora operator");

        setBack(portal, "rights_until");
        await page.goto(`${portal.origin}/streams`);
        await expect(page).toHaveURL(`${portal.origin}/streams`);
        await expect(heading(page, "Streams")).toBeVisible();

        await page.getByRole("button", { name: "Sign out", exact: true }).click();
        await page.locator("#logout").click();
        await expect(page).toHaveURL(`${portal.origin}/sign-in`);
        await page.getByRole("link", { name: "Sign in with Canaille", exact: true }).click();
        await expect(page.locator("#login")).toBeVisible();
    });

    test("leaves local accounts as they are", async ({ page }) => {
        portal.addUser("nora", "viewer", PASSWORD);
        await page.goto(`${portal.origin}/sign-in`);
        await page.getByRole("link", { name: "Sign in with Canaille", exact: true }).click();
        await signInAtCanaille(page);
        // The name is somebody else's here already.
        await expect(page.getByRole("banner")).toContainText("nora (nora) operator");
    });
});
