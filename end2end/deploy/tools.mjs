// Runs the linters of what installs Keystream, and the servers of tests, as .ci/setup installs them.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { Process } from "../docs/commands.mjs";

export const ROOT = resolve(import.meta.dirname, "../..");
export const CHART = join(ROOT, "deploy/helm/keystream");

const CACHE = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
export const TOOLS = join(CACHE, "keystream/tools");
/** The versions of Kubernetes: the first that the chart takes, and one of those that clusters have now. */
const KUBERNETES = ["1.30.0", "1.35.0"];

/** Runs a program; `output` is all that it printed. */
export function run(program, args, options = {}) {
    const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8", ...options });
    if (error) throw new Error(`${program} can't be run; .ci/setup test installs it`, { cause: error });
    return { status, stdout, output: stdout + stderr };
}

/** Starts a server of Debian's packages, unpacked by .ci/setup in `home`, with the libraries that came along. */
export function startUnpacked(home, program, args, directory) {
    const [file, libraries] = [`sbin/${program}`, "lib"].map((name) => join(TOOLS, home, "usr", name));
    if (!existsSync(file)) throw new Error(`${program} is missing; .ci/setup test fetches it`);
    const paths = existsSync(libraries) ? readdirSync(libraries).map((name) => join(libraries, name)) : [];
    const env = { PATH: process.env.PATH, LD_LIBRARY_PATH: paths.join(":") };
    return new Process(file, args, { env, cwd: directory });
}

/** Helm, without the settings and plugins of this machine. */
function helm(args, work) {
    const env = { ...process.env };
    for (const kind of ["CACHE", "CONFIG", "DATA"]) env[`HELM_${kind}_HOME`] = join(work, "helm");
    return run(join(TOOLS, "helm/helm/helm"), args, { env });
}

export function lintChart(chart, values, work) {
    return helm(["lint", "--strict", "--quiet", chart, "--values", values], work);
}

/** Renders the chart; `flags` are further ones, such as `--set`. */
export function render(chart, values, work, flags = []) {
    return helm(["template", "trial", chart, "--namespace", "keystream", "--values", values, ...flags], work);
}

/** Validates a file of manifests against the schemas of Kubernetes. */
export function validate(file) {
    const results = KUBERNETES.map((version) =>
        run(join(TOOLS, "deploy/bin/kubernetes-validate"), ["--strict", "-k", version, file]),
    );
    return { status: Math.max(...results.map(({ status }) => status)), output: results.map((r) => r.output).join("") };
}

/** Python, with the packages of the linters: jsonschema is one of them. */
export function python(args, options = {}) {
    return run(join(TOOLS, "deploy/bin/python"), args, options);
}

/** Python's reader of YAML, as Node has none. */
export function readYaml(file) {
    const script = "import json, sys, yaml; print(json.dumps([d for d in yaml.safe_load_all(open(sys.argv[1])) if d]))";
    return JSON.parse(python(["-c", script, file]).stdout);
}

export function hadolint(file) {
    return run(join(TOOLS, "deploy/bin/hadolint"), ["--no-color", "--failure-threshold", "style", file]);
}

/** The exposure that systemd computes of a unit, from 0 to 10. */
export function exposure(unit) {
    const { output } = run("systemd-analyze", ["security", "--offline=true", "--no-pager", unit]);
    const score = /exposure level for \S+: ([0-9.]+)/.exec(output)?.[1];
    if (score === undefined) throw new Error(`systemd-analyze says no score: ${output}`);
    return Number(score);
}

/** What systemd doesn't understand of a unit; that its program isn't installed here is no problem of it. */
export function unitProblems(unit) {
    const { output } = run("systemd-analyze", ["verify", "--man=no", unit]);
    return output.split("\n").filter((line) => line !== "" && !/is not executable: No such file/.test(line));
}
