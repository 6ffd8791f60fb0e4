//! Where a server is reached: its sockets, bound before anything else is touched, so that a second server on the same port
//! changes nothing, and the certificate of https.

use std::{
    net::{SocketAddr, TcpListener, UdpSocket},
    sync::Arc,
};

use crate::{
    clock::Timestamp,
    commands::radius,
    config::Settings,
    error::{Error, Result},
    tls,
};

/// The doors of a server.
pub struct Doors {
    /// Where the pages are.
    pub listener: TcpListener,
    /// Where browsers that come by http are sent on.
    pub http: Option<TcpListener>,
    /// What is shown to who comes by https; `None`: the pages are there by http.
    pub certificate: Option<Arc<tls::Served>>,
    /// Where RADIUS is answered.
    pub radius: Option<UdpSocket>,
}

impl Doors {
    /// Opens them as the settings say.
    ///
    /// # Errors
    /// `Internal` with a sentence if an address cannot be listened on, or the certificate is not good.
    pub fn open(settings: &Settings, now: Timestamp) -> Result<Self> {
        let certificate = tls::Served::open(settings, now)?;
        let http = settings.http_listen.map(bind).transpose()?;
        Ok(Doors { listener: bind(settings.listen)?, http, certificate, radius: radius::bind(settings)? })
    }
}

fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).map_err(|error| {
        let allowed = if error.kind() == std::io::ErrorKind::PermissionDenied {
            " Ports below 1024 are for root and for services that `tokendesk service` sets up."
        } else {
            ""
        };
        Error::Internal(format!("The address {address} cannot be listened on: {error}.{allowed}"))
    })
}
