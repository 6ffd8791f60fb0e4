//! What a mail server meant by an answer (RFC 3463 §3; RFC 5321 §4.2.3).

/// Why an email did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The mailbox is full.
    MailboxFull,
    /// There is no such address.
    NoSuchAddress,
    /// Our mail server does not pass on email for us: a matter of its settings, and nobody's mailbox.
    RelayDenied,
    /// We are refused, whoever it is for: our sender's address, our domain's rules, our server's name.
    SenderRefused,
    /// It was refused for now until it was too late.
    TooLate,
    /// Anything else: a policy, a filter, a size.
    Other,
}

impl Refusal {
    /// Reads a mail server's answer. The enhanced code counts before the plain one, which many servers use loosely.
    pub fn of(answer: &str) -> Self {
        let said = answer.to_lowercase();
        // "User unknown in relay recipient table" is about the user.
        if said.contains("relay") && !said.contains("relay recipient table") {
            return Refusal::RelayDenied;
        }
        if ["authentication required", "must issue a starttls", "not authenticated"]
            .iter()
            .any(|words| said.contains(words))
        {
            return Refusal::RelayDenied;
        }
        let words = || answer.split(|c: char| c.is_whitespace() || matches!(c, '-' | '(' | ')' | ':'));
        let enhanced = words().find(|word| is_enhanced(word));
        if let Some(code) = enhanced {
            return match code.split_once('.') {
                Some((_, "2.2")) => Refusal::MailboxFull,
                // RFC 7372 §3: SPF, DKIM, DMARC, the name of the server.
                Some((_, "1.7" | "1.8" | "7.20" | "7.21" | "7.22" | "7.23" | "7.24" | "7.25" | "7.26" | "7.27")) => {
                    Refusal::SenderRefused
                }
                Some((_, rest)) if rest.starts_with("7.") && is_about_sender(&said) => Refusal::SenderRefused,
                Some((_, "1.1" | "1.2" | "1.3" | "1.6" | "1.10" | "2.1")) => Refusal::NoSuchAddress,
                Some(("4", _)) => Refusal::TooLate,
                _ => Refusal::Other,
            };
        }
        match words().find(|word| word.len() == 3 && word.bytes().all(|c| c.is_ascii_digit())) {
            Some("552" | "452") => Refusal::MailboxFull,
            Some("550" | "551" | "553") => Refusal::NoSuchAddress,
            Some(code) if code.starts_with('5') => Refusal::Other,
            // No code at all: nobody answered.
            _ => Refusal::TooLate,
        }
    }
}

impl Refusal {
    /// True if nobody answered at all: there is no code in it, or one of our own side (RFC 3463 §3.5).
    pub fn is_silence(answer: &str) -> bool {
        let code = |word: &str| {
            word.len() == 3
                && matches!(word.as_bytes()[0], b'2' | b'4' | b'5')
                && word.bytes().all(|c| c.is_ascii_digit())
        };
        let mut words = answer.split(|c: char| c.is_whitespace() || matches!(c, '-' | '(' | ')' | ':'));
        !words.any(|word| code(word) || is_enhanced(word))
    }
}

/// True if a policy's words name us and not what was sent: lists of refused servers, rules of the sender's domain.
fn is_about_sender(said: &str) -> bool {
    ["spf", "dmarc", "blocklist", "blacklist", "blocked using", "client host", "sender address", "reputation"]
        .iter()
        .any(|words| said.contains(words))
}

/// `5.1.1`: a class of 2, 4 or 5, then two numbers.
fn is_enhanced(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let number = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_digit());
    parts.len() == 3 && matches!(parts[0], "2" | "4" | "5") && parts[1..].iter().all(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart() {
        for (answer, refusal) in [
            ("552 5.2.2 Mailbox full", Refusal::MailboxFull),
            ("452 4.2.2 Over quota", Refusal::MailboxFull),
            ("550 5.1.1 No such user here", Refusal::NoSuchAddress),
            ("553 mailbox name not allowed", Refusal::NoSuchAddress),
            ("550-5.1.10 RESOLVER.ADR.RecipientNotFound", Refusal::NoSuchAddress),
            ("550 5.7.1 Message rejected as spam", Refusal::Other),
            ("554 Transaction failed", Refusal::Other),
            ("451 4.7.1 Greylisted, try again", Refusal::TooLate),
            ("connection refused", Refusal::TooLate),
            ("554 5.7.1 <a@b.example>: Relay access denied", Refusal::RelayDenied),
            ("550 5.7.1 Relaying denied", Refusal::RelayDenied),
            ("550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", Refusal::RelayDenied),
            ("550 relay not permitted", Refusal::RelayDenied),
            ("530 5.7.0 Authentication required", Refusal::RelayDenied),
            ("550 5.1.1 <a@b.example>: User unknown in relay recipient table", Refusal::NoSuchAddress),
            ("550 5.7.23 SPF validation failed", Refusal::SenderRefused),
            ("550 5.7.1 Client host blocked using a blocklist", Refusal::SenderRefused),
            ("550 5.7.1 Email rejected per DMARC policy", Refusal::SenderRefused),
        ] {
            assert_eq!(Refusal::of(answer), refusal, "{answer}");
        }
        assert!(Refusal::is_silence("connection refused"));
        assert!(!Refusal::is_silence("451 Try later") && !Refusal::is_silence("4.7.1 Greylisted"));
    }
}
