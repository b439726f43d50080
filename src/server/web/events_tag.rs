//! The tag that ties a page to the session and the rights that it was rendered for.

use sha2::{Digest, Sha256};

use crate::model::access::requester::Requester;

/// Returns the tag of a user's pages, as 16 hex digits. It reveals nothing of the session.
///
/// A page hands it to `/events`: a page of an ended session, or from before a change of rights, must not follow the
/// events of another one. It also says which windows of a browser may share their events.
pub fn of(requester: &Requester, is_read_only: bool) -> String {
    let Requester { session_hash, role, scope, .. } = requester;
    let rights = format!("{session_hash}\n{}\n{scope:?}\n{is_read_only}", role.into_str());
    hex::encode(&Sha256::digest(rights.as_bytes())[..8])
}
