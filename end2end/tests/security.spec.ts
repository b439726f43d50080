// What a security team would try with a browser, and what people do with their accounts, in every mode.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Stack } from "../fixtures/servers.ts";
import { PASSWORD, accessible, expect, hydrated, row, signIn, signInAgain, test } from "../fixtures/test.ts";

const CONFIRMATION = "/streams/111122223333/eu-west-1/orders-prod/disable";

test("a disable asks for the password again and loses nothing", async ({ page, stack, mode }) => {
    await signIn(page, stack);
    await expect(row(page, "orders-prod")).toBeVisible();
    await hydrated(page, mode);
    await page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true }).click();
    const typed = page.getByLabel("Type the stream name to confirm", { exact: true });
    const reason = page.getByLabel("Reason", { exact: true });
    const button = page.getByRole("button", { name: "Disable encryption", exact: true });
    await typed.fill("orders-prod");
    await reason.fill("OPS-12 <why> & so");
    // As after ten minutes: a right that is set anew ends the confirmation.
    stack.keystream("user", "rights", "mira", "--role", "operator");
    await button.click();

    await expect(page.getByRole("heading", { level: 1, name: "Confirm it's you", exact: true })).toBeVisible();
    await expect(page.getByText("Your draft is saved.")).toBeVisible();
    await accessible(page, mode);
    await page.getByLabel("Password", { exact: true }).fill("not the password of mira");
    await page.getByRole("button", { name: "Continue", exact: true }).click();
    await expect(page.getByRole("alert")).toHaveText("That password is wrong. Type it again. Nothing was changed.");
    expect(await stack.calls("StopStreamEncryption")).toBe(0);
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Continue", exact: true }).click();

    await expect(page).toHaveURL(new RegExp(`${CONFIRMATION}\\?draft=[0-9a-z]{26}$`));
    await expect(typed).toHaveValue("orders-prod");
    await expect(reason).toHaveValue("OPS-12 <why> & so");
    await hydrated(page, mode);
    await button.click();
    await expect(page).toHaveURL(/\/changes\/[0-9a-z]{16}(\?live=1)?$/);
    await expect(page.getByText("OPS-12 <why> & so")).toBeVisible();
    await expect.poll(() => stack.calls("StopStreamEncryption")).toBe(1);
});

test("one's own sessions are seen and ended, the password changed", async ({ page, stack, mode, newPage }) => {
    await signIn(page, stack);
    const other = await newPage();
    await signInAgain(other, stack.origin, "mira");
    await page.goto(`${stack.origin}/settings`);
    await accessible(page, mode);
    const sessions = page.getByRole("table", { name: "Your sessions", exact: true });
    await expect(sessions.getByRole("row")).toHaveCount(3);
    await expect(sessions.getByText("This session")).toHaveCount(1);
    await sessions.getByRole("button", { name: /^End session of .* UTC, from 127\.0\.0\.1$/ }).click();
    await expect(page.getByRole("status")).toHaveText("Session ended.");
    await expect(sessions.getByRole("row")).toHaveCount(2);
    await other.goto(`${stack.origin}/changes`);
    await expect(other).toHaveURL(`${stack.origin}/sign-in?next=%2Fchanges`);

    await page.getByLabel("Current password", { exact: true }).fill(PASSWORD);
    await page.getByLabel("New password", { exact: true }).fill("passwordpassword");
    await page.getByRole("button", { name: "Change password", exact: true }).click();
    await expect(page.getByRole("alert")).toContainText("Many people use this password");
    await page.getByLabel("Current password", { exact: true }).fill(PASSWORD);
    await page.getByLabel("New password", { exact: true }).fill("seven quiet herons at dawn");
    await page.getByRole("button", { name: "Change password", exact: true }).click();
    await expect(page.getByRole("status")).toHaveText("Password changed. All your other sessions have ended.");
    await accessible(page, mode);
    await signInAgain(other, stack.origin, "mira", "seven quiet herons at dawn");
});

