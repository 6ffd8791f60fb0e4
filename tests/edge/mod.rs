//! What comes in from outside, whoever sends it: floods, forged headers, requests that never end, and texts that no
//! database takes.

mod busy;
mod flood;
mod forwarded;
mod full;
mod lines;
mod methods;
mod nul;
mod rounds;
mod slow;
mod stamps;
