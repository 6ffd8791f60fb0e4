//! RADIUS: what becomes of a packet, without a socket (PRODUCT.md §10). [`Listener::receive`] says at once whether there is
//! anything to do, [`Listener::check`] does what needs the database; a caller sends what they answer.

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use chrono::Duration;

use super::{
    check::{self, Caller},
    node::Mode,
    settings::names,
    store,
};
use crate::{
    audit::{Actor, ActorKind},
    clock::Timestamp,
    db,
    desk::Desk,
    error::{Error, Result},
    radius::{Answer, Method, Packet, Proof, Reply, code},
    tally::Fault,
};

mod held;

use held::{Held, HeldNode, HeldSecret};

/// How long a request that comes again gets the same answer, in seconds (RFC 5080 §2.2.2): clients send again within a few.
const ANSWER_SECONDS: i64 = 30;

/// How long a challenge waits for its answer, in minutes: reading and typing six digits, twice if the first ones ran out.
pub(super) const CHALLENGE_MINUTES: i64 = 2;

/// What a challenge says, and the Reply-Message of a reject: the same whatever the reason is.
pub(super) const CHALLENGE: &str = "Enter your one-time password";
pub(super) const REJECTED: &str = "Your sign-in was rejected.";

/// Requests that were answered up to then are answered anew.
pub(super) fn answered_since(now: Timestamp) -> Timestamp {
    now - Duration::seconds(ANSWER_SECONDS)
}

/// The auth nodes, and the requests that are under way; one for each server.
#[derive(Default)]
pub struct Listener {
    held: RwLock<Held>,
    under_way: Mutex<HashSet<Request>>,
}

/// What tells one request from another: address, port, identifier and authenticator (RFC 5080 §2.2.2).
type Request = Vec<u8>;

/// What is to be done about a packet.
pub enum Next {
    /// Nothing.
    Nothing,
    /// It is answered.
    Send(Vec<u8>),
    /// [`Listener::check`] answers it.
    Check(Question),
}

/// A packet that is worth a look into the database.
pub struct Question {
    held: Arc<HeldNode>,
    secret: usize,
    datagram: Vec<u8>,
    from: SocketAddr,
    request: Request,
}

impl Listener {
    /// Reads the auth nodes; those held before stay if the database is away.
    ///
    /// # Errors
    /// `Internal` if a secret does not open.
    pub fn read(&self, desk: &Desk, now: Timestamp) -> Result<()> {
        let held = Held::read(desk, now)?;
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = held;
        Ok(())
    }

    /// What is to be done about a datagram. It looks at nothing but memory.
    pub fn receive(&self, desk: &Desk, now: Timestamp, from: SocketAddr, datagram: &[u8]) -> Next {
        let ip = from.ip().to_canonical();
        let packet = Packet::read(datagram);
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner).at(ip);
        let Some(held) = held else {
            desk.tally.stranger(ip, packet.map(|packet| packet.code()), datagram.len(), now);
            return Next::Nothing;
        };
        let (secrets, tried) = (held.secrets(now).collect::<Vec<_>>(), packet.ok_or(Fault::NotWhole));
        let secret = match tried.and_then(|packet| signer(&packet, &secrets, held.node.settings.takes_unsigned)) {
            Ok(secret) => secret,
            Err(fault) => {
                desk.tally.count(held.node.id, |counts| counts.unanswered += 1);
                note_fault(desk, now, &held, fault, from);
                return Next::Nothing;
            }
        };
        let Some(packet) = packet else { return Next::Nothing };
        desk.tally.secret(secrets[secret].id, now);
        let fault = if packet.code() == code::ACCESS_REQUEST {
            cannot_be_checked(&packet, &held, secrets[secret])
        } else {
            None
        };
        if let Some(fault) = fault.filter(|_| held.node.disabled_at.is_none()) {
            desk.tally.count(held.node.id, |counts| counts.rejected += 1);
            note_fault(desk, now, &held, fault, from);
            let reply = reject(&held).to(&packet, &secrets[secret].bytes);
            return reply.map_or(Next::Nothing, Next::Send);
        }
        let request = request(from, &packet);
        if !self.under_way.lock().unwrap_or_else(PoisonError::into_inner).insert(request.clone()) {
            return Next::Nothing;
        }
        let secret = held.secrets(now).take(secret).count();
        Next::Check(Question { secret, datagram: datagram.to_vec(), from, request, held: held.clone() })
    }

    /// Forgets a question that nobody has time for; when it comes again it is a new one.
    pub fn forget(&self, question: &Question) {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&question.request);
    }

    /// Answers a question; `None`: it gets no answer, since its auth node is disabled or the database is away.
    pub fn check(&self, desk: &Desk, now: Timestamp, question: Question) -> Option<Vec<u8>> {
        let answer = answer(desk, now, &question);
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&question.request);
        match answer {
            Ok(answer) => answer,
            Err(error) => {
                let node = question.held.node.name.as_str();
                tracing::warn!(node, from = %question.from, "a RADIUS request gets no answer: {error}");
                desk.tally.count(question.held.node.id, |counts| counts.unanswered += 1);
                None
            }
        }
    }
}

