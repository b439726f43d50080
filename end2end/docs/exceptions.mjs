// The commands in documents that the check can't run as written, each with its reason. An exception that no document
// needs any more is an error.

/** Not run. Only checked: make has a rule for a `make` command, and files of the repository named by others exist. */
export const NOT_RUN = [
    { command: "make run", reason: "builds for minutes; `keystream serve --demo` is run" },
    { command: "make test", reason: "runs this very check" },
    { command: "make dev", reason: "builds, and again for ever" },
    { command: "make release", reason: "builds for a quarter of an hour" },
    { command: "make bench", reason: "takes 80 minutes" },
    { command: 'make bench BENCH="--only latency"', reason: "builds for a quarter of an hour" },
    { command: 'make bench BENCH="--quick"', reason: "builds for a quarter of an hour" },
    { command: 'make bench BENCH="--write"', reason: "takes 80 minutes and writes a tracked file" },
    { command: "source .ci/env.sh && choose_toolchain", reason: "is for the builds that follow it" },
    { command: "cargo check --features ssr --all-targets", reason: "builds for minutes; `make test` does it" },
    {
        command: "cargo check --lib --target wasm32-unknown-unknown --no-default-features --features hydrate",
        reason: "builds for minutes; `make test` does it",
    },
    { command: "cargo doc --features ssr --no-deps", reason: "builds for minutes" },
    { command: ".ci/with-postgres cargo test --features ssr --lib", reason: "takes minutes; `make test` does it" },
    { command: ".ci/with-postgres cargo test --features ssr --lib -- tests::scope", reason: "builds for minutes" },
    {
        command: "TRUTH_SEED=112937669 .ci/with-postgres cargo test --features ssr --lib -- tests::truth::scenarios",
        reason: "builds for minutes",
    },
    {
        command: "cd end2end && npx playwright test journey --project full",
        reason: "takes minutes; `make test` does it",
    },
    { command: "node --test end2end/docs/check.mjs", reason: "runs this very check" },
    { command: "keystream health", reason: "asks a running server; each one that is started here is stopped again" },
];

/** Run with a part replaced. */
export const REPLACED = [{ part: "--port 4566", by: "--port 0", reason: "a fixed port may be in use" }];
