//! What may be kept of a mail server's answer: one line without the secrets of the email, which servers repeat.

use crate::english::shortened;
use crate::mail::letter::{Secret, masked, one_line};

/// What is kept of an answer, in characters: some servers send a page of links.
pub const ANSWER_LETTERS: usize = 500;

/// What stands for what is not kept.
const HIDDEN: &str = "•••";

/// `answer` as it may be kept; `secret` is what the email held, `shown_to` its address as the outbox shows it.
pub fn keepable(answer: &str, secret: Option<&Secret>, shown_to: &str) -> String {
    let mut answer = one_line(answer);
    if let Some(secret) = secret {
        if let Some(address) = &secret.alternate_to {
            answer = without_address(&answer, address, shown_to);
        }
        for hidden in [&secret.code, &secret.handle].into_iter().flatten() {
            answer = replace_caseless(&answer, hidden, HIDDEN);
        }
    }
    shortened(&answer, ANSWER_LETTERS)
}

/// A domain beyond ASCII as DNS, and so the mail server, knows it; `None` if it is no domain.
pub fn in_dns(domain: &str) -> Option<String> {
    Some(url::Host::parse(domain).ok()?.to_string())
}

/// `answer` without `address`, which was typed for this one email (PRODUCT.md §2), in whatever way the server writes it:
/// whole, the part before the @ alone ("no such user anna"), or the domain alone ("relaying to home.example denied").
fn without_address(answer: &str, address: &str, shown_to: &str) -> String {
    let Some((local, domain)) = address.rsplit_once('@') else { return replace_caseless(answer, address, shown_to) };
    let mask = masked(address);
    let (local_mask, domain_mask) = mask.split_once('@').unwrap_or((HIDDEN, HIDDEN));
    let mut domains = vec![domain.to_owned()];
    domains.extend(in_dns(domain).filter(|dns| dns != domain));
    let mut kept = answer.to_owned();
    for domain in &domains {
        kept = replace_caseless(&kept, &format!("{local}@{domain}"), shown_to);
    }
    for domain in &domains {
        kept = replace_caseless(&kept, domain, domain_mask);
    }
    let words = kept.split(' ').map(|word| {
        // An address that the mailbox forwards to, or that the sender was rewritten to, is nobody's business either.
        if word.contains('@') && !word.contains(shown_to) {
            HIDDEN.to_owned()
        } else {
            replace_whole(word, local, local_mask)
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// `wanted` where no letter or digit stands beside it: "al" is hidden in "user al unknown" and not in "mailbox full, call
/// us". Case is looked through.
fn replace_whole(text: &str, wanted: &str, with: &str) -> String {
    let (small, wanted) = (text.to_ascii_lowercase(), wanted.to_ascii_lowercase());
    if wanted.is_empty() {
        return text.to_owned();
    }
    let mut replaced = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in small.match_indices(&wanted) {
        let before = small[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        let after = small[at + wanted.len()..].chars().next().is_some_and(char::is_alphanumeric);
        if !before && !after {
            replaced.push_str(&text[from..at]);
            replaced.push_str(with);
            from = at + wanted.len();
        }
    }
    replaced.push_str(&text[from..]);
    replaced
}

/// Servers write addresses in the case they like; ASCII letters keep their length, so that positions stay the same.
fn replace_caseless(text: &str, wanted: &str, with: &str) -> String {
    if wanted.is_empty() {
        return text.to_owned();
    }
    let (small, wanted) = (text.to_ascii_lowercase(), wanted.to_ascii_lowercase());
    let mut replaced = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in small.match_indices(&wanted) {
        replaced.push_str(&text[from..at]);
        replaced.push_str(with);
        from = at + wanted.len();
    }
    replaced.push_str(&text[from..]);
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(answer: &str, address: &str) -> String {
        let secret = Secret { alternate_to: Some(address.into()), ..Secret::default() };
        keepable(answer, Some(&secret), &masked(address))
    }

    #[test]
    fn an_alternate_address_is_hidden_however_the_server_writes_it() {
        for (answer, hidden) in [
            ("550 5.1.1 <Anna@Home.Example>: unknown", "550 5.1.1 <a•••@h•••.example>: unknown"),
            ("550 no such user anna", "550 no such user a•••"),
            ("550 \"anna\"@home.example is no user", "550 ••• is no user"),
            ("454 mx7.home.example[192.0.2.7] said: later", "454 mx7.h•••.example[192.0.2.7] said: later"),
            ("551 moved, try anna.berg@work.example", "551 moved, try •••"),
            ("250 2.0.0 queued as ANNA7", "250 2.0.0 queued as ANNA7"),
        ] {
            assert_eq!(kept(answer, "anna@home.example"), hidden);
        }
        assert_eq!(kept("550 <info@xn--mnchen-3ya.example>?", "info@münchen.example"), "550 <i•••@m•••.example>?");
        assert_eq!(kept("550 <info@münchen.example>?", "info@münchen.example"), "550 <i•••@m•••.example>?");
    }

    #[test]
    fn the_answer_to_an_address_of_the_profile_is_kept_as_it_is() {
        let answer = "550 5.1.1 <anna@home.example>: no such user anna";
        assert_eq!(keepable(answer, Some(&Secret::default()), "anna@home.example"), answer);
        assert_eq!(keepable(answer, None, "anna@home.example"), answer);
    }

    #[test]
    fn a_long_answer_is_cut() {
        assert_eq!(shortened(&"x".repeat(600), ANSWER_LETTERS).chars().count(), ANSWER_LETTERS + 1);
    }
}
