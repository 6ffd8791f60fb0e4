//! Where the settings come from: flags that all commands have.

use super::renew;
use crate::{
    config::Settings,
    desk::Desk,
    error::{Error, Result},
};
use clap::Args;
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// Where the settings come from: the file, then TOKENDESK_… variables, then these flags.
#[derive(Args, Clone, Debug)]
pub struct ConfigArgs {
    /// The settings file (TOML).
    #[arg(long, short = 'c', value_name = "FILE")]
    config: Option<PathBuf>,
    /// Any setting, as NAME=VALUE; may be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
}

impl ConfigArgs {
    /// Those that name this file.
    pub fn of(config: &Path) -> Self {
        ConfigArgs { config: Some(config.to_owned()), set: Vec::new() }
    }

    /// The settings.
    ///
    /// # Errors
    /// `Internal` with a sentence that says which setting is wrong and why.
    pub fn settings(&self) -> Result<Settings> {
        let flag = |pair: &String| {
            let (name, value) = pair
                .split_once('=')
                .ok_or_else(|| Error::Internal(format!("--set takes NAME=VALUE, but was given “{pair}”.")))?;
            Ok((name.trim().to_owned(), value.to_owned()))
        };
        let flags: Vec<(String, String)> = self.set.iter().map(flag).collect::<Result<_>>()?;
        // A variable that is no text is none of ours.
        let texts = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        Settings::read(self.config.as_deref(), std::env::vars_os().filter_map(texts), &flags)
    }

    /// The desk, with the database at this version.
    ///
    /// # Errors
    /// As [`ConfigArgs::settings`] and [`Desk::open`].
    pub fn desk(&self) -> Result<Desk> {
        let desk = Desk::open(self.settings()?)?.desk;
        renew(&desk)?;
        Ok(desk)
    }
}
