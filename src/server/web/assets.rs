//! The built site: its files, kept in memory, and their addresses. Files whose names carry a hash are served as
//! immutable.
//!
//! From memory, a client that asks for files and doesn't read them keeps none open.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// The codings that a build compresses files with, the best one first, and the ends of these files' names.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// The site and the addresses of its files. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Assets(Arc<Site>);

#[derive(Debug)]
struct Site {
    /// By path.
    files: HashMap<String, File>,
    boot: String,
    js: String,
    wasm: String,
    css: String,
    font: Option<String>,
    version: String,
}

#[derive(Debug)]
struct File {
    content_type: &'static str,
    etag: HeaderValue,
    is_hashed: bool,
    plain: Bytes,
    /// With the name of its coding.
    compressed: Vec<(&'static str, Bytes)>,
}

/// The error for a site that is missing or can't be read.
#[derive(Debug, Error)]
pub enum NoSite {
    #[error(
        "the built site was not found at {0}; build it with `make run`, or name its directory in KEYSTREAM_SITE_ROOT"
    )]
    NotFound(String),
    #[error("the built site at {root} can't be read: {why}")]
    Unreadable { root: String, why: io::Error },
}

impl Assets {
    /// Reads the site: from the configured directory, or else beside the program, or else from the build's output
    /// directory.
    ///
    /// # Errors
    /// Returns `NoSite` if none of these directories holds a built site, or one can't be read.
    pub fn find(configured: Option<&Path>) -> Result<Self, NoSite> {
        let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("site")));
        let candidates: Vec<PathBuf> = match configured {
            Some(root) => vec![root.to_owned()],
            None => beside.into_iter().chain([PathBuf::from("target/site")]).collect(),
        };
        for root in &candidates {
            let unreadable = |why| NoSite::Unreadable { root: root.display().to_string(), why };
            if root.join("pkg").is_dir()
                && let Some(site) = Site::of(read(root).map_err(unreadable)?)
            {
                return Ok(Self(Arc::new(site)));
            }
        }
        let looked_at = candidates.iter().map(|root| root.display().to_string()).collect::<Vec<_>>();
        Err(NoSite::NotFound(looked_at.join(" and ")))
    }

    pub fn boot(&self) -> &str {
        &self.0.boot
    }

    pub fn js(&self) -> &str {
        &self.0.js
    }

    pub fn wasm(&self) -> &str {
        &self.0.wasm
    }

    pub fn css(&self) -> &str {
        &self.0.css
    }

    pub fn font(&self) -> Option<&str> {
        self.0.font.as_deref()
    }

    /// Returns a string that identifies the build of the client bundle, if names carry a hash. A page of another
    /// version is outdated.
    pub fn version(&self) -> &str {
        &self.0.version
    }

    /// Returns the answer with the file at a path; `None` if the site has none there.
    pub fn file(&self, path: &str, asked: &HeaderMap) -> Option<Response> {
        Some(self.0.files.get(path)?.answer(asked))
    }

    /// Returns a site without contents, for tests that render pages without loading them.
    #[cfg(test)]
    pub fn none() -> Self {
        let names = ["boot.js", "keystream.js", "keystream.wasm", "keystream.css"];
        let files = names.map(|name| (format!("/pkg/{name}"), Bytes::new()));
        Self(Arc::new(Site::of(files.into()).unwrap()))
    }
}

/// Reads the files of a site's directory and its `pkg`, by path.
fn read(root: &Path) -> io::Result<HashMap<String, Bytes>> {
    let mut files = HashMap::new();
    for (directory, path) in [(root.to_owned(), "/"), (root.join("pkg"), "/pkg/")] {
        for entry in std::fs::read_dir(directory)? {
            let entry = entry?;
            let name = entry.file_name().into_string().unwrap_or_default();
            if !name.is_empty() && !name.starts_with('.') && entry.file_type()?.is_file() {
                files.insert(format!("{path}{name}"), std::fs::read(entry.path())?.into());
            }
        }
    }
    Ok(files)
}

