//! Requests that nobody sends by accident, as tables: other sites' forms, paths in disguise, redirects that lead away,
//! broken HTTP, forged addresses, texts that want to be scripts. None of them reaches AWS.

mod broken_http;
mod forgery;
mod forwarded;
mod headers;
mod paths;
mod scripts;
mod texts;
