//! Accessibility: what ACCESSIBILITY.md says is there, and holds. The checker axe reads every screen in `screens`; here
//! people use the keyboard alone, read large letters, and let the system choose the colors.

mod journeys;
mod keyboard;
mod sizes;
mod statement;
