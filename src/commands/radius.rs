//! RADIUS beside the web server: the socket, and how many requests are under way at once (PRODUCT.md §10).

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    time::Duration,
};

use actix_web::{rt, web};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::{
    authentication::listener::{Listener, Next, Question},
    config::Settings,
    desk::Desk,
    error::{Error, Result},
    radius::LONGEST,
};

/// How often the auth nodes are read again, in seconds: a change anywhere holds within 5.
const READ_SECONDS: u64 = 3;

/// Requests that are checked at once: half of the line before the embedded database's writer, so that the console still
/// finds room in it. What comes beyond gets no answer, and is sent again.
const MOST_AT_ONCE: usize = 128;

/// The socket, if RADIUS is on; bound before anything else is touched.
///
/// # Errors
/// `Internal` with what to do if the address cannot be listened on.
pub fn bind(settings: &Settings) -> Result<Option<UdpSocket>> {
    let Some(address) = settings.radius_listen else { return Ok(None) };
    let bound = UdpSocket::bind(address).and_then(|socket| socket.set_nonblocking(true).map(|()| socket));
    bound.map(Some).map_err(|error| Error::Internal(refused(address, &error)))
}

/// Why the address cannot be listened on, and what to do.
pub fn refused(address: SocketAddr, error: &io::Error) -> String {
    let what = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program has it, perhaps FreeRADIUS; stop that one, or choose another port".to_owned()
        }
        io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        io::ErrorKind::PermissionDenied => "ports below 1024 need a permission; 1812 needs none".to_owned(),
        _ => error.to_string(),
    };
    format!("RADIUS cannot be answered at {address} (the setting radius_listen): {what}.")
}

/// Answers until it is to `stop`; what is under way then is answered first.
pub async fn serve(desk: Desk, socket: UdpSocket, stop: CancellationToken) {
    let socket = match tokio::net::UdpSocket::from_std(socket) {
        Ok(socket) => Arc::new(socket),
        Err(error) => return tracing::error!("RADIUS is not answered: {error}"),
    };
    let (listener, room) = (Arc::new(Listener::default()), Arc::new(Semaphore::new(MOST_AT_ONCE)));
    read(&desk, &listener).await;
    let reading = rt::spawn(read_again(desk.clone(), listener.clone(), stop.clone()));
    if let Some(address) = desk.settings.radius_listen {
        tracing::info!(listen = %address, "RADIUS is answered");
    }
    // One byte more than a packet may have, so that a longer one shows.
    let mut datagram = [0; LONGEST + 1];
    loop {
        let (length, from) = tokio::select! {
            () = stop.cancelled() => break,
            received = socket.recv_from(&mut datagram) => match received {
                Ok(received) => received,
                // What an answer met on its way (ICMP) is told to whoever receives next.
                Err(_) => continue,
            },
        };
        match listener.receive(&desk, desk.now(), from, &datagram[..length]) {
            Next::Nothing => {}
            Next::Send(bytes) => send(&socket, &bytes, from).await,
            Next::Check(question) => match room.clone().try_acquire_owned() {
                Ok(permit) => {
                    rt::spawn(check(desk.clone(), listener.clone(), socket.clone(), question, from, permit));
                }
                Err(_) => listener.forget(&question),
            },
        }
    }
    let _ = room.acquire_many(u32::try_from(MOST_AT_ONCE).unwrap_or(u32::MAX)).await;
    let _ = reading.await;
}

async fn check(
    desk: Desk,
    listener: Arc<Listener>,
    socket: Arc<tokio::net::UdpSocket>,
    question: Question,
    from: SocketAddr,
    _permit: OwnedSemaphorePermit,
) {
    let answer = web::block(move || listener.check(&desk, desk.now(), question)).await;
    if let Ok(Some(bytes)) = answer {
        send(&socket, &bytes, from).await;
    }
}

async fn send(socket: &tokio::net::UdpSocket, bytes: &[u8], to: SocketAddr) {
    if let Err(error) = socket.send_to(bytes, to).await {
        tracing::warn!(%to, "a RADIUS answer was not sent: {error}");
    }
}

async fn read_again(desk: Desk, listener: Arc<Listener>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(Duration::from_secs(READ_SECONDS)) => {}
        }
        read(&desk, &listener).await;
    }
}

async fn read(desk: &Desk, listener: &Arc<Listener>) {
    let (desk, listener) = (desk.clone(), listener.clone());
    if let Ok(Err(error)) = web::block(move || listener.read(&desk, desk.now())).await {
        tracing::warn!("the auth nodes were not read again: {error}");
    }
}
