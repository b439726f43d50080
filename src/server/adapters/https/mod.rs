//! HTTP clients for services other than AWS: the identity provider, the receiver of the audit chain, and the
//! collector of traces. And the certificate authorities of files, for AWS too.

mod certificates;
mod client;
mod connector;

pub use self::{
    certificates::certificates_in,
    client::{HttpsClient, SetupError, causes, new_client},
};
