//! The last forty days of the demo world, event by event.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{Duration, NaiveDate, NaiveTime, Timelike as _};

use crate::{
    authentication::{self, Caller},
    clock::Timestamp,
    demo::{
        ACCOUNTS, PASSWORD,
        people::{Person, everyone, starters},
        plan::{Fate, PlannedTask, TASKS, TROUBLE},
        world,
    },
    desk::Desk,
    error::{Error, Result},
    ids::{ContainerId, UserId},
    mail::{
        Kind,
        courier::{self, Carrier},
        mailbox::{Mailbox, Refusal},
    },
    oath,
    operators::{self, NewOperator, Scope, Who},
    portal::{self, Step, Visit},
    provision::{
        self,
        choice::{Choice, Selection},
    },
    tasks::{self, task::Description},
    tokens::{
        self, AuthenticationType, Device,
        one_time::{Making, MovingFactor, Seed},
    },
    users::{self, Search, search::State},
};

/// Hardware tokens in the inventory when the story begins.
const DEVICES: usize = 40;

/// How long before its last day the story begins, in days, and at which hour (UTC).
const STORY_DAYS: i64 = 40;
const STORY_HOUR: u32 = 5;

/// Until when users act on the last day: hour and minute (UTC). The same whenever the world is made, and so are all draws:
/// each world is as believable as the one the tests look at, and no task lacks users who are free.
const ENDS_AT: (u32, u32) = (13, 32);

/// When those who start soon are imported: hour and minute (UTC) of the day before the last.
const STARTERS_AT: (u32, u32) = (14, 40);

/// What happens next.
enum Event {
    ImportStarters,
    Provision(&'static PlannedTask),
    Open(Invited),
    Enroll(Invited, Fate),
    Use { user_id: String, key: Key },
    Fumble(Invited),
}

/// A user with the link they were sent.
#[derive(Clone)]
struct Invited {
    user: usize,
    kind: AuthenticationType,
    handle: String,
    code: String,
}

/// What a user's token computes its one-time passwords from.
#[derive(Clone)]
enum Key {
    App(Vec<u8>),
    Device(Vec<u8>),
}

/// The mailbox of the demo: it refuses what the plan names, as mail servers do.
pub fn mailbox() -> Mailbox {
    let people = everyone();
    let trouble: HashMap<String, &'static str> =
        TROUBLE.iter().map(|(person, answer)| (people[*person].email.clone(), *answer)).collect();
    Mailbox::with_trouble(move |address, _| {
        let answer = (*trouble.get(address)?).to_owned();
        Some(if answer.starts_with('4') { Refusal::ForNow(answer) } else { Refusal::ForGood(answer) })
    })
}

/// Tells the story. The clock of `desk` must be a fixed one; at the end it shows the time it showed before.
pub fn play(desk: &Desk, mailbox: &Mailbox) -> Result<()> {
    let now = desk.now();
    let last = last_day(now);
    let moment = |days_ago: i64, (hour, minute): (u32, u32)| {
        let time = NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or(NaiveTime::MIN);
        (last - Duration::days(days_ago)).and_time(time)
    };
    desk.clock.set(moment(STORY_DAYS, (STORY_HOUR, 0)));
    let mut story = Story::begin(desk, mailbox.clone(), now, moment(0, ENDS_AT))?;
    for task in TASKS {
        story.plan(moment(task.days_ago, task.at), Event::Provision(task));
    }
    story.plan(moment(1, STARTERS_AT), Event::ImportStarters);
    while let Some((at, event)) = story.next() {
        if at.date() != desk.now().date() {
            authentication::note(desk, desk.now())?;
        }
        desk.clock.set(at);
        story.happen(at, event)?;
    }
    authentication::note(desk, desk.now())?;
    desk.clock.set(now);
    // Today's reminders, which the server would otherwise send as soon as it serves.
    tasks::send_reminders(desk, now)?;
    courier::run_once(desk, &story.carrier)?;
    Ok(())
}

/// The day on which the plan's last tasks are made: today, or yesterday while some of them would still lie ahead. So the
/// world is whole at whatever hour it is made.
fn last_day(now: Timestamp) -> NaiveDate {
    let latest = TASKS.iter().filter(|task| task.days_ago == 0).map(|task| task.at).max().unwrap_or((0, 0));
    let is_over = (now.hour(), now.minute()) > latest;
    if is_over { now.date() } else { now.date() - Duration::days(1) }
}

/// Users of the world, and its open tasks.
pub fn size(desk: &Desk) -> Result<(i64, i64)> {
    let who = Who::system();
    let everyone = Search { state: State::Any, ..Search::default() };
    desk.db.read(|conn| {
        let users = users::count(conn, &who.scope, &everyone)?;
        Ok((users, world::open_tasks(conn)?))
    })
}

struct Story<'a> {
    desk: &'a Desk,
    carrier: Carrier,
    mailbox: Mailbox,
    now: Timestamp,
    end: Timestamp,
    events: BTreeMap<(Timestamp, usize), Event>,
    planned: usize,
    people: Vec<Person>,
    rows: Vec<UserId>,
    waiting: HashSet<(usize, AuthenticationType)>,
    devices: Vec<(String, Vec<u8>)>,
    operators: HashMap<&'static str, Who>,
    vpn: Caller,
}

