//! Files of certificate authorities.

use std::path::Path;

use rustls::RootCertStore;
use rustls_pki_types::{CertificateDer, pem::PemObject};

/// Reads the certificates of a PEM file that can be used. The others are left out, as the system's are: files of all
/// that browsers trust have a few.
///
/// # Errors
/// Why the file can't be read, or has none.
pub fn certificates_in(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let found = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut found = found.map_err(|error| error.to_string())?;
    if found.is_empty() {
        return Err("it has no PEM certificate".to_owned());
    }
    found.retain(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok());
    if found.is_empty() {
        return Err("it has no certificate that can be used".to_owned());
    }
    Ok(found)
}
