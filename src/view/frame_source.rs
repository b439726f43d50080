//! The source of a page's frame while it is being rendered.

use super::pages::Frame;

/// Makes the frame. The server's context of a page has one; the browser has none, because its page brings the frame
/// along.
#[derive(Debug, Clone, Copy)]
pub struct FrameSource(pub fn() -> Frame);
