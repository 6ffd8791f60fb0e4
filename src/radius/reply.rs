//! What is answered.

use super::{ATTRIBUTE_MOST, HEADER, LONGEST, Packet, SUM, code, keyed_sum, sum};

/// Where the Message-Authenticator of a reply begins: it is the first attribute (CVE-2024-3596).
const PROOF: usize = HEADER + 2;

/// The kinds of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Access-Accept.
    Accept,
    /// Access-Reject.
    Reject,
    /// Access-Challenge.
    Challenge,
}

/// An answer that is being written.
#[derive(Clone, Debug)]
pub struct Reply {
    answer: Answer,
    attributes: Vec<u8>,
}

impl Reply {
    /// One that holds nothing but its answer.
    pub fn new(answer: Answer) -> Self {
        Reply { answer, attributes: Vec::new() }
    }

    /// With an attribute more; what is too long for one is cut.
    #[must_use]
    pub fn with(mut self, kind: u8, content: &[u8]) -> Self {
        let content = &content[..content.len().min(ATTRIBUTE_MOST)];
        self.attributes.extend([kind, u8::try_from(content.len() + 2).unwrap_or(u8::MAX)]);
        self.attributes.extend(content);
        self
    }

    /// With a text more; what is too long is cut between two letters.
    #[must_use]
    pub fn with_text(self, kind: u8, text: &str) -> Self {
        let mut end = text.len().min(ATTRIBUTE_MOST);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.with(kind, &text.as_bytes()[..end])
    }

    /// The packet that answers `request`: Message-Authenticator first, the request's Proxy-States as they came last
    /// (RFC 2865 §5.33), signed with `secret`. `None` if it would be longer than a packet may be.
    pub fn to(&self, request: &Packet, secret: &[u8]) -> Option<Vec<u8>> {
        let code = match self.answer {
            Answer::Accept => code::ACCESS_ACCEPT,
            Answer::Reject => code::ACCESS_REJECT,
            Answer::Challenge => code::ACCESS_CHALLENGE,
        };
        let mut bytes = vec![code, request.identifier(), 0, 0];
        bytes.extend(request.authenticator());
        bytes.extend([code::MESSAGE_AUTHENTICATOR, 18]);
        bytes.extend([0; SUM]);
        bytes.extend(&self.attributes);
        for (kind, content) in request.attributes().filter(|(kind, _)| *kind == code::PROXY_STATE) {
            bytes.extend([kind, u8::try_from(content.len() + 2).ok()?]);
            bytes.extend(content);
        }
        let length = u16::try_from(bytes.len()).ok().filter(|length| usize::from(*length) <= LONGEST)?;
        bytes[2..4].copy_from_slice(&length.to_be_bytes());
        let proof = keyed_sum(secret, &[&bytes]);
        bytes[PROOF..PROOF + SUM].copy_from_slice(&proof);
        let authenticator = sum(&[&bytes, secret]);
        bytes[4..HEADER].copy_from_slice(&authenticator);
        Some(bytes)
    }
}
