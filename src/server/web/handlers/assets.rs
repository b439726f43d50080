//! The built site: its directory and the names of its files. Names that carry a hash are served as immutable.

use std::path::{Path, PathBuf};

use axum::{
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use thiserror::Error;

/// The site on disk and the addresses of its files.
#[derive(Debug, Clone)]
pub struct Assets {
    root: PathBuf,
    boot: String,
    js: String,
    wasm: String,
    css: String,
    font: Option<String>,
}

/// The error for a missing site.
#[derive(Debug, Error)]
#[error(
    "the built site was not found at {looked_at}; build it with `make run`, or name its directory with --site-root"
)]
pub struct NoSite {
    looked_at: String,
}

impl Assets {
    /// Finds the site: in the configured directory, or else beside the program, or else in the build's output
    /// directory.
    ///
    /// # Errors
    /// Returns `NoSite` if none of these directories holds a built site.
    pub fn find(configured: Option<&Path>) -> Result<Self, NoSite> {
        let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("site")));
        let candidates: Vec<PathBuf> = match configured {
            Some(root) => vec![root.to_owned()],
            None => beside.into_iter().chain([PathBuf::from("target/site")]).collect(),
        };
        let looked_at = candidates.iter().map(|root| root.display().to_string()).collect::<Vec<_>>().join(" and ");
        candidates.into_iter().find_map(Self::at).ok_or(NoSite { looked_at })
    }

    fn at(root: PathBuf) -> Option<Self> {
        let names: Vec<String> = std::fs::read_dir(root.join("pkg"))
            .ok()?
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        let address = |start: &str, end: &str| {
            let name = names.iter().filter(|name| name.starts_with(start) && name.ends_with(end)).min();
            name.map(|name| format!("/pkg/{name}"))
        };
        let (boot, js) = (address("boot", ".js")?, address("keystream", ".js")?);
        let (wasm, css) = (address("keystream", ".wasm")?, address("keystream", ".css")?);
        Some(Self { font: address("inter", ".woff2"), root, boot, js, wasm, css })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn boot(&self) -> &str {
        &self.boot
    }

    pub fn js(&self) -> &str {
        &self.js
    }

    pub fn wasm(&self) -> &str {
        &self.wasm
    }

    pub fn css(&self) -> &str {
        &self.css
    }

    pub fn font(&self) -> Option<&str> {
        self.font.as_deref()
    }

    /// Returns a string that identifies the build of the client bundle, if names carry a hash. A page of another
    /// version is outdated.
    pub fn version(&self) -> String {
        format!("{} {} {}", self.boot, self.js, self.wasm)
    }

    /// Returns a site without files, for tests that render pages without loading them.
    #[cfg(test)]
    pub fn none() -> Self {
        let address = |name: &str| format!("/pkg/{name}");
        Self {
            root: PathBuf::from("/nonexistent"),
            boot: address("boot.js"),
            js: address("keystream.js"),
            wasm: address("keystream.wasm"),
            css: address("keystream.css"),
            font: None,
        }
    }
}

/// Makes browsers cache files with hashed names forever, and revalidate all others on every use.
pub async fn cache(request: Request, next: Next) -> Response {
    let is_hashed = request.uri().path().rsplit('/').next().is_some_and(has_hash);
    let mut response = next.run(request).await;
    let value =
        if is_hashed && response.status().is_success() { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
    response
}

/// Returns whether a file's name has a hash before its extension: `keystream.0f3a….js`.
fn has_hash(name: &str) -> bool {
    name.split('.').nth_back(1).is_some_and(|part| part.len() >= 16 && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::has_hash;

    #[test]
    fn only_hashed_names_are_kept_for_good() {
        assert!(has_hash("keystream.0123456789abcdef.js"));
        for name in ["keystream.js", "keystream_bg.wasm", "x", "inter.woff2", ".0123456789abcdef"] {
            assert!(!has_hash(name), "{name}");
        }
    }
}
