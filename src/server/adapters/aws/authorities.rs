//! The certificate authorities that calls to AWS trust: the system's, and beside them those in a file that
//! `AWS_CA_BUNDLE` or the profile names.

use std::{path::PathBuf, sync::LazyLock};

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use base64::{Engine, engine::general_purpose::STANDARD};
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use thiserror::Error;

use crate::server::adapters::https::certificates_in;

/// Whether the system has any. Read once, as the SDK reads them.
static SYSTEM_HAS_SOME: LazyLock<bool> = LazyLock::new(|| {
    let found = rustls_native_certs::load_native_certs().certs;
    let (usable, _) = RootCertStore::empty().add_parsable_certificates(found);
    usable > 0
});

/// Why calls to AWS can't use TLS.
#[derive(Debug, Error)]
pub enum AuthoritiesError {
    #[error(
        "no certificate authorities were found on this machine; install its package of CA certificates, or set \
         AWS_CA_BUNDLE"
    )]
    NoneFound,
    #[error("{setting}: {path}: {why}")]
    Bundle { setting: &'static str, path: String, why: String },
    #[error("TLS could not be set up: {0}")]
    Tls(String),
}

/// A file of certificates in PEM.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Bundle {
    /// The setting that names it.
    setting: &'static str,
    path: PathBuf,
}

impl Bundle {
    /// The file that the environment variable names, else the one that the profile names. An empty text names none.
    pub fn of(variable: Option<&str>, profile: Option<&str>) -> Option<Self> {
        [("AWS_CA_BUNDLE", variable), ("ca_bundle of the AWS profile", profile)]
            .into_iter()
            .find_map(|(setting, path)| Some((setting, path.filter(|path| !path.is_empty())?)))
            .map(|(setting, path)| Self { setting, path: PathBuf::from(path) })
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, AuthoritiesError> {
        certificates_in(&self.path).map_err(|why| AuthoritiesError::Bundle {
            setting: self.setting,
            path: self.path.display().to_string(),
            why,
        })
    }
}

/// The authorities of an HTTP client.
#[derive(Debug)]
pub struct Authorities {
    pub tls: TlsContext,
    /// Without any, no call over TLS can succeed.
    pub has_some: bool,
}

impl Authorities {
    /// The system's authorities, and those in the file.
    ///
    /// # Errors
    /// If the file can't be read or has no certificate.
    pub fn load(bundle: Option<&Bundle>) -> Result<Self, AuthoritiesError> {
        // With no authority of the system's, the SDK would stop at an assertion.
        let mut store = TrustStore::empty().with_native_roots(*SYSTEM_HAS_SOME);
        if let Some(bundle) = bundle {
            for certificate in bundle.certificates()? {
                store.add_pem_certificate(pem(&certificate));
            }
        }
        let tls = TlsContext::builder().with_trust_store(store).build();
        let tls = tls.map_err(|error| AuthoritiesError::Tls(error.to_string()))?;
        Ok(Self { tls, has_some: *SYSTEM_HAS_SOME || bundle.is_some() })
    }
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(certificate))
}

#[cfg(test)]
mod tests {
    use rustls_pki_types::pem::PemObject;

    use super::*;

    #[test]
    fn the_variable_comes_before_the_profile_and_an_empty_text_names_nothing() {
        let path = |variable, profile| Bundle::of(variable, profile).map(|bundle| bundle.path);
        assert_eq!(path(Some("/a.pem"), Some("/b.pem")), Some(PathBuf::from("/a.pem")));
        assert_eq!(path(Some(""), Some("/b.pem")), Some(PathBuf::from("/b.pem")));
        assert_eq!(path(None, Some("")), None);
    }

    #[test]
    fn a_file_without_a_certificate_is_refused_in_one_line_that_names_the_setting() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ca.pem");
        let bundle = Bundle::of(path.to_str(), None).unwrap();
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (content, why) in [
            (None, "No such file"),
            (Some("no certificate"), "it has no PEM certificate"),
            (Some(broken), "it has no certificate that can be used"),
        ] {
            if let Some(content) = content {
                std::fs::write(&path, content).unwrap();
            }
            let said = Authorities::load(Some(&bundle)).unwrap_err().to_string();
            assert!(said.starts_with(&format!("AWS_CA_BUNDLE: {}: ", path.display())), "{said}");
            assert!(said.contains(why) && !said.contains('\n'), "{said}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_left_out_and_the_rest_is_trusted() {
        let key = rcgen::KeyPair::generate().unwrap();
        let authority = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap().pem();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ca.pem");
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        std::fs::write(&path, format!("# Our own\n{broken}{authority}")).unwrap();
        let bundle = Bundle::of(path.to_str(), None).unwrap();
        let usable = bundle.certificates().unwrap();
        assert_eq!(usable.len(), 1);
        // The SDK reads it back.
        assert_eq!(CertificateDer::from_pem_slice(pem(&usable[0]).as_bytes()).unwrap(), usable[0]);
        assert!(Authorities::load(Some(&bundle)).unwrap().has_some);
    }
}
