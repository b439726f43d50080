// What is waited for.
import { setTimeout as sleep } from "node:timers/promises";

/** Nothing here takes longer, on however slow a machine. */
const PATIENCE_MS = 120_000;

/** Waits until something is there, and returns it; `told` says what there is instead. */
export async function until(what, look, told = () => "") {
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(50)) {
        const found = await look();
        if (found) return found;
    }
    throw new Error(`waited in vain for ${what}; ${told()}`);
}
