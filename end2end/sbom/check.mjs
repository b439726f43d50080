// Checks the bills of materials of npm and Python, and that an omission doesn't pass. Those of crates are made and
// checked by `.ci/check-package`, and with a release.
// Run it after `.ci/setup test`: node --test end2end/sbom/check.mjs
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";

const ROOT = resolve(import.meta.dirname, "../..");
const WORK = mkdtempSync(join(tmpdir(), "keystream-sbom-"));
const COMPLETE = join(WORK, "complete");

before(() => {
    const env = { ...process.env, SOURCE_DATE_EPOCH: "1" };
    execFileSync(join(ROOT, ".ci/sbom"), [COMPLETE, "packages"], { env, stdio: "pipe" });
});
after(() => rmSync(WORK, { recursive: true }));

function check(directory, ...which) {
    const checker = join(ROOT, ".ci/check-sbom.mjs");
    const { status, stderr } = spawnSync("node", [checker, directory, ...which], { encoding: "utf8" });
    return { status, stderr };
}

/** A copy of the documents, changed. */
function changed(name, change) {
    const directory = join(WORK, name);
    cpSync(COMPLETE, directory, { recursive: true });
    change(join(directory, "build-and-test"));
    return directory;
}

/** Changes the components of a document. */
function edit(path, change) {
    const document = JSON.parse(readFileSync(path, "utf8"));
    document.components = change(document.components);
    writeFileSync(path, JSON.stringify(document));
}

test("every package of npm and Python is listed", () => {
    assert.deepEqual(check(COMPLETE, "packages"), { status: 0, stderr: "" });
});

test("nothing in them is random, or of this time or machine", () => {
    for (const name of readdirSync(join(COMPLETE, "build-and-test"))) {
        const text = readFileSync(join(COMPLETE, "build-and-test", name), "utf8");
        const { serialNumber, metadata } = JSON.parse(text);
        assert.equal(serialNumber, undefined, name);
        // A tool takes the given time, or writes none.
        assert.match(metadata.timestamp ?? "1970-01-01T00:00:01", /^1970-01-01T00:00:01/, name);
        assert.ok(!text.includes(ROOT), `${name} has a path of this machine`);
    }
});

test("a missing document is told", () => {
    const without = changed("without", (documents) => rmSync(join(documents, "python.cdx.json")));
    const { status, stderr } = check(without, "packages");
    assert.equal(status, 1);
    assert.match(stderr, /^end2end\/requirements\.txt: pkg:pypi\/moto@\S+ is in no bill of materials$/m);
});

test("a missing component is told", () => {
    const without = changed("component", (documents) => {
        edit(join(documents, "npm.cdx.json"), (parts) => parts.filter(({ name }) => name !== "kinesis-local"));
    });
    const { status, stderr } = check(without, "packages");
    assert.equal(status, 1);
    const lines = stderr.trimEnd().split("\n").slice(1);
    assert.equal(lines.length, 1, stderr);
    assert.match(lines[0], /^end2end\/package-lock\.json: pkg:npm\/kinesis-local@\S+ is in no bill of materials$/);
});

test("another version is told", () => {
    const other = changed("version", (documents) => {
        edit(join(documents, "python-bench.cdx.json"), (components) =>
            components.map((part) => (part.name === "awscli" ? { ...part, purl: "pkg:pypi/awscli@0.0.1" } : part)),
        );
    });
    const { status, stderr } = check(other, "packages");
    assert.equal(status, 1);
    assert.match(stderr, /^end2end\/bench\/requirements\.txt: pkg:pypi\/awscli@\S+ is in no bill of materials$/m);
    assert.match(stderr, /^build-and-test\/python-bench\.cdx\.json: pkg:pypi\/awscli@0\.0\.1 is in no lock file$/m);
});

test("a release without the crates is told", () => {
    const { status, stderr } = check(COMPLETE);
    assert.equal(status, 1);
    assert.match(stderr, /^Cargo\.lock: pkg:cargo\/leptos@\S+ is in no bill of materials$/m);
    assert.match(stderr, /^\.ci\/wasm-bindgen\/Cargo\.lock: pkg:cargo\/wasm-bindgen-cli-support@\S+ is in no /m);
    for (const half of ["server", "browser"]) {
        assert.match(stderr, new RegExp(`^there is no shipped/${half}\\.cdx\\.json$`, "m"));
    }
});
