//! What is known when somebody asks why a user cannot enroll.

use chrono::{Duration, NaiveDate};

use crate::{
    audit::Checked,
    clock::{Timestamp, Zone},
    ids::TaskId,
    mail::Email,
    policy::Policy,
    tasks::{Enrollment, Status, Trace, missed::Failure, status::status},
    tokens::{LostReport, Rejected, Rejection, Token, TokenState, lifecycle::is_in_use, temporary::TemporaryCode},
    users::User,
};

/// What was rejected within so many hours is what somebody may call about.
const LATELY_HOURS: i64 = 24;

/// Within so many seconds a client that got no answer in time asks its next server: a few tries of a few seconds each.
const SENT_AGAIN_SECONDS: i64 = 60;

/// The facts, as they are at one moment.
pub struct Facts {
    /// What is so whichever enrollment is looked at.
    pub shared: Shared,
    /// The enrollment that is looked at; `None` if the user never was in a task.
    pub enrollment: Option<Enrollment>,
    /// What else is known of it.
    pub trace: Trace,
    /// The newest email about it.
    pub email: Option<Email>,
    /// When its link ended with the address it was sent to.
    pub address_left_at: Option<Timestamp>,
    /// Devices the user could enroll; `None` unless a device is what the enrollment is for.
    pub devices: Option<i64>,
    /// Somebody has typed the activation code and may still go on with it.
    pub under_way: bool,
    /// The task that this enrollment replaced, whose email was opened after the one of this, and when.
    pub replaced_link: Option<(TaskId, Timestamp)>,
}

/// What is known of a user whichever of their enrollments is looked at.
#[derive(Clone)]
pub struct Shared {
    /// The user.
    pub user: User,
    /// The user's tokens.
    pub tokens: Vec<Token>,
    /// Those of them that were reported lost.
    pub lost: Vec<LostReport>,
    /// The newest temporary code, whether it works or not.
    pub code: Option<TemporaryCode>,
    /// The policy has temporary codes.
    pub gives_codes: bool,
    /// The last rejections of them.
    pub rejections: Vec<Rejection>,
    /// The last checks of the user's one-time passwords, the newest first; empty unless one that was used before was rejected.
    pub checks: Vec<Checked>,
    /// The disabled auth node that this user's sign-in met of late.
    pub refused_node: Option<(String, Timestamp)>,
    /// A User ID that nobody has and that this user may have typed, at the last refused check of it.
    pub mistaken_as: Option<(String, Timestamp)>,
    /// Others of the same name, as far as the operator sees them.
    pub namesakes: Vec<User>,
    /// The policy.
    pub policy: Policy,
    /// True if there is no mail server to send through.
    pub no_mail_server: bool,
    /// The moment.
    pub now: Timestamp,
    /// The organization's time zone.
    pub zone: Zone,
}

impl std::ops::Deref for Facts {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl Facts {
    /// The organization's date.
    pub fn today(&self) -> NaiveDate {
        self.zone.today(self.now)
    }

    /// The status of the enrollment.
    pub fn status(&self) -> Option<Status> {
        let enrollment = self.enrollment.as_ref()?;
        Some(status(&enrollment.facts, self.policy.attempts_allowed, self.today()))
    }

    /// When something happened, if it was not before the newest email: what was done with an older one no longer counts.
    fn since_email(&self, at: Option<Timestamp>) -> Option<Timestamp> {
        let emailed = self.enrollment.as_ref()?.emailed_at;
        at.filter(|at| emailed.is_none_or(|emailed| *at >= emailed))
    }

    /// When the newest link was opened.
    pub fn opened_at(&self) -> Option<Timestamp> {
        self.since_email(self.enrollment.as_ref()?.opened_at)
    }

    /// When the newest activation code was accepted.
    pub fn code_accepted_at(&self) -> Option<Timestamp> {
        self.since_email(self.enrollment.as_ref()?.code_accepted_at)
    }

    /// When an older link was opened after the newest email had been sent, and the newest link not after that.
    pub fn older_link_at(&self) -> Option<Timestamp> {
        let at = self.since_email(self.enrollment.as_ref()?.older_link_at)?;
        self.opened_at().is_none_or(|opened| at > opened).then_some(at)
    }

    /// The last failed attempt with the newest email.
    pub fn miss(&self) -> Option<Failure> {
        self.trace.miss.filter(|miss| self.since_email(Some(miss.at)).is_some())
    }

    /// The token that this is about: the one that was enrolled, or another one that is in use.
    pub fn token(&self) -> Option<&Token> {
        let enrolled = self.enrollment.as_ref().and_then(|enrollment| enrollment.token);
        let own = self.tokens.iter().find(|token| Some(token.id) == enrolled);
        // One that was reported lost is out of the way as long as another one works.
        let works = |token: &&Token| is_in_use(token.state) && self.lost_report(token).is_none();
        let in_use = || self.tokens.iter().rev().find(|token| is_in_use(token.state));
        own.filter(works)
            .or_else(|| self.tokens.iter().rev().find(works))
            .or(own.filter(|token| is_in_use(token.state)))
            .or_else(in_use)
            .or(own)
    }

