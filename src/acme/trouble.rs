//! What goes wrong with an authority, in words that say what to do, and how long it is left alone then.

use chrono::Duration;

use super::standing::Standing;
use crate::{
    clock::{Timestamp, Zone},
    config::Acme,
};

/// Minutes until the next try after the first, second and third failure in a row. A setting that is mended at once is tried
/// again soon; the third comes after the hour in which authorities count five failures of a name.
const FIRST_PAUSES: [i64; 3] = [2, 10, 60];

/// Minutes after each later one: a certificate is renewed weeks before its end, and the limits of authorities are by the week.
const LATER_PAUSE: i64 = 12 * 60;

/// The most that is kept of what an authority says, in characters.
const LONGEST_DETAIL: usize = 300;

/// How long nothing is ordered after so many failures in a row.
pub fn pause(failures: i64) -> Duration {
    let nth = usize::try_from(failures - 1).unwrap_or(0);
    Duration::minutes(FIRST_PAUSES.get(nth).copied().unwrap_or(LATER_PAUSE))
}

/// Why the last order failed, and when the next one is tried; `None` if it did not fail.
pub fn sentence(standing: &Standing, zone: Zone) -> Option<String> {
    let Standing { problem, failed_at, next_try_at, .. } = standing;
    let at = |at: Timestamp| zone.local(at).format("%Y-%m-%d %H:%M").to_string();
    (!problem.is_empty()).then(|| {
        let failed = failed_at.map(|failed_at| format!(" This was at {}", at(failed_at))).unwrap_or_default();
        let next = next_try_at.map(|next| format!("; the next try is at {}.", at(next))).unwrap_or_default();
        format!("{problem}{failed}{next}")
    })
}

/// What a problem of this type means (RFC 8555 §6.7), with what the authority says of it.
pub fn words(acme: &Acme, kind: &str, detail: &str) -> String {
    let Acme { host, directory, .. } = acme;
    let what = match kind.rsplit(':').next().unwrap_or_default() {
        "connection" => format!(
            "The authority cannot reach http://{host}/.well-known/acme-challenge/: open port 80 of {host} to it, and lead it to \
             http_listen."
        ),
        "dns" => format!("The authority finds no address of {host}: its name has to lead to this server."),
        "unauthorized" | "incorrectResponse" => format!(
            "Something else than Tokendesk answers at port 80 of {host}: lead /.well-known/acme-challenge/ to http_listen."
        ),
        "rateLimited" => format!("The authority issues no more certificates for {host} for a while."),
        "caa" => format!("The CAA records of {host} do not let this authority issue certificates."),
        "rejectedIdentifier" => format!("The authority issues no certificate for {host}."),
        "invalidContact" | "unsupportedContact" => "The authority does not take the address of acme_email.".into(),
        _ => format!("The authority at {directory} refuses."),
    };
    said(&what, detail)
}

/// The sentence with what the authority says behind it, in one line.
fn said(what: &str, detail: &str) -> String {
    let line = detail.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().filter(|letter| !letter.is_control()).take(LONGEST_DETAIL).collect();
    if line.is_empty() { what.to_owned() } else { format!("{what} It says: {}.", line.trim_end_matches('.')) }
}

/// What is said when it cannot be asked at all.
pub fn unreachable(acme: &Acme, why: &str) -> String {
    said(&format!("The authority at {} cannot be asked.", acme.directory), "")
        + &format!(" {}.", why.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acme() -> Acme {
        Acme {
            email: "ops@example.org".into(),
            directory: "https://ca.example/dir".into(),
            host: "tokens.example.org".into(),
            ca: None,
        }
    }

    #[test]
    fn an_authority_that_fails_is_left_alone_for_longer_each_time() {
        let minutes: Vec<i64> = (1..=6).map(|failures| pause(failures).num_minutes()).collect();
        assert_eq!(minutes, [2, 10, 60, 720, 720, 720]);
        // Let's Encrypt counts five failed validations of a name an hour.
        assert!(
            minutes
                .iter()
                .scan(0, |at, pause| {
                    *at += pause;
                    Some(*at)
                })
                .filter(|at| *at < 60)
                .count()
                < 4
        );
    }

    #[test]
    fn what_to_do_is_said_with_what_the_authority_says() {
        let blocked = words(&acme(), "urn:ietf:params:acme:error:connection", "Connection\nrefused.");
        assert!(
            blocked.contains("open port 80 of tokens.example.org") && blocked.ends_with("It says: Connection refused.")
        );
        assert!(words(&acme(), "urn:ietf:params:acme:error:dns", "").ends_with("has to lead to this server."));
        assert!(words(&acme(), "", &"a".repeat(1000)).len() < 450);
    }
}
