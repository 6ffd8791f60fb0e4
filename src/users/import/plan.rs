//! What an import does to the database: a plan for every line first, then all of it or nothing.

use std::collections::HashMap;

use crate::{
    audit::{self, Entry, Verb},
    clock::Timestamp,
    counts,
    db::{self, AnyConn},
    error::{Error, Result},
    ids::{ContainerId, UserId},
    mail,
    operators::{Scope, Who},
    users::{
        import::{File, Line, LineOutcome, Outcome, Report},
        store,
        user::{ContainerName, Details, Typed, User, mixed_scripts_warning},
    },
};

/// Sentences about a file that are kept: more are not read by anybody.
const MOST_NOTES: usize = 30;

/// A line that is going to change something.
struct Step {
    /// The user as they are, if they are there.
    user: Option<User>,
    details: Details,
    changes: Vec<(&'static str, String, String)>,
}

/// What an import is going to do.
pub struct Plan {
    /// What becomes of each line.
    pub report: Report,
    steps: Vec<Step>,
}

/// The containers by their keys: the name as it is written, and the row if there is one already.
type Containers = HashMap<String, (String, Option<ContainerId>)>;

impl Plan {
    /// Looks at every line of `file`; changes nothing.
    ///
    /// # Errors
    /// `Invalid` if the container `fallback` is outside of the scope.
    pub fn of(conn: &mut AnyConn, who: &Who, file: &File, fallback: &ContainerName) -> Result<Self> {
        let all = store::containers(conn, &Scope::All)?;
        let hidden: Vec<String> =
            all.iter().filter(|(id, _)| !who.scope.holds(*id)).map(|(_, name)| db::key(name)).collect();
        let mut containers: Containers = all.into_iter().map(|(id, name)| (db::key(&name), (name, Some(id)))).collect();
        let allowed = |containers: &Containers, name: &str| {
            let key = db::key(name);
            !hidden.contains(&key) && (who.scope == Scope::All || containers.contains_key(&key))
        };
        if !allowed(&containers, fallback.as_str()) {
            let name = fallback.as_str();
            return Err(Error::mistake("container", format!("There is no container {name} in your scope.")));
        }
        let keys: Vec<String> = file.lines.iter().map(|line| db::key(&line.typed.user_id)).collect();
        let mut known = store::import::by_keys(conn, &askable(&keys))?;
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let mut plan = Plan { report: Report::default(), steps: Vec::new() };
        plan.report.notes = file.notes.clone();
        for (line, key) in file.lines.iter().zip(&keys) {
            let outcome = match seen.get(key.as_str()) {
                Some(number) if line.problem.is_none() => {
                    Outcome::Refused(format!("This User ID is on line {number} already."))
                }
                _ => plan.step(who, file, line, known.remove(key), fallback, &mut containers, &allowed),
            };
            if !key.is_empty() {
                seen.entry(key).or_insert(line.number);
            }
            let warning =
                if outcome == Outcome::Created { mixed_scripts_warning(&line.typed.user_id) } else { String::new() };
            if !warning.is_empty() && plan.report.notes.len() < MOST_NOTES {
                plan.report.notes.push(format!("Line {}: {warning}", line.number));
            }
            let user_id = line.typed.user_id.clone();
            plan.report.lines.push(LineOutcome { number: line.number, user_id, outcome });
        }
        plan.report.new_containers =
            containers.into_values().filter(|(_, id)| id.is_none()).map(|(name, _)| name).collect();
        plan.report.new_containers.sort();
        Ok(plan)
    }

