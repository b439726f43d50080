// The demo of the program under test, and whoever signs in to it.
import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { Process } from "./commands.mjs";

const ROOT = resolve(import.meta.dirname, "../..");

/** Starts the demo in a directory, with these variables. */
export async function startDemo(directory, variables) {
    const env = {
        PATH: process.env.PATH,
        HOME: directory,
        KEYSTREAM_LISTEN: "127.0.0.1:0",
        KEYSTREAM_SITE_ROOT: join(ROOT, "target/site"),
        ...variables,
    };
    const keystream = new Process(join(ROOT, "target/keystream"), ["serve", "--demo"], { env, cwd: directory });
    const { origin } = await keystream.outcome();
    assert.ok(origin, `the demo didn't start; ${keystream.told}`);
    return { keystream, origin };
}

/** An operator, without scripts. */
export class Operator {
    constructor(origin) {
        this.origin = origin;
        this.headers = { origin, "sec-fetch-site": "same-origin", accept: "text/html" };
    }

    /** The operator of the demo, unless others are named. */
    static async signedIn(origin, fields = { user_name: "operator" }, path = "/api/sign-in-demo") {
        const operator = new Operator(origin);
        const answer = await operator.post(path, fields);
        assert.equal(answer.status, 303);
        operator.headers.cookie = answer.headers.get("set-cookie").split(";")[0];
        return operator;
    }

    async get(path) {
        return (await fetch(this.origin + path, { headers: this.headers })).text();
    }

    post(path, fields, further = {}) {
        const headers = { ...this.headers, ...further };
        const body = new URLSearchParams(fields);
        return fetch(this.origin + path, { method: "POST", headers, body, redirect: "manual" });
    }
}
