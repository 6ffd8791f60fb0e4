//! A letter as the bytes that go to the mail server (RFC 5322, RFC 2045).

use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};

use crate::{
    clock::Timestamp,
    config::Sender,
    mail::{answer::in_dns, letter::Letter},
};

/// An address the mail server takes. A domain beyond ASCII is written as DNS knows it.
pub fn address(text: &str) -> Option<Address> {
    let text = text.trim();
    if text.is_ascii() {
        return text.parse().ok();
    }
    let (local, domain) = text.rsplit_once('@')?;
    let domain = in_dns(domain)?;
    format!("{local}@{domain}").parse().ok()
}

/// The message. `message_id` is the one of the outbox, the same for all tries.
pub fn compose(
    from: &Sender,
    to: &Address,
    message_id: &str,
    now: Timestamp,
    letter: Letter,
) -> Result<Vec<u8>, String> {
    let sender = address(&from.address).ok_or("The setting mail_from holds no address that can be written to.")?;
    let name = Some(from.name.clone()).filter(|name| !name.is_empty());
    let part = |kind: ContentType, body: String| {
        SinglePart::builder().header(kind).header(ContentTransferEncoding::QuotedPrintable).body(body)
    };
    let message = Message::builder()
        .from(Mailbox::new(name, sender))
        .to(Mailbox::new(None, to.clone()))
        .subject(letter.subject)
        .message_id(Some(message_id.to_owned()))
        .raw_header(raw("Date", &now.format("%a, %d %b %Y %H:%M:%S +0000").to_string()))
        // RFC 3834 §5: no out-of-office notes, please; the other line says it to Exchange.
        .raw_header(raw("Auto-Submitted", "auto-generated"))
        .raw_header(raw("X-Auto-Response-Suppress", "All"))
        .multipart(
            MultiPart::alternative()
                .singlepart(part(ContentType::TEXT_PLAIN, letter.text))
                .singlepart(part(ContentType::TEXT_HTML, letter.html)),
        )
        .map_err(|error| format!("The message cannot be written: {error}."))?;
    Ok(message.formatted())
}

fn raw(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_no_server_takes_are_refused() {
        for wrong in
            ["", "nobody", "a b@example.org", "a@", "@example.org", "a@example.org\r\nRCPT TO:<b@c>", "<a@b.c>"]
        {
            assert!(address(wrong).is_none(), "{wrong:?}");
        }
        assert!(address("t.adeyemi@example.org").is_some());
    }

    #[test]
    fn a_domain_beyond_ascii_is_written_as_dns_knows_it() {
        assert_eq!(address("info@münchen.example").unwrap().to_string(), "info@xn--mnchen-3ya.example");
    }
}
