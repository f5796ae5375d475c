//! TLS: a certificate authority of the sandbox's own, and the handshake.
//!
//! The authority is made anew at every start, signs one certificate, and its key is forgotten: who trusts it trusts this
//! sandbox and nobody else. No key ever reaches the disk.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use std::{fmt, io};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::error::SandboxError;
use crate::stream::Stream;

/// How long a handshake may take; a client that never ends it would keep its socket for ever.
const PATIENCE: Duration = Duration::from_secs(10);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long certificates are good for: there are clients that refuse more than 825 days.
const LIFE: Duration = Duration::from_secs(800 * 24 * 60 * 60);

/// What the sandbox shows its clients, and what they need to believe it.
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    ca_pem: String,
    patience: Duration,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// With a fresh authority, for a server that is reached as this machine or at the address it listens on.
    pub(crate) fn new(listen: IpAddr) -> Result<Self, SandboxError> {
        let made = make(listen).map_err(|error| SandboxError::Tls(error.to_string()));
        made.map(|(ca_pem, config)| Self { acceptor: TlsAcceptor::from(Arc::new(config)), ca_pem, patience: PATIENCE })
    }

    /// The authority's certificate.
    pub(crate) fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Shakes hands with a client. One that does not understand, or not trust, or takes too long, is hung up on.
    pub(crate) async fn accept(&self, socket: TcpStream) -> io::Result<Stream> {
        let stream = tokio::time::timeout(self.patience, self.acceptor.accept(socket)).await??;
        Ok(Stream::Tls(Box::new(stream)))
    }
}

fn make(listen: IpAddr) -> Result<(String, ServerConfig), Box<dyn Error>> {
    let (ca, issuer) = authority()?;
    let key = KeyPair::generate()?;
    let certificate = certificate(listen)?.signed_by(&key, &issuer)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.into()], key.into())?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok((ca.pem(), config))
}

/// An authority that may sign servers, and no further authorities.
fn authority() -> Result<(Certificate, Issuer<'static, KeyPair>), rcgen::Error> {
    let mut params = named("KunaCore sandbox CA", [])?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok((certificate, Issuer::new(params, key)))
}

fn certificate(listen: IpAddr) -> Result<CertificateParams, rcgen::Error> {
    let mut addresses = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    if !addresses.contains(&listen) {
        addresses.push(listen);
    }
    let names = addresses.iter().map(IpAddr::to_string).chain(["localhost".to_owned()]);
    let mut params = named("KunaCore sandbox", names)?;
    // Strict clients want to be told that this is no authority, and by which one it was signed.
    params.is_ca = IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}

/// A certificate to be, good from yesterday on: not every clock is right.
fn named(name: &str, alternatives: impl IntoIterator<Item = String>) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(alternatives.into_iter().collect::<Vec<_>>())?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let now = SystemTime::now();
    params.not_before = (now - DAY).into();
    params.not_after = (now + LIFE).into();
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpListener;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn every_authority_is_another_one() {
        let pem = || Tls::new(HERE).expect("certificates can be made").ca_pem().to_owned();
        let first = pem();
        assert_ne!(first, pem());
        assert!(first.starts_with("-----BEGIN CERTIFICATE-----\n") && first.ends_with("-----END CERTIFICATE-----\n"));
    }

    #[tokio::test]
    async fn a_client_that_says_nothing_is_hung_up_on() {
        let tls = Tls { patience: Duration::from_millis(20), ..Tls::new(HERE).expect("certificates can be made") };
        let listener = TcpListener::bind((HERE, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let mut client = TcpStream::connect(address).await.expect("a connection");
        let (socket, _) = listener.accept().await.expect("a connection");
        let error = tls.accept(socket).await.expect_err("nothing was said");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(client.read(&mut [0]).await.expect("a clean end"), 0);
    }
}
