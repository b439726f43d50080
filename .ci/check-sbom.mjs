// Fails unless bills of materials are complete: every package that a lock file names is in one of them, none has a
// package that no lock file names, and those of the two halves have every crate that cargo links into them.
//   check-sbom.mjs DIR           of a whole release
//   check-sbom.mjs DIR packages  of what comes from npm and PyPI
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "..");
const [DIRECTORY, WHICH = "all"] = process.argv.slice(2);
/** Directories in which other people's lock files are. */
const NOT_OURS = new Set([".git", "node_modules", "target"]);
/** The halves of the program: their features, and the targets that they can be for. */
const HALVES = [
    { document: "shipped/server.cdx.json", features: "ssr", target: /^(?!wasm32-)./ },
    { document: "shipped/browser.cdx.json", features: "hydrate", target: /^wasm32-unknown-unknown$/ },
];

// A package is its ecosystem, name and version, as in package URLs.
const crate = (name, version) => `pkg:cargo/${name}@${version}`;
const npmPackage = (name, version) => `pkg:npm/${name}@${version}`;
const pythonPackage = (name, version) => `pkg:pypi/${name.toLowerCase().replace(/[-_.]+/g, "-")}@${version}`;

/** The crates of a Cargo.lock, without our own, which have no source. */
function cratesOf(text) {
    return [...text.matchAll(/^name = "(.+)"\nversion = "(.+)"\nsource = /gm)].map(([, name, version]) => {
        return crate(name, version);
    });
}

function npmPackagesOf(text) {
    const entries = Object.entries(JSON.parse(text).packages).filter(([path]) => path !== "");
    return entries.map(([path, { name, version }]) => {
        return npmPackage(name ?? path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length), version);
    });
}

function pythonPackagesOf(text) {
    return [...text.matchAll(/^([\w.-]+)==([^\s;]+)/gm)].map(([, name, version]) => pythonPackage(name, version));
}

/** How to read lock files; null where nothing here can, so that a new ecosystem isn't left out. */
const LOCKS = [
    { name: /^Cargo\.lock$/, read: cratesOf },
    { name: /^package-lock\.json$/, read: npmPackagesOf },
    { name: /requirements.*\.txt$/, read: pythonPackagesOf },
    { name: /^(npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|deno\.lock)$/, read: null },
    { name: /^(poetry\.lock|uv\.lock|pdm\.lock|pylock.*\.toml|Pipfile\.lock)$/, read: null },
    { name: /^(go\.sum|Gemfile\.lock|composer\.lock|gradle\.lockfile|flake\.lock)$/, read: null },
];

function filesIn(directory) {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
        const path = join(directory, entry.name);
        if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : filesIn(path);
        return entry.isFile() ? [path] : [];
    });
}

/** The components of a document or of a component, and those within them. */
function componentsOf({ components = [] }) {
    return components.flatMap((component) => [component, ...componentsOf(component)]);
}

/** A component's package; qualifiers and subpaths of its URL say no more about which one it is. */
function packageOf({ purl }) {
    return decodeURIComponent((purl ?? "").replace(/[?#].*$/, ""));
}

function packagesIn(path) {
    return new Set(componentsOf(JSON.parse(readFileSync(path, "utf8"))).map(packageOf));
}

/** The crates that cargo links into a half; build scripts, and what only macros need, aren't in it. */
function linkedInto({ features }, target) {
    const listing = ["tree", "--locked", "--prefix=none", "--format={p}", "--edges=normal,no-proc-macro"];
    const args = [...listing, "--no-default-features", `--features=${features}`, `--target=${target}`];
    const printed = execFileSync("cargo", args, { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 26 });
    const lines = [...printed.matchAll(/^(\S+) v(\S+)(?: \(\*\))?$/gm)];
    return new Set(lines.map(([, name, version]) => crate(name, version)));
}

function problemsOfHalf(half) {
    const path = join(DIRECTORY, half.document);
    if (!existsSync(path)) return [`there is no ${half.document}`];
    const { properties = [] } = JSON.parse(readFileSync(path, "utf8")).metadata;
    const target = properties.find(({ name }) => name === "cdx:rustc:sbom:target:triple")?.value ?? "";
    if (!half.target.test(target)) return [`${half.document} is for the target "${target}"`];
    const listed = packagesIn(path);
    const missing = [...linkedInto(half, target)].filter((name) => !listed.has(name));
    return missing.map((name) => `${half.document} lacks ${name}`);
}

function problemsOfLocks() {
    const problems = [];
    const paths = filesIn(DIRECTORY).filter((path) => path.endsWith(".cdx.json"));
    const documents = new Map(paths.map((path) => [relative(DIRECTORY, path), packagesIn(path)]));
    const listed = new Set([...documents.values()].flatMap((packages) => [...packages]));
    const locked = new Set();
    for (const path of filesIn(ROOT)) {
        const lock = LOCKS.find(({ name }) => name.test(basename(path)));
        if (!lock || (WHICH === "packages" && lock.read === cratesOf)) continue;
        const where = relative(ROOT, path);
        const packages = lock.read?.(readFileSync(path, "utf8")) ?? [];
        if (packages.length === 0) problems.push(`${where}: .ci/check-sbom.mjs finds no package in it`);
        packages.forEach((name) => locked.add(name));
        const missing = packages.filter((name) => !listed.has(name));
        problems.push(...missing.map((name) => `${where}: ${name} is in no bill of materials`));
    }
    for (const [document, packages] of documents) {
        const stray = [...packages].filter((name) => !locked.has(name));
        problems.push(...stray.map((name) => `${document}: ${name || "a component"} is in no lock file`));
    }
    return problems;
}

const problems = [...problemsOfLocks(), ...(WHICH === "all" ? HALVES.flatMap(problemsOfHalf) : [])];
if (problems.length > 0) {
    console.error(`The bills of materials in ${DIRECTORY} aren't complete:\n${problems.join("\n")}`);
    process.exit(1);
}
