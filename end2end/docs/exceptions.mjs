// The commands in documents that the check can't run as written, each with its reason. An exception that no document
// needs any more is an error.

/** Not run. Only checked: make has a rule for a `make` command, and files of the repository named by others exist. */
export const NOT_RUN = [
    { command: "make run", reason: "builds for minutes; `keystream serve --demo` is run" },
    { command: "make test", reason: "runs this very check" },
    { command: "make dev", reason: "builds, and again for ever" },
    { command: "make release", reason: "builds for a quarter of an hour" },
    { command: "make image", reason: "builds for a quarter of an hour" },
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
    { command: "node --test end2end/deploy/check.mjs", reason: "is a check of its own in `make test`" },
    { command: "node --test end2end/deploy/proxies.mjs", reason: "is a check of its own in `make test`" },
    { command: "node --test end2end/deploy/network.mjs", reason: "is a check of its own in `make test`" },
    { command: "node --test end2end/docs/check.mjs", reason: "runs this very check" },
    { command: "node --test end2end/audit/check.mjs", reason: "is a check of its own in `make test`" },
    { command: "node --test end2end/traces/check.mjs", reason: "is a check of its own in `make test`" },
    { command: "node --test end2end/instances/check.mjs", reason: "is a check of its own in `make test`" },
    { command: "keystream health", reason: "asks a running server; each one that is started here is stopped again" },
    {
        command: "sudo install -m 644 deploy/systemd/keystream.sysusers.conf /etc/sysusers.d/keystream.conf",
        reason: "installs a service on the machine",
    },
    { command: "sudo systemd-sysusers", reason: "installs a service on the machine" },
    {
        command: "sudo install -D -m 640 -g keystream deploy/systemd/keystream.toml /etc/keystream/keystream.toml",
        reason: "installs a service on the machine",
    },
    {
        command: "sudo install -m 600 deploy/systemd/keystream.env /etc/keystream/keystream.env",
        reason: "installs a service on the machine",
    },
    {
        command: "sudo install -m 644 deploy/systemd/keystream.service /etc/systemd/system/keystream.service",
        reason: "installs a service on the machine",
    },
    { command: "sudo systemctl enable --now keystream", reason: "installs a service on the machine" },
    { command: "journalctl --unit keystream --grep Setup:", reason: "needs the installed service" },
    {
        command: "sudo -u keystream /opt/keystream/keystream user list --config /etc/keystream/keystream.toml",
        reason: "needs the installed service",
    },
    {
        command:
            "sudo systemd-run --pipe --uid keystream --property EnvironmentFile=/etc/keystream/keystream.env \\\n" +
            "    /opt/keystream/keystream check-config --config /etc/keystream/keystream.toml",
        reason: "needs the installed service",
    },
    {
        command: 'skopeo copy oci-archive:target/keystream-0.1.0-x86_64-linux.oci.tar "docker://$image"',
        reason: "needs an image registry",
    },
    {
        command:
            "podman run --read-only --cap-drop all -p 3000:3000 -v keystream:/var/lib/keystream " +
            '--env-file keystream.env "$image"',
        reason: "needs the image, and podman",
    },
    {
        command:
            'podman run --rm -v keystream:/var/lib/keystream --env-file keystream.env "$image" check-config',
        reason: "needs the image, and podman",
    },
    {
        command: "kubectl create secret generic keystream-checkpoint-key --from-file checkpoint-key.pem",
        reason: "needs a cluster",
    },
    {
        command: "helm install keystream deploy/helm/keystream --values keystream-values.yaml",
        reason: "needs a cluster",
    },
];

/** Run with a part replaced. */
export const REPLACED = [{ part: "--port 4566", by: "--port 0", reason: "a fixed port may be in use" }];
