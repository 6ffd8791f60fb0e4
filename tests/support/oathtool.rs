//! One-time passwords from the program `oathtool`, so that our arithmetic is not compared with itself.

use std::process::Command;

use tokendesk::clock::{Timestamp, unix_seconds};

fn run(arguments: &[&str]) -> String {
    let output = Command::new("oathtool").args(arguments).output().expect("oathtool is installed: see tests/run");
    assert!(output.status.success(), "oathtool {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("digits").trim().to_owned()
}

/// The value of a clock-based token with this base 32 key; `algorithm` is sha1, sha256 or sha512.
pub fn totp(base32: &str, at: Timestamp, algorithm: &str, digits: u32, period: u32) -> String {
    let (now, digits, period) = (format!("@{}", unix_seconds(at)), digits.to_string(), format!("{period}s"));
    run(&[
        &format!("--totp={algorithm}"),
        "--base32",
        "--now",
        &now,
        "--digits",
        &digits,
        "--time-step-size",
        &period,
        base32,
    ])
}

/// The value of a counter-based token with this base 32 key.
pub fn hotp(base32: &str, counter: i64, digits: u32) -> String {
    run(&["--hotp", "--base32", "--counter", &counter.to_string(), "--digits", &digits.to_string(), base32])
}