impl<'a> Story<'a> {
    fn begin(desk: &'a Desk, mailbox: Mailbox, now: Timestamp, end: Timestamp) -> Result<Self> {
        let at = desk.now();
        let people = everyone();
        import(desk, &Who::command_line(), at, &people)?;
        let containers = desk.db.read(|conn| users::containers(conn, &Scope::All))?;
        let rows_of = |names: &[&str]| -> Vec<ContainerId> {
            containers.iter().filter(|(_, name)| names.contains(&name.as_str())).map(|(id, _)| *id).collect()
        };
        let mut operators = HashMap::new();
        for account in ACCOUNTS {
            let new = NewOperator {
                user_id: account.user_id.into(),
                name: account.name.into(),
                email: format!("{}@example.org", account.user_id),
                role: account.role.into(),
                password: PASSWORD.into(),
                must_change_password: false,
                containers: (!account.containers.is_empty()).then(|| rows_of(account.containers)),
            };
            let id = operators::add(desk, &Who::command_line(), at, new)?;
            let at_work = desk.db.read(|conn| operators::at_work(conn, id, "192.0.2.17", ""))?;
            operators.insert(account.user_id, at_work.ok_or_else(|| broken("an operator is not at work"))?.who);
        }
        let key = authentication::add_node(desk, &Who::command_line(), at, "vpn")?;
        let vpn = authentication::admit(desk, at, Some(&key), "192.0.2.80", "")?;
        let devices: Vec<Device> = (0..DEVICES).map(|n| device(desk, n)).collect();
        desk.db.write_alone(|conn| tokens::insert_inventory(desk, conn, at, &devices))?;
        let rows = desk.db.read(|conn| {
            people.iter().map(|person| users::find(conn, &Who::system(), &person.user_id).map(|user| user.id)).collect()
        })?;
        Ok(Story {
            desk,
            carrier: Carrier::Mailbox(mailbox.clone()),
            mailbox,
            now,
            end,
            events: BTreeMap::new(),
            planned: 0,
            people,
            rows,
            waiting: HashSet::new(),
            devices: devices.into_iter().map(|device| (device.serial, device.seed.bytes().to_vec())).rev().collect(),
            operators,
            vpn,
        })
    }

    fn plan(&mut self, at: Timestamp, event: Event) {
        if at < self.now {
            self.events.insert((at, self.planned), event);
            self.planned += 1;
        }
    }

    fn next(&mut self) -> Option<(Timestamp, Event)> {
        self.events.pop_first().map(|((at, _), event)| (at, event))
    }

    fn operator(&self, user_id: &str) -> Result<Who> {
        self.operators.get(user_id).cloned().ok_or_else(|| broken("an operator of the plan is unknown"))
    }

    /// A number from 0 to `below` - 1.
    fn draw(&self, below: i64) -> i64 {
        i64::from(u32::from_le_bytes(self.desk.random.bytes())) % below.max(1)
    }