    /// The temporary code that works.
    pub fn live_code(&self) -> Option<&TemporaryCode> {
        self.code.as_ref().filter(|code| code.ended(self.now).is_none())
    }

    /// The temporary code that has ended of late, and that nothing came after.
    pub fn ended_code(&self) -> Option<(&TemporaryCode, &str)> {
        let code = self.code.as_ref()?;
        let why = code.ended(self.now)?;
        let since = code.ended_at.or(code.last_used_at).unwrap_or(code.ends_at).max(code.given_at);
        let of_late = self.now - since < Duration::hours(LATELY_HOURS);
        (of_late && self.last_success().is_none_or(|success| success < code.given_at)).then_some((code, why))
    }

    /// The report of a token that is Suspended since it was reported lost.
    pub fn lost_report(&self, token: &Token) -> Option<&LostReport> {
        self.lost.iter().find(|report| report.token == token.id)
    }

    /// Why the last one-time password of that token was rejected, if none was accepted since. One that was used before
    /// need not have counted: the value accepted last does not when it comes again.
    pub fn rejection(&self) -> Option<Rejection> {
        let token = self.token()?;
        let rejection = self.rejections.iter().copied().find(|rejection| rejection.token == token.id)?;
        // A value that is sent twice is rejected and does not count: by the time it is still the last that happened.
        let later = token.last_used_at.is_none_or(|used| rejection.at > used);
        let repeated = rejection.what == Rejected::Used && token.last_used_at.is_some_and(|used| rejection.at >= used);
        (token.failures > 0 || later || repeated).then_some(rejection)
    }

    /// The same, if it was of late: what was typed long ago is not what somebody calls about.
    pub fn rejection_of_late(&self) -> Option<Rejection> {
        self.rejection().filter(|rejection| self.now - rejection.at < Duration::hours(LATELY_HOURS))
    }

    /// The check that accepted the value which was then rejected as used, and after how many seconds that came, if that was so
    /// soon that nobody typed it twice: a client that turned to its next server.
    pub fn accepted_just_before(&self) -> Option<(&Checked, &Checked, i64)> {
        let [rejected, accepted, ..] = self.checks.as_slice() else { return None };
        let seconds = (rejected.at - accepted.at).num_seconds();
        let soon = !rejected.accepted && accepted.accepted && seconds <= SENT_AGAIN_SECONDS;
        soon.then_some((accepted, rejected, seconds))
    }

    /// When any of the user's tokens was last accepted.
    fn last_success(&self) -> Option<Timestamp> {
        self.tokens.iter().filter_map(|token| token.last_used_at).max()
    }

    /// A sign-in that was refused at this moment, if none was accepted since.
    fn since_success(&self, at: Timestamp) -> bool {
        self.last_success().is_none_or(|success| at >= success)
    }

    /// A device that was given to the user by hand and waits to be enrolled.
    pub fn assigned(&self) -> Option<&Token> {
        self.tokens.iter().find(|token| token.state == TokenState::Assigned)
    }

    /// The disabled auth node, if this user's sign-in met it after everything else that is known of their sign-ins.
    pub fn node_refused_since_use(&self) -> Option<&(String, Timestamp)> {
        let rejected = self.rejection().map(|rejection| rejection.at);
        let last = |at: Timestamp| self.since_success(at) && rejected.is_none_or(|rejected| at >= rejected);
        self.refused_node.as_ref().filter(|(_, at)| last(*at))
    }

    /// The wrong User ID that was typed, if that was after everything else that is known of the user's sign-ins.
    pub fn mistaken_since_use(&self) -> Option<&(String, Timestamp)> {
        let rejected = self.rejection().map(|rejection| rejection.at);
        let last = |at: Timestamp| self.since_success(at) && rejected.is_none_or(|rejected| at >= rejected);
        self.mistaken_as.as_ref().filter(|(_, at)| last(*at))
    }

    /// When the enrollment session that followed the activation code was over, if it is and nothing was typed in it.
    pub fn session_ended(&self) -> bool {
        self.code_accepted_at().is_some() && !self.under_way
    }

    /// The last thing that is known to have happened to this enrollment or its token: what somebody calls about.
    pub fn last_heard_at(&self) -> Option<Timestamp> {
        let enrollment = self.enrollment.as_ref();
        let email = self.email.as_ref().map(|email| email.bounced_at.unwrap_or_else(|| email.changed_at()));
        let enrolled = enrollment.is_some_and(|enrollment| enrollment.facts.enrolled_at.is_some());
        let rejected = self.rejection().filter(|_| enrolled).map(|rejection| rejection.at);
        [
            self.trace.miss.map(|miss| miss.at),
            enrollment.and_then(|enrollment| enrollment.opened_at),
            enrollment.and_then(|enrollment| enrollment.older_link_at),
            enrollment.and_then(|enrollment| enrollment.code_accepted_at),
            self.address_left_at,
            email,
            rejected,
        ]
        .into_iter()
        .flatten()
        .max()
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