/// Which of the secrets signed the packet. Of one without Message-Authenticator, where that is taken, the one that shows a
/// password that somebody can have typed.
fn signer(packet: &Packet, secrets: &[&HeldSecret], takes_unsigned: bool) -> Result<usize, Fault> {
    if !matches!(packet.code(), code::ACCESS_REQUEST | code::STATUS_SERVER) {
        return Err(Fault::OtherCode);
    }
    match secrets.iter().position(|secret| packet.proof(&secret.bytes) == Proof::Right) {
        Some(signer) => return Ok(signer),
        None if packet.proof(&[]) != Proof::None => return Err(Fault::OtherSecret),
        // Status-Server has one in any case (RFC 5997 §3).
        None if !takes_unsigned || packet.code() == code::STATUS_SERVER => return Err(Fault::NoMessageAuthenticator),
        None => {}
    }
    if packet.method() != Method::Pap {
        return if secrets.is_empty() { Err(Fault::OtherSecret) } else { Ok(0) };
    }
    let shows_text = |secret: &&HeldSecret| {
        let shown = packet.password(&secret.bytes);
        shown.is_none_or(|shown| std::str::from_utf8(&shown).is_ok_and(|text| !text.contains(char::is_control)))
    };
    secrets.iter().position(shows_text).ok_or(Fault::OtherSecret)
}

/// What makes a request one that can only be rejected.
fn cannot_be_checked(packet: &Packet, held: &HeldNode, secret: &HeldSecret) -> Option<Fault> {
    let asks_for_challenge = held.node.settings.mode == Mode::Challenge && packet.first(code::STATE).is_none();
    match packet.method() {
        Method::Chap => Some(Fault::Chap),
        Method::MsChap => Some(Fault::MsChap),
        Method::Eap => Some(Fault::Eap),
        _ if packet.user_name().is_none_or(|name| name.trim().is_empty()) => Some(Fault::NoPassword),
        // What the first request holds is not looked at.
        _ if asks_for_challenge => None,
        Method::None => Some(Fault::NoPassword),
        Method::Pap => packet.password(&secret.bytes).is_none().then_some(Fault::NoPassword),
    }
}

fn note_fault(desk: &Desk, now: Timestamp, held: &HeldNode, fault: Fault, from: SocketAddr) {
    if desk.tally.fault(held.node.id, fault, now) {
        let node = held.node.name.as_str();
        tracing::warn!(node, from = %from, fault = fault.code(), "an auth node asks by RADIUS in a way that cannot be answered");
    }
}

fn request(from: SocketAddr, packet: &Packet) -> Request {
    let mut request = from.to_string().into_bytes();
    request.push(packet.identifier());
    request.extend(packet.authenticator());
    request
}

fn reject(held: &HeldNode) -> Reply {
    let reply = Reply::new(Answer::Reject);
    if held.node.settings.sends_message { reply.with_text(code::REPLY_MESSAGE, REJECTED) } else { reply }
}

