//! What is known when somebody asks why a user cannot enroll.

use chrono::NaiveDate;

use crate::{
    clock::{Timestamp, Zone},
    mail::Email,
    policy::Policy,
    tasks::{
        Status,
        enrollment::status,
        missed::Miss,
        store::{Place, missed::Trace},
    },
    tokens::{Rejected, Rejection, Token, TokenState, lifecycle::is_in_use},
    users::User,
};

/// The facts, as they are at one moment.
pub struct Facts {
    /// The user.
    pub user: User,
    /// The place that is looked at; `None` if the user never was in a task.
    pub place: Option<Place>,
    /// What else is known of it.
    pub trace: Trace,
    /// The newest email about it.
    pub email: Option<Email>,
    /// When its link ended with the address it was sent to.
    pub address_left_at: Option<Timestamp>,
    /// The user's tokens.
    pub tokens: Vec<Token>,
    /// The last rejections of them.
    pub rejections: Vec<Rejection>,
    /// Devices the user could enroll; `None` unless a device is what the place is for.
    pub devices: Option<i64>,
    /// The disabled auth node that knocked of late.
    pub refused_node: Option<(String, Timestamp)>,
    /// The policy.
    pub policy: Policy,
    /// The moment.
    pub now: Timestamp,
    /// The organization's time zone.
    pub zone: Zone,
}

impl Facts {
    /// The organization's date.
    pub fn today(&self) -> NaiveDate {
        self.zone.today(self.now)
    }

    /// The status of the place.
    pub fn status(&self) -> Option<Status> {
        let place = self.place.as_ref()?;
        Some(status(&place.facts, self.policy.attempts_allowed, self.today()))
    }

    /// When something happened, if it was not before the newest email: what was done with an older one no longer counts.
    fn since_email(&self, at: Option<Timestamp>) -> Option<Timestamp> {
        let emailed = self.place.as_ref()?.emailed_at;
        at.filter(|at| emailed.is_none_or(|emailed| *at >= emailed))
    }

    /// When the newest link was opened.
    pub fn opened_at(&self) -> Option<Timestamp> {
        self.since_email(self.place.as_ref()?.opened_at)
    }

    /// When the newest activation code was accepted.
    pub fn code_accepted_at(&self) -> Option<Timestamp> {
        self.since_email(self.place.as_ref()?.code_accepted_at)
    }

    /// When an older link was opened after the newest email had been sent, and the newest link not after that.
    pub fn older_link_at(&self) -> Option<Timestamp> {
        let at = self.since_email(self.place.as_ref()?.older_link_at)?;
        self.opened_at().is_none_or(|opened| at > opened).then_some(at)
    }

    /// The last failed attempt with the newest email.
    pub fn miss(&self) -> Option<Miss> {
        self.trace.miss.filter(|miss| self.since_email(Some(miss.at)).is_some())
    }

    /// The token that this is about: the one that was enrolled, or another one that is in use.
    pub fn token(&self) -> Option<&Token> {
        let enrolled = self.place.as_ref().and_then(|place| place.token);
        let own = self.tokens.iter().find(|token| Some(token.id) == enrolled);
        let in_use = || self.tokens.iter().rev().find(|token| is_in_use(token.state));
        own.filter(|token| is_in_use(token.state)).or_else(in_use).or(own)
    }

    /// Why the last one-time password of that token was rejected, if none was accepted since. One that was used before
    /// need not have counted: the value accepted last does not when it comes again.
    pub fn rejection(&self) -> Option<Rejection> {
        let token = self.token()?;
        let rejection = self.rejections.iter().copied().find(|rejection| rejection.token == token.id)?;
        let came_again =
            rejection.what == Rejected::Used && token.last_used_at.is_some_and(|used| rejection.at >= used);
        (token.failures > 0 || came_again).then_some(rejection)
    }

    /// A device that was given to the user by hand and waits to be enrolled.
    pub fn assigned(&self) -> Option<&Token> {
        self.tokens.iter().find(|token| token.state == TokenState::Assigned)
    }

    /// The disabled auth node, if it refused after the token was last used.
    pub fn node_refused_since_use(&self) -> Option<&(String, Timestamp)> {
        let token = self.token()?;
        let used = token.last_used_at.or(token.bound_at);
        self.refused_node.as_ref().filter(|(_, at)| used.is_none_or(|used| *at >= used))
    }

    /// "today at 09:12", "yesterday at 17:40", "on 2026-11-18 at 11:25".
    pub fn at(&self, at: Timestamp) -> String {
        let local = self.zone.local(at);
        match (self.today() - local.date()).num_days() {
            0 => format!("today at {}", local.format("%H:%M")),
            1 => format!("yesterday at {}", local.format("%H:%M")),
            _ => local.format("on %Y-%m-%d at %H:%M").to_string(),
        }
    }
}