impl Site {
    /// Makes a site of its files; `None` if something that every page names isn't there.
    fn of(mut contents: HashMap<String, Bytes>) -> Option<Self> {
        let address = |start: &str, end: &str| {
            let is_it = |path: &&String| path.starts_with(start) && path.ends_with(end);
            contents.keys().filter(is_it).min().cloned()
        };
        let (boot, js) = (address("/pkg/boot", ".js")?, address("/pkg/keystream", ".js")?);
        let (wasm, css) = (address("/pkg/keystream", ".wasm")?, address("/pkg/keystream", ".css")?);
        let font = address("/pkg/inter", ".woff2");
        let version = format!("{boot} {js} {wasm}");
        let mut compressed: HashMap<String, Vec<(&'static str, Bytes)>> = HashMap::new();
        for (coding, end) in CODINGS {
            for (path, content) in contents.extract_if(|path, _| path.ends_with(end)) {
                compressed.entry(path.trim_end_matches(end).to_owned()).or_default().push((coding, content));
            }
        }
        let files = contents.into_iter().map(|(path, plain)| {
            let compressed = compressed.remove(&path).unwrap_or_default();
            let file = File::of(&path, plain, compressed);
            (path, file)
        });
        Some(Self { files: files.collect(), boot, js, wasm, css, font, version })
    }
}

impl File {
    fn of(path: &str, plain: Bytes, compressed: Vec<(&'static str, Bytes)>) -> Self {
        let hash = hex::encode(&Sha256::digest(&plain)[..16]);
        // A hash in quotes is a valid value.
        let etag = HeaderValue::from_str(&format!("\"{hash}\"")).unwrap_or(HeaderValue::from_static("\"\""));
        Self { content_type: content_type(path), etag, is_hashed: has_hash(path), plain, compressed }
    }

    fn answer(&self, asked: &HeaderMap) -> Response {
        let cached = if self.is_hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
        let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let is_known = known.flat_map(|value| value.split(',')).any(|tag| {
            let tag = tag.trim();
            tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == self.etag.as_bytes()
        });
        let (coding, content) = self.best_for(asked);
        let mut response = Response::new(if is_known { Body::empty() } else { Body::from(content) });
        let headers = response.headers_mut();
        headers.insert(header::ETAG, self.etag.clone());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cached));
        if !self.compressed.is_empty() {
            headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        if is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        if let Some(coding) = coding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        response
    }

    /// Returns the best compressed form that a client takes, or the plain one.
    fn best_for(&self, asked: &HeaderMap) -> (Option<&'static str>, Bytes) {
        let best = self.compressed.iter().find(|(coding, _)| takes(asked, coding));
        best.map_or_else(|| (None, self.plain.clone()), |(coding, content)| (Some(*coding), content.clone()))
    }
}

/// Returns whether a client takes a coding.
fn takes(asked: &HeaderMap, coding: &str) -> bool {
    let values = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| {
        let (name, weight) = part.split_once(';').unwrap_or((part, ""));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case(coding) && weight.is_none_or(|weight| weight > 0.0)
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// Returns whether a file's name has a hash before its extension: `keystream.0f3a….js`.
fn has_hash(name: &str) -> bool {
    name.split('.').nth_back(1).is_some_and(|part| part.len() >= 16 && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hashed_names_are_kept_for_good() {
        assert!(has_hash("/pkg/keystream.0123456789abcdef.js"));
        for name in ["keystream.js", "keystream_bg.wasm", "x", "inter.woff2", ".0123456789abcdef"] {
            assert!(!has_hash(name), "{name}");
        }
    }

    #[test]
    fn a_client_gets_the_best_form_that_it_takes_and_nothing_that_it_has() {
        let compressed = vec![("br", Bytes::from_static(b"b")), ("gzip", Bytes::from_static(b"g"))];
        let file = File::of("/pkg/keystream.js", Bytes::from_static(b"plain"), compressed);
        let asked = |name: header::HeaderName, value: &str| HeaderMap::from_iter([(name, value.parse().unwrap())]);
        for (accepted, coding) in [
            ("gzip, br", Some("br")),
            ("br;q=0, gzip;q=0.5", Some("gzip")),
            ("GZIP", Some("gzip")),
            ("deflate", None),
            ("", None),
        ] {
            let answer = file.answer(&asked(header::ACCEPT_ENCODING, accepted));
            assert_eq!(answer.headers().get(header::CONTENT_ENCODING).map(|it| it.to_str().unwrap()), coding);
            assert_eq!(answer.headers()[header::VARY], "accept-encoding");
        }
        let tag = file.etag.to_str().unwrap();
        for known in [tag, &format!("\"x\", W/{tag}"), "*"] {
            assert_eq!(file.answer(&asked(header::IF_NONE_MATCH, known)).status(), StatusCode::NOT_MODIFIED, "{known}");
        }
        assert_eq!(file.answer(&asked(header::IF_NONE_MATCH, "\"x\"")).status(), StatusCode::OK);
    }
}