    fn happen(&mut self, at: Timestamp, event: Event) -> Result<()> {
        match event {
            Event::ImportStarters => import(self.desk, &self.operator("m.okafor")?, at, &starters()),
            Event::Provision(task) => self.provision(at, task),
            Event::Open(invited) => self.open(at, &invited),
            Event::Enroll(invited, fate) => self.enroll(at, &invited, fate),
            Event::Use { user_id, key } => self.sign_in(at, &user_id, &key),
            Event::Fumble(invited) => self.fumble(at, &invited),
        }
    }

    fn provision(&mut self, at: Timestamp, task: &'static PlannedTask) -> Result<()> {
        let chosen = self.choose(task);
        if chosen.len() < task.users {
            return Err(broken(&format!("too few are free for “{}”", task.description)));
        }
        let today = self.desk.settings.zone.today(at);
        let choice = Choice {
            authentication_type: task.kind,
            description: Description::parse(task.description)?,
            stop_on: today + Duration::days(task.days),
            include_with_token: true,
            include_with_task: false,
            hand_over: false,
        };
        let selection = Selection::Users(chosen.iter().map(|user| self.rows[*user]).collect());
        let who = self.operator(task.operator)?;
        provision::provision(self.desk, &who, at, &selection, &choice)?;
        courier::run_once(self.desk, &self.carrier)?;
        for (n, user) in chosen.iter().enumerate() {
            self.waiting.insert((*user, task.kind));
            let Some(invited) = self.invited(*user, task.kind) else { continue };
            let fate = task.fate(n, chosen.len());
            // Everything happens before the end and before the Stop Date.
            let room = (self.end - at).min(Duration::days(task.days)).num_minutes() - 5;
            let later = at + Duration::minutes(20 + self.draw(room - 25));
            match fate {
                Fate::Completes | Fate::Enrolls => {
                    self.plan(later - Duration::minutes(8), Event::Open(invited.clone()));
                    self.plan(later, Event::Enroll(invited, fate));
                }
                Fate::LocksOut => self.plan(later, Event::Fumble(invited)),
                Fate::OpensOnly => self.plan(later, Event::Open(invited)),
                Fate::DoesNothing => {}
            }
        }
        Ok(())
    }

    /// Users without an open enrollment of this type, spread over the container rather than from its top; if there are too
    /// few in it, others help out.
    fn choose(&self, task: &PlannedTask) -> Vec<usize> {
        let is_free =
            |user: &usize| !self.people[*user].email.is_empty() && !self.waiting.contains(&(*user, task.kind));
        let (inside, outside): (Vec<usize>, Vec<usize>) = (0..self.people.len())
            .filter(is_free)
            .partition(|user| task.container.is_empty() || self.people[*user].container == task.container);
        let step = (inside.len() / task.users.max(1)).max(1);
        let spread = inside.iter().copied().step_by(step).take(task.users);
        let mut chosen: Vec<usize> = spread.collect();
        for user in inside.iter().chain(&outside) {
            if chosen.len() < task.users && !chosen.contains(user) {
                chosen.push(*user);
            }
        }
        chosen
    }

    /// The link in the newest enrollment email of this user, if one arrived.
    fn invited(&self, user: usize, kind: AuthenticationType) -> Option<Invited> {
        let address = &self.people[user].email;
        let (parcels, _) = self.mailbox.search(address, 0, 10);
        let parcel = parcels.into_iter().find(|parcel| parcel.to == *address && parcel.kind == Kind::Enrollment)?;
        let link = parcel.link(&self.desk.settings)?;
        let (path, code) = link.split_once('#')?;
        let (_, handle) = path.rsplit_once('/')?;
        Some(Invited { user, kind, handle: handle.into(), code: code.into() })
    }

    fn open(&mut self, at: Timestamp, invited: &Invited) -> Result<()> {
        portal::open(self.desk, at, &visit(invited, None)).map(|_| ())
    }