    #[allow(clippy::too_many_arguments, reason = "one line needs to be seen beside all that came before it")]
    fn step(
        &mut self,
        who: &Who,
        file: &File,
        line: &Line,
        user: Option<User>,
        fallback: &ContainerName,
        containers: &mut Containers,
        allowed: &impl Fn(&Containers, &str) -> bool,
    ) -> Outcome {
        if let Some(problem) = &line.problem {
            return Outcome::Refused(problem.clone());
        }
        if let Some(reason) = &line.passed_over {
            return Outcome::PassedOver(reason.clone());
        }
        if user.as_ref().is_some_and(|user| !who.scope.holds(user.container)) {
            self.report.taken_elsewhere.push(line.typed.user_id.clone());
            return Outcome::Refused(format!("The User ID {} is taken.", line.typed.user_id));
        }
        let before = match &user {
            Some(user) => user.typed(),
            None => {
                Typed { user_id: line.typed.user_id.clone(), container: fallback.as_str().into(), ..Typed::default() }
            }
        };
        let typed = file.over(before.clone(), line);
        let mut details = match Details::parse(&typed) {
            Ok(details) => details,
            Err(mistakes) => return Outcome::Refused(mistakes.to_string()),
        };
        let name = details.container.as_str();
        if !allowed(containers, name) {
            return Outcome::Refused(format!("There is no container {name} in your scope."));
        }
        let container = containers.entry(db::key(name)).or_insert_with(|| (name.to_owned(), None));
        details.container = ContainerName::parse(&container.0).unwrap_or(details.container);
        let changes = before.differences(&details.typed());
        let outcome = match &user {
            None => Outcome::Created,
            Some(_) if changes.is_empty() => return Outcome::Unchanged,
            Some(_) => Outcome::Updated(changes.iter().map(|(label, ..)| *label).collect()),
        };
        self.steps.push(Step { user, details, changes });
        outcome
    }

    /// Writes all of it, with an audit entry for the import and one for each user.
    pub fn apply(&self, conn: &mut AnyConn, who: &Who, now: Timestamp) -> Result<()> {
        counts::will_move(conn)?;
        for name in &self.report.new_containers {
            store::insert_container(conn, now, name)?;
        }
        let containers: HashMap<String, ContainerId> =
            store::containers(conn, &Scope::All)?.into_iter().map(|(id, name)| (db::key(&name), id)).collect();
        let container_of = |details: &Details| {
            let name = details.container.as_str();
            containers.get(&db::key(name)).copied().ok_or_else(|| Error::Internal(format!("no container {name}")))
        };
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for step in &self.steps {
            match &step.user {
                None => new.push((&step.details, container_of(&step.details)?)),
                Some(user) => changed.push((user, &step.details, container_of(&step.details)?)),
            }
        }
        let ids = store::import::insert(conn, now, &new)?;
        store::import::update(conn, now, &changed)?;
        let mut moved: HashMap<ContainerId, Vec<UserId>> = HashMap::new();
        for (user, _, container) in changed.iter().filter(|(user, _, container)| user.container != *container) {
            moved.entry(*container).or_default().push(user.id);
        }
        for (container, users) in &moved {
            mail::follow(conn, users, *container)?;
        }
        let moved: Vec<UserId> = moved.into_values().flatten().collect();
        let readdressed: Vec<(UserId, &str)> = changed
            .iter()
            .filter(|(user, details, _)| user.is_readdressed_by(details))
            .map(|(user, details, _)| (user.id, details.email.as_str()))
            .collect();
        mail::leave_address(conn, now, &readdressed)?;
        counts::moved(conn, &moved)?;

        let mut entries =
            vec![Entry::done(&who.actor, Verb::UsersImport, format!("Imported users: {}", self.report.summary()))];
        for step in &self.steps {
            let user_id = step.details.user_id.as_str();
            match (&step.user, ids.get(&db::key(user_id))) {
                (Some(user), _) => entries.push(super::super::changed(who, user, "Updated by import", &step.changes)),
                (None, Some(id)) => {
                    let sentence = format!("Created the user {user_id} by import");
                    entries.push(Entry::done(&who.actor, Verb::UsersCreate, sentence).user(*id, user_id));
                }
                (None, None) => return Err(Error::Internal(format!("{user_id} was not inserted"))),
            }
        }
        audit::record_all(conn, now, entries)
    }

    /// The new users, in the order of the file.
    pub fn created(&self) -> impl Iterator<Item = Typed> {
        self.steps.iter().filter(|step| step.user.is_none()).map(|step| step.details.typed())
    }

    /// What changes: whose, and the field with its present and its new value.
    pub fn changes(&self) -> impl Iterator<Item = (&User, &(&'static str, String, String))> {
        let updated = self.steps.iter().filter_map(|step| Some((step.user.as_ref()?, &step.changes)));
        updated.flat_map(|(user, changes)| changes.iter().map(move |change| (user, change)))
    }

    /// The report alone.
    pub fn into_report(self, carried_out: bool) -> Report {
        Report { carried_out, ..self.report }
    }
}

/// The keys without those that the database would not take; such lines are refused anyway.
fn askable(keys: &[String]) -> Vec<String> {
    keys.iter().filter(|key| !key.is_empty() && !key.contains('\0')).cloned().collect()
}
