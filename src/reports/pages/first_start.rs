//! The card of the first start on the Snapshot, and what is sent from it.

use crate::{
    clock::{Timestamp, Zone, moment},
    config::Settings,
    english::number,
    operators::{Permission, may, may::Need},
    reports::{
        first_start::{self, Facts, Mail, Step},
        store::first_start::COUNTED,
    },
    web::{Answer, Fields, Flash, Permitted, see_other, segment},
};

/// The session keeps that the list is hidden; it comes back with the next sign-in.
const HIDDEN: &str = "first_start_hidden";

/// The card.
pub struct Card {
    /// The steps.
    pub steps: Vec<Line>,
    /// Needed steps that are done.
    pub done: usize,
    /// Needed steps.
    pub of: usize,
    /// The width of the bar, of 80.
    pub bar: usize,
    /// Only a line with what is done.
    pub hidden: bool,
    /// No task was ever made: the card stands instead of numbers.
    pub empty: bool,
    /// What the server is, in words: name, value, hint, and whether it wants a look.
    pub server: Vec<(&'static str, String, &'static str, bool)>,
}

/// A step as it is drawn.
pub struct Line {
    /// Its number among the steps; empty for one that not everybody wants.
    pub number: String,
    /// What it is called.
    pub words: &'static str,
    /// What was seen of it.
    pub fact: String,
    /// A command or a setting named in it.
    pub code: &'static str,
    /// A mail server's answer, as it was given.
    pub answer: String,
    /// It was seen to be done.
    pub done: bool,
    /// The first that is open: it is unfolded.
    pub current: bool,
    /// Ways to do it, for who may.
    pub links: Vec<(&'static str, String)>,
    /// The form on the card: "test", "backup", or none.
    pub form: &'static str,
    /// Where a test email goes.
    pub to: String,
}

/// The card for whoever looks; `None` if all is done, or it does not concern them.
pub(super) fn card<N: Need>(p: &Permitted<N>, facts: Option<Facts>) -> Option<Card> {
    let facts = facts.filter(|facts| !facts.is_complete())?;
    let hidden = p.session.get::<bool>(HIDDEN).ok().flatten().unwrap_or_default();
    let (done, of) = facts.done();
    let first = Step::ALL.into_iter().find(|step| step.is_needed() && !facts.is_done(*step));
    let mut number = 0;
    let steps = Step::ALL.into_iter().map(|step| {
        number += usize::from(step.is_needed());
        let mut line = line(p, &facts, step);
        line.number = if step.is_needed() { number.to_string() } else { String::new() };
        line.current = first == Some(step);
        line
    });
    Some(Card {
        steps: steps.collect(),
        done,
        of,
        bar: done * 80 / of.max(1),
        hidden,
        empty: facts.empty,
        server: server(&p.desk.settings, &facts),
    })
}

fn line<N: Need>(p: &Permitted<N>, facts: &Facts, step: Step) -> Line {
    let settings = &p.desk.settings;
    let done = facts.is_done(step);
    let mut line = Line {
        number: String::new(),
        words: "",
        fact: String::new(),
        code: "",
        answer: String::new(),
        done,
        current: false,
        links: Vec::new(),
        form: "",
        to: facts.own_address.clone(),
    };
    let mut way = |permission, words, href: &str| {
        if p.may(permission) {
            line.links.push((words, href.to_owned()));
        }
    };
    match step {
        Step::MailServer => {
            if facts.mail == Mail::Trying {
                line.links.push(("Refresh", "/".into()));
            }
            line.words = "Mail server";
            let own = format!("/operators/{}", segment(p.who.name()));
            if facts.mail != Mail::NotSet && p.may(Permission::EditPolicies) {
                match facts.own_address.is_empty() {
                    false if facts.mail != Mail::Trying => line.form = "test",
                    true if !done && p.may(Permission::ManageOperators) => line.links.push(("Add your address", own)),
                    _ => {}
                }
            }
            mail_words(&mut line, facts, settings.zone, p.now);
        }
        Step::HelpDesk => {
            line.words = "Help desk";
            line.fact = match done {
                true => format!("Emails and the portal name {}.", settings.help_desk),
                false => "Emails and the portal name nobody to call. Set this in the settings:".into(),
            };
            line.code = if done { "" } else { "help_desk" };
        }
        Step::TimeZone => {
            line.words = "Time zone";
            let local = settings.zone.local(p.now);
            line.fact = match done {
                true => format!(
                    "{}, where it is {}. A Stop Date ends at 23:59 there.",
                    settings.zone.name(),
                    local.format("%H:%M")
                ),
                false => "Not chosen: a Stop Date ends at 23:59 UTC. Set this in the settings:".into(),
            };
            line.code = if done { "" } else { "time_zone" };
        }
        Step::Users => {
            way(Permission::EditUsers, "Import Users", "/users/import");
            way(Permission::EditUsers, "Create User", "/users/new");
            line.words = "Users";
            line.fact = counted(facts.users, "user", "None yet. They come from a CSV file, or one by one.");
        }
        Step::HardwareTokens => {
            way(Permission::ImportTokens, "Import tokens", "/tokens/import");
            line.words = "Hardware tokens";
            line.fact = counted(facts.devices, "hardware token", "None yet. Only if you want to hand out devices.");
        }
        Step::SecondOperator => {
            way(Permission::ManageOperators, "Add an operator", "/operators/new");
            line.words = "Second operator";
            line.fact = match done {
                true => "More than one operator can sign in.".into(),
                false => {
                    "You are the only one. If you lose your second factor, only the command line lets you in again."
                        .into()
                }
            };
        }
        Step::AuthNode => {
            way(Permission::ManageOperators, "Auth nodes", "/auth-nodes");
            line.words = "Auth node";
            line.fact = match (facts.node_asked_at, facts.nodes) {
                (Some(at), _) => format!("One asked for a one-time password: {}.", moment(settings.zone, p.now, at)),
                (None, 0) => "No VPN, RADIUS server or web application asks for one-time passwords yet.".into(),
                (None, _) => "There is one, and it has not asked yet.".into(),
            };
        }
        Step::Backup => {
            line.words = "Backup";
            match (&facts.backup, facts.postgres) {
                (Some(noted), true) => {
                    let at = moment(settings.zone, p.now, noted.at);
                    line.fact = format!("PostgreSQL is backed up by you, said {} ({at}).", noted.by);
                }
                (Some(noted), false) => {
                    line.fact =
                        format!("Made: {}. Keep the master key elsewhere.", moment(settings.zone, p.now, noted.at));
                }
                (None, true) => {
                    line.fact =
                        "PostgreSQL is backed up by you: it cannot be seen from here. Keep the master key elsewhere."
                            .into();
                    line.form = if p.may(Permission::ManageOperators) { "backup" } else { "" };
                }
                (None, false) => {
                    line.fact = "Never made. Run this every night, and keep the master key elsewhere:".into();
                    line.code = "tokendesk backup";
                }
            }
        }
    }
    line
}

fn mail_words(line: &mut Line, facts: &Facts, zone: Zone, now: Timestamp) {
    let server = &facts.mail_server;
    line.fact = match &facts.mail {
        Mail::NotSet => {
            line.code = "smtp_url";
            "No mail server is set: email waits in the outbox. Set this in the settings and start the server again:"
                .into()
        }
        Mail::Untried => format!("{server}. No email has been accepted yet."),
        Mail::Trying => format!("{server}. Trying; as of {}.", zone.local(now).format("%H:%M")),
        Mail::Refused(answer) => {
            line.answer.clone_from(answer);
            line.code = "smtp_url";
            format!("{server} did not take the test email. Its answer is below. Check")
        }
        Mail::Accepted(at, answer) => {
            line.answer.clone_from(answer);
            format!("{server} accepted an email: {}.", moment(zone, now, *at))
        }
    };
}

/// "12 users.", "More than 1,000 users.", or what is said of none.
fn counted(count: i64, one: &str, none: &str) -> String {
    match count {
        0 => none.to_owned(),
        1 => format!("1 {one}."),
        many if many > COUNTED => format!("More than {} {one}s.", number(COUNTED)),
        many => format!("{} {one}s.", number(many)),
    }
}

/// What the server is; the last of each says whether it wants a look.
fn server(settings: &Settings, facts: &Facts) -> Vec<(&'static str, String, &'static str, bool)> {
    let local = settings.host.starts_with("localhost") || settings.host.starts_with("127.");
    let key = if settings.master_key.is_some() { "In the settings" } else { "In the data folder" };
    vec![
        match (settings.https, local) {
            (true, _) => ("Address", settings.public_url.clone(), "", false),
            (false, true) => ("Address", settings.public_url.clone(), "Nobody else can open it. Set public_url.", true),
            (false, false) => ("Address", settings.public_url.clone(), "Without TLS. Put it behind https.", true),
        },
        ("Database", if facts.postgres { "PostgreSQL".into() } else { "SQLite".into() }, "", false),
        ("Master key", key.to_owned(), "Keep a copy somewhere else.", true),
    ]
}

/// `POST /first-start/test-email`: sends one to the operator's own address.
pub async fn test_email(p: Permitted<may::EditPolicies>) -> Answer {
    let to = p.call(first_start::send_test).await?;
    p.flash(
        &Flash::good(format!("The mail server is asked to take an email to {to}."), "Its answer is below.")
            .link("/", "Refresh"),
    );
    Ok(see_other("/"))
}

/// `POST /first-start/backup`: the organization backs its PostgreSQL up.
pub async fn backup(p: Permitted<may::Everywhere<may::ManageOperators>>) -> Answer {
    p.call(first_start::back_up_ourselves).await?;
    Ok(see_other("/"))
}

/// `POST /first-start/hide`: hides the list until the next sign-in, or shows it again.
pub async fn hide(p: Permitted<may::SignedIn>, form: Fields) -> Answer {
    if form.ticked("show") {
        p.session.remove(HIDDEN);
    } else {
        let kept = p.session.insert(HIDDEN, true);
        kept.map_err(|error| crate::web::Fault::internal(format!("the session does not keep {HIDDEN}: {error}")))?;
    }
    Ok(see_other("/"))
}