/// The answer to a question, as bytes.
fn answer(desk: &Desk, now: Timestamp, question: &Question) -> Result<Option<Vec<u8>>> {
    let held = &question.held;
    let Some(packet) = Packet::read(&question.datagram) else { return Ok(None) };
    let Some(secret) = held.secrets(now).nth(question.secret) else { return Ok(None) };
    if packet.code() == code::STATUS_SERVER {
        // Who asks is told that we are there if requests would be answered, and else asks the next server.
        desk.db.read(|conn| store::is_named(conn, &held.node.name))?;
        return Ok(Reply::new(Answer::Accept).to(&packet, &secret.bytes).filter(|_| held.node.disabled_at.is_none()));
    }
    // PostgreSQL keeps no U+0000: nobody is called so.
    let typed_name = packet.user_name().unwrap_or_default().replace('\0', "\u{FFFD}");
    let names = names(&typed_name, held.node.settings.strips_realm);
    if held.node.disabled_at.is_some() {
        check::note_signed_turned_away(desk, now, held.node.id, &names)?;
        return Ok(None);
    }
    let id = data_encoding::HEXLOWER.encode(&desk.random.bytes::<6>());
    let too_long = || Error::Internal("the answer would be longer than a RADIUS packet may be".into());
    let seal = |reply: Reply| reply.to(&packet, &secret.bytes).ok_or_else(too_long);
    let since = answered_since(now);
    let challenge = held.node.settings.mode == Mode::Challenge;
    let user_key = db::key(names.last().map(String::as_str).unwrap_or_default());
    let state = packet.first(code::STATE).filter(|_| challenge);
    let answered = if challenge && state.is_none() {
        let state = desk.random.bytes::<16>();
        let reply = Reply::new(Answer::Challenge).with_text(code::REPLY_MESSAGE, CHALLENGE).with(code::STATE, &state);
        let bytes = seal(reply)?;
        let ends_at = now + Duration::minutes(CHALLENGE_MINUTES);
        desk.db
            .write(|conn| {
                store::radius::keep_challenge(conn, &state, held.node.id, &user_key, ends_at)?;
                store::radius::keep_answer(conn, now, &question.request, &bytes, since)
            })
            .map(|()| ("challenge", bytes))
    } else {
        let shown = packet.password(&secret.bytes).unwrap_or_default();
        let typed = zeroize::Zeroizing::new(String::from_utf8_lossy(&shown).replace('\0', "\u{FFFD}"));
        let actor = Actor {
            kind: ActorKind::AuthNode,
            name: held.node.name.clone(),
            role: String::new(),
            address: question.from.ip().to_canonical().to_string(),
            request: id.clone(),
        };
        let caller =
            Caller { node: held.node.id, actor, last_used_at: held.node.last_used_at, settings: held.node.settings };
        let asked = check::Question { names: &names, typed: &typed };
        let may_ask = |conn: &mut db::AnyConn| match state {
            Some(state) => store::radius::take_challenge(conn, now, state, held.node.id, &user_key),
            None => Ok(true),
        };
        check::ask(desk, &caller, now, &asked, may_ask, |conn, person, accepted| {
            let mut reply = if accepted { Reply::new(Answer::Accept) } else { reject(held) };
            let settings = &held.node.settings;
            if let Some(user) = person.id.filter(|_| accepted && (settings.sends_class || settings.sends_filter_id)) {
                let container = store::radius::container_of(conn, user)?;
                if settings.sends_class {
                    reply = reply.with_text(code::CLASS, &container);
                }
                if settings.sends_filter_id {
                    reply = reply.with_text(code::FILTER_ID, &container);
                }
            }
            let bytes = seal(reply)?;
            store::radius::keep_answer(conn, now, &question.request, &bytes, since)?;
            Ok((if accepted { "accept" } else { "reject" }, bytes))
        })
    };
    let (what, bytes) = match answered {
        Err(Error::Conflict(_)) => {
            let Some(bytes) = desk.db.read(|conn| store::radius::answer(conn, &question.request, since))? else {
                return Ok(None);
            };
            desk.tally.count(held.node.id, |counts| counts.repeated += 1);
            ("the same again", bytes)
        }
        // Guesses cost the client no timeout, or it would take this server for dead for everybody.
        Err(Error::TooMany(_)) => match desk.db.read(|conn| store::radius::answer(conn, &question.request, since))? {
            Some(bytes) => ("the same again", bytes),
            None => ("reject, too many", seal(reject(held))?),
        },
        other => other?,
    };
    tracing::info!(request = %id, node = %held.node.name, from = %question.from, answer = what, "RADIUS");
    Ok(Some(bytes))
}
