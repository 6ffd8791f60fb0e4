//! A RADIUS client of our own, for packets that radclient does not send, and a server with a socket for those it does.

use std::{
    net::{SocketAddr, UdpSocket},
    process::{Command, Stdio},
    sync::atomic::{AtomicU8, Ordering},
    thread,
};

use actix_web::rt::System;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use tokendesk::{
    authentication::{
        self,
        listener::{Listener, Next},
        new::{New, Typed},
    },
    commands,
    desk::Desk,
    ids::AuthNodeId,
    operators::Who,
    radius::{Packet, code},
};
use tokio_util::sync::CancellationToken;

use super::World;

/// The secret of the auth nodes of these tests.
pub const SECRET: &str = "a-shared-secret-of-tests";

/// Where the client of these tests asks from.
pub const CLIENT: &str = "192.0.2.10";

/// What the lists of attributes hold.
pub type Attribute = (u8, Vec<u8>);

/// A client with an address and a port of its own.
pub struct Client {
    pub from: SocketAddr,
    secret: String,
    number: AtomicU8,
}

/// An answer: the bytes, and what they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub bytes: Vec<u8>,
    pub code: u8,
    pub attributes: Vec<Attribute>,
}

impl Answered {
    /// The content of the first attribute of this type.
    pub fn first(&self, kind: u8) -> Option<&[u8]> {
        self.attributes.iter().find(|(known, _)| *known == kind).map(|(_, content)| content.as_slice())
    }
}

fn md5(parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().fold(Md5::new(), |sum, part| sum.chain_update(part)).finalize().to_vec()
}

fn keyed(secret: &str, bytes: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Md5>::new_from_slice(secret.as_bytes()).expect("a key of any length");
    mac.update(bytes);
    mac.finalize().into_bytes().to_vec()
}

impl Client {
    /// One at this address.
    pub fn at(address: &str, secret: &str) -> Self {
        let ip = address.parse().expect("an address");
        Client { from: SocketAddr::new(ip, 40_000), secret: secret.into(), number: AtomicU8::new(1) }
    }

    /// A packet of this code with these attributes; Message-Authenticator stands last if it is `signed`.
    pub fn packet(&self, code: u8, attributes: &[Attribute], signed: bool) -> Vec<u8> {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let authenticator = md5(&[&[number], self.from.to_string().as_bytes()]);
        let mut bytes = vec![code, number, 0, 0];
        bytes.extend(&authenticator);
        for (kind, content) in attributes {
            let content =
                if *kind == code::USER_PASSWORD { self.hidden(&authenticator, content) } else { content.clone() };
            bytes.extend([*kind, u8::try_from(content.len() + 2).expect("short")]);
            bytes.extend(content);
        }
        if signed {
            bytes.extend([code::MESSAGE_AUTHENTICATOR, 18]);
            bytes.extend([0; 16]);
        }
        let length = u16::try_from(bytes.len()).expect("short").to_be_bytes();
        bytes[2..4].copy_from_slice(&length);
        if signed {
            let proof = keyed(&self.secret, &bytes);
            let at = bytes.len() - 16;
            bytes[at..].copy_from_slice(&proof);
        }
        bytes
    }

    /// An Access-Request with PAP, signed.
    pub fn request(&self, name: &str, typed: &str) -> Vec<u8> {
        self.packet(code::ACCESS_REQUEST, &pap(name, typed), true)
    }

    fn hidden(&self, authenticator: &[u8], typed: &[u8]) -> Vec<u8> {
        let mut padded = typed.to_vec();
        padded.resize(typed.len().max(1).next_multiple_of(16), 0);
        let mut cipher: Vec<u8> = Vec::new();
        for block in padded.chunks(16) {
            let before = if cipher.is_empty() { authenticator } else { &cipher[cipher.len() - 16..] };
            let mask = md5(&[self.secret.as_bytes(), before]);
            let next: Vec<u8> = block.iter().zip(mask).map(|(plain, mask)| plain ^ mask).collect();
            cipher.extend(next);
        }
        cipher
    }

    /// What a server with this listener answers; the answer is one that the client believes.
    #[track_caller]
    pub fn send(&self, listener: &Listener, desk: &Desk, packet: &[u8]) -> Option<Answered> {
        let bytes = match listener.receive(desk, desk.now(), self.from, packet) {
            Next::Nothing => return None,
            Next::Send(bytes) => bytes,
            Next::Check(question) => listener.check(desk, desk.now(), question)?,
        };
        let (asked, answer) = (Packet::read(packet).expect("whole"), Packet::read(&bytes).expect("whole"));
        let attributes: Vec<Attribute> = answer.attributes().map(|(kind, content)| (kind, content.to_vec())).collect();
        let mut signed = bytes.clone();
        signed[4..20].copy_from_slice(asked.authenticator());
        assert_eq!(md5(&[&signed, self.secret.as_bytes()]), bytes[4..20], "the Response Authenticator is right");
        let (kind, proof) = &attributes[0];
        assert_eq!(*kind, code::MESSAGE_AUTHENTICATOR, "Message-Authenticator is first");
        signed[22..38].fill(0);
        assert_eq!(keyed(&self.secret, &signed), *proof, "Message-Authenticator is right");
        assert_eq!(answer.identifier(), asked.identifier());
        Some(Answered { code: answer.code(), attributes, bytes })
    }
}

/// A name and what was typed.
pub fn pap(name: &str, typed: &str) -> Vec<Attribute> {
    vec![(code::USER_NAME, name.into()), (code::USER_PASSWORD, typed.into())]
}

impl World {
    /// An auth node that asks by RADIUS from this network with [`SECRET`], in this mode.
    pub fn radius_node(&self, name: &str, network: &str, mode: &str) -> AuthNodeId {
        let typed = Typed {
            name: name.into(),
            kind: "radius".into(),
            network: network.into(),
            mode: mode.into(),
            secret: SECRET.into(),
        };
        let new = New::parse(&typed).expect("it is typed well");
        authentication::new::add(&self.desk, &Who::command_line(), self.now(), &new).expect("it is new").id
    }

    /// What a server knows of the auth nodes now.
    pub fn listener(&self) -> Listener {
        let listener = Listener::default();
        listener.read(&self.desk, self.now()).expect("they can be read");
        listener
    }
}

/// A server with a socket; it ends with the test.
pub struct Server {
    pub port: u16,
    stop: CancellationToken,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    /// Answers for this desk; the auth nodes are there before.
    pub fn start(desk: &Desk) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        socket.set_nonblocking(true).expect("it can be set");
        let port = socket.local_addr().expect("it is bound").port();
        let (desk, stop) = (desk.clone(), CancellationToken::new());
        let ending = stop.clone();
        let thread = thread::spawn(move || System::new().block_on(commands::radius::serve(desk, socket, ending)));
        Server { port, stop, thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the radclient of FreeRADIUS says when it sends these lines to a port of this machine: what it received, or that
/// nothing came.
pub fn radclient(port: u16, kind: &str, secret: &str, lines: &str) -> String {
    radclient_trying(port, kind, secret, lines, "1", "5")
}

/// As [`radclient`], so often and with so many seconds between.
pub fn radclient_trying(port: u16, kind: &str, secret: &str, lines: &str, times: &str, seconds: &str) -> String {
    use std::io::Write as _;
    let mut process = Command::new("radclient")
        .args(["-x", "-r", times, "-t", seconds, &format!("127.0.0.1:{port}"), kind, secret])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("radclient is there; tests/run installs it");
    process.stdin.take().expect("a pipe").write_all(lines.as_bytes()).expect("it reads");
    let output = process.wait_with_output().expect("it ends");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
