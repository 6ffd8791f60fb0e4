//! What this browser was told: light or dark, keys or none.

use actix_web::HttpRequest;

use super::cookies;

/// The choices of a theme, as the form sends them and the cookie keeps them.
pub(super) const CHOICES: [&str; 3] = ["light", "dark", "system"];

/// The theme of this browser: "light", "dark", or "" for as the system is.
pub fn theme(request: &HttpRequest) -> &'static str {
    match cookies::THEME.of(request).as_deref() {
        Some("light") => "light",
        Some("dark") => "dark",
        _ => "",
    }
}

pub(super) const OFF: &str = "off";

/// True unless this browser was told to leave keys alone.
pub fn has_shortcuts(request: &HttpRequest) -> bool {
    cookies::SHORTCUTS.of(request).is_none_or(|value| value != OFF)
}
