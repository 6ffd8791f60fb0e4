//! QR codes, as SVG to be drawn inside a page: an address of its own for the image would hold the secret.

use qrcode::{EcLevel, QrCode, render::svg};

use crate::web::Fault;

/// The QR code of `text`, with the quiet zone of 4 modules that scanners need; always dark on white. Medium error
/// correction: what screens are scanned with. Whoever puts it into a page says what it is.
///
/// # Errors
/// `Internal` if the text does not fit (2,331 bytes).
pub fn unlabeled(text: &str) -> Result<String, Fault> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|error| Fault::internal(format!("a QR code was not made: {error}")))?;
    let drawn = code
        .render::<svg::Color<'_>>()
        .min_dimensions(212, 212)
        .dark_color(svg::Color("#000"))
        .light_color(svg::Color("#fff"))
        .quiet_zone(true)
        .build();
    // The XML prolog does not belong inside HTML.
    let start = drawn.find("<svg").unwrap_or(0);
    Ok(drawn[start..].to_owned())
}

/// As [`unlabeled`], with words for those who do not see it.
pub fn svg(text: &str) -> Result<String, Fault> {
    Ok(unlabeled(text)?.replacen("<svg ", "<svg role=\"img\" aria-label=\"QR code\" ", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_can_stand_in_a_page_under_the_strict_policy() {
        let svg = svg("otpauth://totp/Example:k.lindqvist?secret=GEZDGNBVGY3TQOJQ").unwrap();
        assert!(svg.starts_with("<svg role=") && svg.ends_with("</svg>"), "{svg}");
        assert!(!svg.contains("style") && !svg.contains("<?xml") && !svg.contains("script"), "{svg}");
    }
}
