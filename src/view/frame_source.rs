//! The source of a page's frame while it is being rendered.

use super::pages::Frame;

/// The function that makes the frame. On the server, a page's context has one; in the browser there is none, because
/// the page brings its frame along.
#[derive(Debug, Clone, Copy)]
pub struct FrameSource(pub fn() -> Frame);
