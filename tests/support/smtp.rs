//! A mail server of ours on loopback: takes what it is given and remembers it, or makes trouble as it is told.

use std::{
    sync::{Arc, Condvar, Mutex, mpsc},
    thread,
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, pki_types::PrivatePkcs8KeyDer},
};

/// What it does with a message to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manner {
    /// 250 to everything.
    Accept,
    /// This answer to RCPT: "451 4.7.1 Greylisted" or "550 5.1.1 No such user".
    AtRcpt(&'static str),
    /// This answer to the message itself.
    AtData(&'static str),
    /// No answer to RCPT, ever.
    Stall,
    /// The connection ends instead of an answer to RCPT.
    DropAtRcpt,
    /// The connection ends in the middle of the message.
    DropBeforeData,
    /// The message is taken, but the connection ends before the answer.
    DropAfterData,
}

/// A message it took.
#[derive(Clone, Debug)]
pub struct Received {
    pub hello: String,
    pub from: String,
    pub to: Vec<String>,
    pub data: String,
    /// It came through TLS.
    pub encrypted: bool,
    /// The user and password it was sent with.
    pub user: Option<String>,
    /// The number of the connection, from 1.
    pub connection: usize,
}

type Rule = dyn Fn(&str, usize) -> Manner + Send + Sync;

struct State {
    received: Mutex<Vec<Received>>,
    arrived: Condvar,
    tries: Mutex<Vec<String>>,
    connections: Mutex<usize>,
    rule: Box<Rule>,
    setup: Setup,
    acceptor: Option<TlsAcceptor>,
    stop: Notify,
}

/// How it greets.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// STARTTLS is offered, with a certificate made for this test.
    pub starttls: bool,
    /// TLS from the first byte.
    pub implicit_tls: bool,
    /// AUTH is demanded, with this user and password.
    pub auth: Option<(&'static str, &'static str)>,
    /// Every connection is answered with this instead of a greeting.
    pub greeting: Option<&'static str>,
    /// MAIL is answered with this.
    pub at_mail: Option<&'static str>,
    /// A connection ends without a word after so many messages.
    pub letters_a_connection: Option<usize>,
}

/// The running server.
pub struct Sink {
    pub port: u16,
    /// The certificate, in PEM.
    pub certificate: String,
    state: Arc<State>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Sink {
    /// One that accepts everything.
    pub fn new() -> Self {
        Sink::with(Setup::default(), |_, _| Manner::Accept)
    }

    /// One that treats addresses as `rule` says, from the address and the number of tries to it before.
    pub fn ruled(rule: impl Fn(&str, usize) -> Manner + Send + Sync + 'static) -> Self {
        Sink::with(Setup::default(), rule)
    }

    /// One that greets as `setup` says.
    pub fn with(setup: Setup, rule: impl Fn(&str, usize) -> Manner + Send + Sync + 'static) -> Self {
        let (acceptor, certificate) = if setup.starttls || setup.implicit_tls {
            let (acceptor, pem) = certificate();
            (Some(acceptor), pem)
        } else {
            (None, String::new())
        };
        let state = Arc::new(State {
            received: Mutex::default(),
            arrived: Condvar::new(),
            tries: Mutex::default(),
            connections: Mutex::default(),
            rule: Box::new(rule),
            setup,
            acceptor,
            stop: Notify::new(),
        });
        let (send, port) = mpsc::channel();
        let shared = state.clone();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                send.send(listener.local_addr().expect("it is bound").port()).expect("the test waits");
                loop {
                    tokio::select! {
                        () = shared.stop.notified() => break,
                        Ok((stream, _)) = listener.accept() => { tokio::spawn(serve(stream, shared.clone())); }
                    }
                }
            });
        });
        Sink { port: port.recv().expect("the sink listens"), certificate, state, thread: Some(thread) }
    }

    /// `smtp://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// What it took, in order.
    pub fn received(&self) -> Vec<Received> {
        self.state.received.lock().expect("no thread panics with it").clone()
    }

    /// Waits until it took `count` messages; fails the test after half a minute.
    #[track_caller]
    pub fn wait_for(&self, count: usize) {
        let list = self.state.received.lock().expect("no thread panics with it");
        let half_a_minute = Duration::from_secs(30);
        let waiting = |list: &mut Vec<Received>| list.len() < count;
        let (list, out) =
            self.state.arrived.wait_timeout_while(list, half_a_minute, waiting).expect("no thread panics with it");
        assert!(!out.timed_out(), "only {} of {count} messages came", list.len());
    }

    /// The addresses of all tries, in order.
    pub fn tries(&self) -> Vec<String> {
        self.state.tries.lock().expect("no thread panics with it").clone()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.state.stop.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn certificate() -> (TlsAcceptor, String) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).expect("a certificate");
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = tokio_rustls::rustls::crypto::ring::default_provider();
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .expect("the provider knows TLS 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .expect("the key is of the certificate");
    (TlsAcceptor::from(Arc::new(config)), made.cert.pem())
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    let number = {
        let mut connections = state.connections.lock().expect("no thread panics with it");
        *connections += 1;
        *connections
    };
    let mut talk = Talk { number, hello: String::new(), encrypted: false, user: None, letters: 0 };
    if state.setup.implicit_tls {
        talk.encrypted = true;
        let acceptor = state.acceptor.clone().expect("it was made");
        if let Ok(stream) = acceptor.accept(stream).await {
            talk.over(BufReader::new(stream), &state, true).await;
        }
        return;
    }
    let Some(plain) = talk.over(BufReader::new(stream), &state, true).await else { return };
    talk.encrypted = true;
    let acceptor = state.acceptor.clone().expect("it was offered");
    if let Ok(stream) = acceptor.accept(plain.into_inner()).await {
        talk.over(BufReader::new(stream), &state, false).await;
    }
}

