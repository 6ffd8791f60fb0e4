//! TLS from the first byte over a connection of our own.
//!
//! lettre makes such connections itself, but without TCP_NODELAY, and takes only those of others that are of a type it
//! can name; this is that type.

use std::{
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

#[allow(deprecated, reason = "there is no other way to hand a stream over and have it encrypted")]
use lettre::transport::smtp::client::AsyncNetworkStream;
use lettre::transport::smtp::{
    self,
    client::{AsyncTokioStream, TlsParameters},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt};

/// A TCP connection inside TLS.
#[allow(deprecated, reason = "as above")]
pub(super) struct Encrypted {
    stream: Compat<AsyncNetworkStream>,
    peer: SocketAddr,
}

/// Encrypts `stream`; the certificate is checked as `tls` says.
#[allow(deprecated, reason = "as above")]
pub(super) async fn wrap(stream: TcpStream, tls: TlsParameters) -> Result<Encrypted, super::problem::Problem> {
    let peer = stream.peer_addr().map_err(|error| super::problem::Problem::Lost(error.to_string()))?;
    let mut stream = AsyncNetworkStream::use_existing_tokio1(Box::new(stream));
    let encrypted: Result<(), smtp::Error> = stream.upgrade_tls(tls).await;
    encrypted?;
    Ok(Encrypted { stream: stream.compat(), peer })
}

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encrypted").field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
