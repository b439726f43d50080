//! `wasm-bindgen-step FILE.wasm DIRECTORY NAME`: writes `NAME.js` and `NAME_bg.wasm` for browsers to the directory.

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [wasm, directory, name] = arguments.as_slice() else {
        bail!("takes a wasm file, a directory and the name of what is written there");
    };
    let mut bindgen = Bindgen::new();
    bindgen.web(true)?.typescript(false).omit_default_module_path(false).input_path(wasm).out_name(name);
    bindgen.generate(directory).with_context(|| format!("cannot bind {wasm}"))
}