struct Talk {
    number: usize,
    hello: String,
    encrypted: bool,
    user: Option<String>,
    letters: usize,
}

impl Talk {
    /// Talks until the end, or until STARTTLS, and then hands the stream back.
    async fn over<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        mut stream: BufReader<S>,
        state: &State,
        greet: bool,
    ) -> Option<BufReader<S>> {
        if greet {
            say(&mut stream, state.setup.greeting.unwrap_or("220 sink ESMTP")).await?;
        }
        let (mut from, mut to) = (String::new(), Vec::new());
        let mut manner = Manner::Accept;
        loop {
            let line = hear(&mut stream).await?;
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    self.hello = line[4..].trim().to_owned();
                    let mut lines = vec!["sink", "8BITMIME"];
                    if state.setup.starttls && !self.encrypted {
                        lines.push("STARTTLS");
                    }
                    if state.setup.auth.is_some() {
                        lines.push("AUTH PLAIN");
                    }
                    let last = lines.len() - 1;
                    for (n, word) in lines.into_iter().enumerate() {
                        say(&mut stream, &format!("250{}{word}", if n == last { ' ' } else { '-' })).await?;
                    }
                }
                "STARTTLS" => {
                    say(&mut stream, "220 go").await?;
                    return Some(stream);
                }
                "AUTH" => {
                    let given = line.rsplit(' ').next().unwrap_or_default();
                    let plain = data_encoding::BASE64.decode(given.as_bytes()).unwrap_or_default();
                    let plain = String::from_utf8_lossy(&plain).replace('\0', " ").trim().to_owned();
                    let right = state.setup.auth.is_some_and(|(user, password)| plain == format!("{user} {password}"));
                    self.user = right.then_some(plain);
                    say(&mut stream, if right { "235 2.7.0 ok" } else { "535 5.7.8 wrong" }).await?;
                }
                "MAIL" if state.setup.at_mail.is_some() => {
                    say(&mut stream, state.setup.at_mail.unwrap_or_default()).await?;
                }
                "MAIL" if state.setup.auth.is_some() && self.user.is_none() => {
                    say(&mut stream, "530 5.7.0 authentication required").await?;
                }
                "MAIL" => {
                    from = between(&line);
                    to.clear();
                    say(&mut stream, "250 2.1.0 ok").await?;
                }
                "RCPT" => {
                    let address = between(&line);
                    let before = {
                        let mut tries = state.tries.lock().expect("no thread panics with it");
                        let before = tries.iter().filter(|known| **known == address).count();
                        tries.push(address.clone());
                        before
                    };
                    manner = (state.rule)(&address, before);
                    to.push(address);
                    match &manner {
                        Manner::AtRcpt(answer) => say(&mut stream, answer).await?,
                        Manner::Stall => tokio::time::sleep(Duration::from_secs(3600)).await,
                        Manner::DropAtRcpt => return None,
                        _ => say(&mut stream, "250 2.1.5 ok").await?,
                    }
                }
                "DATA" => {
                    say(&mut stream, "354 go on").await?;
                    if manner == Manner::DropBeforeData {
                        hear(&mut stream).await?;
                        return None;
                    }
                    let mut data = String::new();
                    loop {
                        let line = hear(&mut stream).await?;
                        if line == "." {
                            break;
                        }
                        data.push_str(line.strip_prefix('.').unwrap_or(&line));
                        data.push_str("\r\n");
                    }
                    let received = Received {
                        hello: self.hello.clone(),
                        from: from.clone(),
                        to: to.clone(),
                        data,
                        encrypted: self.encrypted,
                        user: self.user.clone(),
                        connection: self.number,
                    };
                    if let Manner::AtData(answer) = manner {
                        say(&mut stream, answer).await?;
                        continue;
                    }
                    state.received.lock().expect("no thread panics with it").push(received);
                    state.arrived.notify_all();
                    if manner == Manner::DropAfterData {
                        return None;
                    }
                    self.letters += 1;
                    say(&mut stream, &format!("250 2.0.0 queued as {}", self.letters)).await?;
                    if state.setup.letters_a_connection == Some(self.letters) {
                        return None;
                    }
                }
                "RSET" | "NOOP" => say(&mut stream, "250 2.0.0 ok").await?,
                "QUIT" => {
                    say(&mut stream, "221 2.0.0 bye").await?;
                    return None;
                }
                _ => say(&mut stream, "500 5.5.1 what?").await?,
            }
        }
    }
}

async fn say<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>, line: &str) -> Option<()> {
    stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await.ok()?;
    stream.get_mut().flush().await.ok()
}

async fn hear<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<String> {
    let mut line = Vec::new();
    match stream.read_until(b'\n', &mut line).await {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned()),
    }
}

fn between(line: &str) -> String {
    line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(address, _)| address).to_owned()
}