test("an administrator adds a user with a scope, who sees only that", async ({ page, stack, mode, newPage }) => {
    await signIn(page, stack, "ada", "admin");
    await page.getByRole("link", { name: "Settings", exact: true }).click();
    await page.getByRole("link", { name: "Add users and set their roles and streams", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Users", exact: true })).toBeVisible();
    await accessible(page, mode);
    await page.getByLabel("User name", { exact: true }).fill("jon");
    await page.getByLabel("Role", { exact: true }).selectOption("operator");
    await page.getByLabel("Streams", { exact: true }).fill("orders-*");
    await page.getByRole("button", { name: "Add user", exact: true }).click();
    await expect(page.getByRole("alert")).toContainText("A scope is *, or up to 20 patterns");
    await expect(page.getByLabel("User name", { exact: true })).toHaveValue("jon");
    await expect(page.getByLabel("Role", { exact: true })).toHaveValue("operator");
    await page.getByLabel("Streams", { exact: true }).fill("*/eu-west-1/orders-*");
    await page.getByRole("button", { name: "Add user", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "jon", exact: true })).toBeVisible();
    await accessible(page, mode);
    const link = await page.getByLabel("One-time link", { exact: true }).inputValue();
    await page.reload();
    await expect(page.getByLabel("One-time link", { exact: true })).toHaveCount(0);

    const jon = await newPage();
    await jon.goto(link);
    await jon.getByLabel("New password", { exact: true }).fill("Password1234567");
    await jon.getByRole("button", { name: "Set password", exact: true }).click();
    await expect(jon.getByRole("alert")).toContainText("This password is too easy to guess");
    await accessible(jon, mode);
    await jon.getByLabel("New password", { exact: true }).fill(PASSWORD);
    await jon.getByRole("button", { name: "Set password", exact: true }).click();
    await expect(jon.getByRole("status")).toHaveText(/^Password set\./);
    expect((await jon.goto(link))?.status()).toBe(404);
    await signInAgain(jon, stack.origin, "jon");
    await expect(jon.getByRole("table", { name: "Streams" }).getByRole("rowheader")).toHaveText(["orders-prod"]);
    await hydrated(jon, mode);
    await page.getByRole("button", { name: "Disable user", exact: true }).click();
    await expect(page.getByText("Disabled since")).toBeVisible();
    await jon.goto(`${stack.origin}/streams`);
    await expect(jon).toHaveURL(`${stack.origin}/sign-in`);
});

test("the audit chain is read, filtered and exported", async ({ page, stack, mode }) => {
    await signIn(page, stack, "ada", "auditor");
    await page.getByRole("link", { name: "Audit", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Audit", exact: true })).toBeVisible();
    await accessible(page, mode);
    const table = page.getByRole("table", { name: "Audit", exact: true });
    await expect(table.getByRole("row").filter({ hasText: "session.signed-in" })).toHaveCount(1);
    await page.getByLabel("Event", { exact: true }).selectOption("user");
    await page.getByLabel("Search the audit chain", { exact: true }).fill("ADA");
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await expect(page).toHaveURL(/[?&]q=ADA&.*action=user/);
    await expect(table.getByRole("row")).toHaveCount(2);
    await expect(table.getByRole("row").nth(1)).toContainText("user.added");
    await expect(page.getByLabel("Event", { exact: true })).toHaveValue("user");

    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Export as CSV", exact: true }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe("keystream-audit.csv");
    const lines = readFileSync(await file.path(), "utf8").trim().split("\r\n");
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain(",user.added,ada,");
    await page.getByRole("link", { name: "Clear filters", exact: true }).click();
    await expect(table.getByRole("row").filter({ hasText: "audit.exported" })).toHaveCount(1);
});

test("the account for emergencies is announced on an open page's next load", async ({ page, stack, mode, newPage }) => {
    stack.keystream("user", "list");
    await signIn(page, stack);
    stack.addUser("emergency", "admin", PASSWORD, "--break-glass");
    const other = await newPage();
    await signInAgain(other, stack.origin, "emergency");
    await page.goto(`${stack.origin}/changes`);
    await expect(page.getByText("An emergency account signed in at")).toBeVisible();
    await accessible(page, mode);
    expect(stack.portal.output).toContain("ALERT: the account for emergencies emergency signed in");
});

test.describe("by hand", () => {
    // A page that was tampered with, and other sites: the mode changes nothing of it.
    test.beforeEach(({ mode }) => test.skip(mode !== "full", "once is enough"));

    test("a script that was planted into a page does not run, and is reported", async ({ browser, stack }) => {
        stack.addUser("mira", "operator", PASSWORD);
        // Not the context of other tests, which hold every violation to be a fault.
        const context = await browser.newContext();
        const page = await context.newPage();
        await signInAgain(page, stack.origin, "mira");
        const planted =
            "<script>window.owned='inline'</script><script src='data:text/javascript,window.owned=1'></script>" +
            "<img src='/nothing' onerror=\"window.owned='handler'\">" +
            "<style>main{display:none}</style><p style='position:fixed'>x</p>" +
            "<base href='https://evil.example/'><object data='/nothing'></object>" +
            "<iframe srcdoc='<script>parent.owned=2</script>'></iframe>" +
            "<form id='planted' action='https://evil.example/'></form>";
        await page.route("**/changes", async (route) => {
            const answer = await route.fetch();
            await route.fulfill({ response: answer, body: (await answer.text()).replace("<main", `${planted}<main`) });
        });
        await page.goto(`${stack.origin}/changes`);
        await expect(page.getByRole("heading", { level: 1, name: "Changes", exact: true })).toBeVisible();
        await page.evaluate(() => (document.getElementById("planted") as HTMLFormElement).submit());
        for (const directive of [
            "script-src-elem",
            "script-src-attr",
            "style-src-elem",
            "style-src-attr",
            "base-uri",
            "object-src",
            "form-action",
        ]) {
            await expect
                .poll(() => stack.portal.output, { message: directive })
                .toContain(`effective-directive\\\":\\\"${directive}`);
        }
        expect(await page.evaluate(() => (window as unknown as { owned?: string }).owned)).toBeUndefined();
        expect(await page.evaluate(() => document.baseURI)).toBe(`${stack.origin}/changes`);
        await context.close();
    });

    test("no other page frames it, reads it, or sends a form to it", async ({ browser, stack }) => {
        stack.addUser("mira", "operator", PASSWORD);
        const context = await browser.newContext();
        const page = await context.newPage();
        await signInAgain(page, stack.origin, "mira");
        // Another port of the same machine is the same site, as a sibling's subdomain is: its requests carry the
        // cookie.
        const evil = createServer((request, answer) => {
            const target = new URL(request.url ?? "/", "http://x").searchParams.get("target") ?? "";
            const type = new URL(request.url ?? "/", "http://x").searchParams.get("type") ?? "";
            const body = type
                ? `<form id=f method=post enctype="${type}" action="${target}">` +
                  `<input name='{"id":"x","y' value='":"z"}'></form><script>f.submit()</script>`
                : `<iframe id=frame src="${target}"></iframe>`;
            answer.setHeader("content-type", "text/html").end(`<!DOCTYPE html><title>evil</title>${body}`);
        });
        await new Promise<void>((listening) => evil.listen(0, "127.0.0.1", listening));
        const origin = `http://127.0.0.1:${(evil.address() as AddressInfo).port}`;
        for (const path of [
            "/api/end-other-sessions",
            "/api/sign-out",
            "/api/disable",
            "/api/confirm-identity",
            "/api/sign-in",
        ]) {
            for (const type of ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"]) {
                const answered = page.waitForResponse((answer) => answer.url() === stack.origin + path);
                await page.goto(
                    `${origin}/?type=${encodeURIComponent(type)}&target=${encodeURIComponent(stack.origin + path)}`,
                );
                expect((await answered).status(), `${path} ${type}`).toBe(403);
                await expect(page.getByRole("heading", { level: 1, name: "Not permitted", exact: true })).toBeVisible();
            }
        }
        const framed = page.waitForResponse(`${stack.origin}/streams`);
        await page.goto(`${origin}/?target=${encodeURIComponent(`${stack.origin}/streams`)}`);
        expect((await framed).status()).toBe(403);
        await expect(page.frameLocator("#frame").getByRole("heading", { name: "Streams" })).toHaveCount(0);
        const read = await page.evaluate(async (url) => {
            const attempts = [
                fetch(url, { credentials: "include" }),
                fetch(url, { mode: "no-cors", credentials: "include" }),
            ];
            return (await Promise.allSettled(attempts)).map((done) =>
                done.status === "fulfilled" ? done.value.type : "refused",
            );
        }, `${stack.origin}/streams`);
        expect(read).toEqual(["refused", "refused"]);
        evil.close();
        // Nobody was signed out.
        await page.goto(`${stack.origin}/streams`);
        await expect(page.getByRole("heading", { level: 1, name: "Streams", exact: true })).toBeVisible();
        expect(await stack.calls("StopStreamEncryption")).toBe(0);
        await context.close();
    });

    test("a server writes its checkpoints and its settings", async ({}) => {
        const stack = new Stack();
        const [key, file] = [join(stack.directory, "key.pem"), join(stack.directory, "checkpoints.jsonl")];
        const made = stack.keystreamAlone("audit", "key", key);
        const publicKey = /^[0-9a-f]{64}$/m.exec(made)?.[0] ?? "";
        await stack.begin({ KEYSTREAM_CHECKPOINT_KEY: key, KEYSTREAM_CHECKPOINT_FILE: file });
        stack.addUser("mira", "operator", PASSWORD);
        await expect.poll(() => readFileSync(file, "utf8").split("\n").length).toBe(2);
        expect(stack.keystream("audit", "checkpoint")).toContain('"signature"');
        const [whole, holds, ...rest] = stack.keystream("audit", "verify").split("\n");
        expect(whole).toMatch(/^The audit chain is whole: 2 rows, /);
        expect(holds).toMatch(/^It holds against 2 checkpoints, the last of .*; 0 rows came since\.$/);
        expect(rest).toEqual([""]);
        await stack.portal.stop();
        // Settings that changed stand in the chain, beside what they were.
        await stack.startPortal({ KEYSTREAM_READ_ONLY: "true" });
        await stack.portal.stop();
        const lives = stack
            .keystream("audit", "export")
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as Record<string, string>);
        const starts = lives.filter((event) => event.action === "server.started");
        expect(starts).toHaveLength(2);
        expect(starts[1]!.before).toContain("; may change; 1 target;");
        expect(starts[1]!.after).toContain("; read-only; 1 target;");
        expect(lives.filter((event) => event.action === "server.stopped")).toHaveLength(2);
        expect(readFileSync(file, "utf8").trim().split("\n")).toHaveLength(5);
        const bySomebodyElse = stack.keystreamAlone(
            "audit",
            "verify",
            "--checkpoints",
            file,
            "--public-key",
            publicKey,
        );
        expect(bySomebodyElse).toContain("It holds against 5 checkpoints");
        expect(() =>
            stack.keystreamAlone("audit", "verify", "--checkpoints", file, "--public-key", "0".repeat(64)),
        ).toThrow(/line 1: this key has not signed it/);
        await stack.stop();
    });
});
