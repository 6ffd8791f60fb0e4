//! What a mail server meant by an answer (RFC 3463 §3; RFC 5321 §4.2.3).

/// Why an email did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The mailbox is full.
    MailboxFull,
    /// There is no such address.
    NoSuchAddress,
    /// It was refused for now until it was too late.
    TooLate,
    /// Anything else: a policy, a filter, a size.
    Other,
}

impl Refusal {
    /// Reads a mail server's answer. The enhanced code counts before the plain one, which many servers use loosely.
    pub fn of(answer: &str) -> Self {
        let words = || answer.split(|c: char| c.is_whitespace() || matches!(c, '-' | '(' | ')' | ':'));
        let enhanced = words().find(|word| is_enhanced(word));
        if let Some(code) = enhanced {
            return match code.split_once('.') {
                Some((_, "2.2")) => Refusal::MailboxFull,
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
        ] {
            assert_eq!(Refusal::of(answer), refusal, "{answer}");
        }
    }
}