    fn enroll(&mut self, at: Timestamp, invited: &Invited, fate: Fate) -> Result<()> {
        let Step::Done(_, session) = portal::accept_code(self.desk, at, &visit(invited, None), &invited.code)? else {
            return Err(broken("a right activation code was refused"));
        };
        let visit = visit(invited, Some(session));
        let (key, step) = match invited.kind {
            AuthenticationType::AuthenticatorApp => {
                let Step::Done(_, seed) = portal::show_key(self.desk, at, &visit)? else {
                    return Err(broken("a key was not shown"));
                };
                let key = Key::App(seed.bytes().to_vec());
                let otp = one_time_password(&key, at, 0);
                (key, portal::prove(self.desk, at, &visit, &otp)?)
            }
            AuthenticationType::HardwareToken => {
                let (serial, seed) = self.devices.pop().ok_or_else(|| broken("the inventory is empty"))?;
                let key = Key::Device(seed);
                let otp = one_time_password(&key, at, 0);
                (key, portal::claim_device(self.desk, at, &visit, &serial, &otp)?)
            }
        };
        if !matches!(step, Step::Done(..)) {
            return Err(broken("a right one-time password was refused"));
        }
        self.waiting.remove(&(invited.user, invited.kind));
        if fate == Fate::Completes {
            let room = (self.end - at).min(Duration::days(1)).num_minutes() - 3;
            let later = at + Duration::minutes(2 + self.draw(room - 2));
            self.plan(
                later.min(self.end - Duration::minutes(1)),
                Event::Use { user_id: self.people[invited.user].user_id.clone(), key },
            );
        }
        courier::run_once(self.desk, &self.carrier).map(|_| ())
    }

    /// The first sign-in through the VPN, which makes the enrollment Completed.
    fn sign_in(&mut self, at: Timestamp, user_id: &str, key: &Key) -> Result<()> {
        let otp = one_time_password(key, at, 1);
        if authentication::authenticate(self.desk, &self.vpn, at, user_id, &otp)? {
            return Ok(());
        }
        Err(broken("a right one-time password was rejected"))
    }

    /// Wrong codes until the enrollment is Locked.
    fn fumble(&mut self, at: Timestamp, invited: &Invited) -> Result<()> {
        let attempts = self.desk.db.read(crate::policy::current)?.attempts_allowed;
        for attempt in 0..attempts {
            let moment = at + Duration::seconds(20 * attempt);
            portal::accept_code(self.desk, moment, &visit(invited, None), &format!("22222{attempt}"))?;
        }
        Ok(())
    }
}

/// Imports them as users, from a file as other systems write it.
fn import(desk: &Desk, who: &Who, at: Timestamp, people: &[Person]) -> Result<()> {
    let mut file = String::from("User ID,Last Name,First Name,Email,Container\n");
    for person in people {
        let fields = [&person.user_id, person.last, person.first, &person.email, person.container];
        file.push_str(&fields.join(","));
        file.push('\n');
    }
    let how = users::Import { container: "Default".into(), dry_run: false, good_lines: false };
    if users::import(desk, who, at, file.as_bytes(), &how)?.has_refused() {
        return Err(broken("a user was refused"));
    }
    Ok(())
}

/// A user's browser at their link.
fn visit(invited: &Invited, session: Option<String>) -> Visit {
    Visit { handle: invited.handle.clone(), session, address: "198.51.100.23".into(), request: String::new() }
}

/// What the token shows at `at`; `used` values of an event-based one are behind it.
fn one_time_password(key: &Key, at: Timestamp, used: u64) -> String {
    match key {
        Key::App(seed) => oath::totp(seed, crate::clock::unix_seconds(at), 30, 6, oath::Algorithm::Sha1),
        Key::Device(seed) => oath::hotp(seed, used, 6, oath::Algorithm::Sha1),
    }
}

fn device(desk: &Desk, n: usize) -> Device {
    Device {
        serial: format!("HW-{:04}-{}", 4100 + n / 10, 88400 + n * 13),
        seed: Seed::new(desk.random.bytes::<20>()),
        making: Making { moving_factor: MovingFactor::Counter, ..Making::APP },
        container: None,
    }
}

fn broken(what: &str) -> Error {
    Error::Internal(format!("the demo's story does not hold together: {what}"))
}
