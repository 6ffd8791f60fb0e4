//! RADIUS to ask, and clients that do.

use std::{
    error::Error,
    net::UdpSocket,
    thread,
    time::{Duration, Instant},
};

use actix_web::rt::System;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use tokendesk::{
    authentication::{
        self,
        new::{New, Typed},
    },
    commands,
    desk::Desk,
    operators::Who,
    radius::code,
};
use tokio_util::sync::CancellationToken;

use super::server::value;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const SECRET: &[u8] = b"a-shared-secret-of-benchmarks";

/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Adds the auth node of this machine and answers RADIUS on a free port, which is returned.
///
/// # Errors
/// What the verbs and the system say.
pub fn serve(desk: &Desk) -> Outcome<u16> {
    let secret = String::from_utf8(SECRET.to_vec())?;
    let typed = Typed {
        name: "RADIUS".into(),
        kind: "radius".into(),
        network: "127.0.0.1".into(),
        mode: String::new(),
        secret,
    };
    authentication::new::add(desk, &Who::system(), desk.now(), &New::parse(&typed)?)?;
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_nonblocking(true)?;
    let port = socket.local_addr()?.port();
    let desk = desk.clone();
    thread::spawn(move || System::new().block_on(commands::radius::serve(desk, socket, CancellationToken::new())));
    Ok(port)
}

/// Values accepted a second while `round` lasts; `pressed` is the next value of each device.
///
/// # Errors
/// What the system says; if an answer does not come, or is no accept.
#[allow(clippy::disallowed_methods, reason = "a stopwatch is no time that rules go by")]
pub async fn checks_a_second(port: u16, round: Duration, pressed: &mut [u64]) -> Outcome<f64> {
    let started = Instant::now();
    let clients: Vec<_> = pressed
        .iter()
        .copied()
        .enumerate()
        .map(|(n, mut next)| {
            tokio::spawn(async move {
                let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await?;
                socket.connect(("127.0.0.1", port)).await?;
                let mut answer = [0; 4096];
                while started.elapsed() < round {
                    socket.send(&request(&format!("user{n:06}"), &value(next), next)).await?;
                    let length = tokio::time::timeout(PATIENCE, socket.recv(&mut answer)).await??;
                    if length < 20 || answer[0] != code::ACCESS_ACCEPT {
                        return Err("it was not accepted".into());
                    }
                    next += 1;
                }
                Outcome::Ok(next)
            })
        })
        .collect();
    let before: u64 = pressed.iter().sum();
    for (client, pressed) in clients.into_iter().zip(pressed.iter_mut()) {
        *pressed = client.await??;
    }
    Ok((pressed.iter().sum::<u64>() - before) as f64 / started.elapsed().as_secs_f64())
}

/// An Access-Request with PAP, signed.
fn request(name: &str, typed: &str, number: u64) -> Vec<u8> {
    let authenticator = Md5::new().chain_update(number.to_be_bytes()).chain_update(name).finalize();
    let mut bytes = vec![code::ACCESS_REQUEST, number.to_be_bytes()[7], 0, 0];
    bytes.extend(authenticator);
    let mask = Md5::new().chain_update(SECRET).chain_update(authenticator).finalize();
    let mut hidden = [0; 16];
    hidden[..typed.len()].copy_from_slice(typed.as_bytes());
    let hidden: Vec<u8> = hidden.iter().zip(mask).map(|(typed, mask)| typed ^ mask).collect();
    for (kind, content) in
        [(code::USER_NAME, name.as_bytes()), (code::USER_PASSWORD, &hidden), (code::MESSAGE_AUTHENTICATOR, &[0; 16])]
    {
        bytes.extend([kind, u8::try_from(content.len() + 2).unwrap_or(u8::MAX)]);
        bytes.extend(content);
    }
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes();
    bytes[2..4].copy_from_slice(&length);
    let mut mac = Hmac::<Md5>::new_from_slice(SECRET).expect("a key of any length");
    mac.update(&bytes);
    let at = bytes.len() - 16;
    bytes[at..].copy_from_slice(&mac.finalize().into_bytes());
    bytes
}
