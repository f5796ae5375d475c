//! Which certificate authorities are trusted: a bundle that was named, else those of the system, and none for http.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::base_url::BaseUrl;
use crate::error::Error;

/// The TLS configuration for a base URL. A bundle replaces the system's authorities; `http://` needs none of either, so
/// that a machine without any can still talk to a server of its own.
pub(crate) fn config(base: &BaseUrl, ca_bundle: Option<&Path>) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    match ca_bundle {
        Some(path) => add_bundle(&mut roots, path)?,
        None if base.https => add_system(&mut roots)?,
        None => {}
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::configuration(format!("TLS cannot be set up: {error}"), "This build is unusable."))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn add_bundle(roots: &mut RootCertStore, path: &Path) -> Result<(), Error> {
    let refuse = |reason: String| {
        Error::configuration(
            format!("the CA bundle {} {reason}", path.display()),
            "Give a PEM file with one or more certificates.",
        )
    };
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let certificates = certificates.map_err(|error| refuse(format!("cannot be read: {error}")))?;
    if certificates.is_empty() {
        return Err(refuse("holds no certificate".to_owned()));
    }
    for certificate in certificates {
        roots.add(certificate).map_err(|error| refuse(format!("holds an unusable certificate: {error}")))?;
    }
    Ok(())
}

fn add_system(roots: &mut RootCertStore) -> Result<(), Error> {
    let found = rustls_native_certs::load_native_certs();
    if let Some(error) = found.errors.first() {
        tracing::debug!(%error, "some of the system's certificates could not be read");
    }
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        return Err(Error::configuration(
            "no certificate authority was found on this machine, so no https server can be trusted",
            "Install the system's CA certificates, or name a PEM file with ca_bundle or SSL_CERT_FILE.",
        ));
    }
    Ok(())
}
