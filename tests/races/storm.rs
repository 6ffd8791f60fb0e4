//! Everything at once.

use chrono::Days;
use tokendesk::{
    mail::{Carrier, Mailbox, courier},
    policy::{self, PolicyForm},
    provision,
    tasks::{
        members::Filter,
        reminders, resend, stop_date,
        ticked::{self, Change, TickedTasks},
    },
    tokens::MovingFactor,
};

use super::*;
use crate::on_both;

/// Users of each kind of token.
const USERS: usize = 24;

/// True if it was done or refused for a reason of its own; a database that failed ends the test.
#[track_caller]
fn judged<T>(outcome: Result<T>) {
    if let Err(error @ (Error::Database(_) | Error::Internal(_))) = outcome {
        panic!("nobody should be told of this: {error}");
    }
}

/// A few tasks with a few users each, all of whom are about to enroll.
fn crowd(world: &World, kind: AuthenticationType, name: &str) -> Vec<Guest> {
    let mut guests = Vec::new();
    for part in 0..3 {
        let users: Vec<User> = (0..USERS / 3).map(|n| world.user(&format!("{name}{part}{n}"), "Sales")).collect();
        let devices: Vec<Option<Carried>> = users
            .iter()
            .map(|user| {
                let wanted = kind == AuthenticationType::HardwareToken;
                wanted.then(|| world.device(&format!("D-{}", user.user_id), MovingFactor::Counter))
            })
            .collect();
        let task = provision(world, &users.iter().collect::<Vec<_>>(), kind);
        let come = |(user, device): (User, Option<Carried>)| Guest::come(world, user, task, device.as_ref());
        guests.extend(users.into_iter().zip(devices).map(come));
    }
    guests
}

fn tasks_of(guests: &[Guest]) -> Vec<TaskId> {
    let mut tasks: Vec<TaskId> = guests.iter().map(|guest| guest.task).collect();
    tasks.dedup();
    tasks
}

on_both! {
    fn nobody_waits_for_someone_who_waits_for_them(world, |settings| settings.database_connections = 12) {
        let (apps, devices) =
            (crowd(&world, AuthenticationType::AuthenticatorApp, "a"), crowd(&world, AuthenticationType::HardwareToken, "d"));
        let all: Vec<TaskId> = tasks_of(&apps).into_iter().chain(tasks_of(&devices)).collect();
        let (desk, now, who) = (&world.desk, world.now(), &Who::system());
        let everyone = TickedUsers::Matching(Filter::default());
        let (everyone, all) = (&everyone, &all);
        let date = world.enrollment(apps[0].task, apps[0].user.id).facts.stop_on + Days::new(2);
        let preview_of = |task| ticked_users::preview(desk, who, now, task, everyone);
        let work: Vec<Box<dyn Fn() + Sync + Send + '_>> = vec![
            Box::new(|| apps.iter().for_each(|guest| judged(guest.try_to_enroll(&world)))),
            Box::new(|| devices.iter().for_each(|guest| judged(guest.try_to_enroll(&world)))),
            Box::new(|| {
                for guest in apps.iter().chain(&devices).rev() {
                    judged(tokendesk::portal::accept_code(desk, now, &guest.visit, "WRONG"));
                }
            }),
            Box::new(|| {
                for guest in devices.iter().chain(&apps).step_by(2) {
                    judged(resend::resend(desk, who, now, guest.task, guest.user.id, None));
                }
            }),
            Box::new(|| {
                for task in all.iter().rev() {
                    if let Ok(preview) = preview_of(*task) {
                        let seen = preview.shown(&desk.keys, resend::RESEND);
                        judged(resend::resend_all(desk, who, now, *task, everyone, &seen));
                    }
                }
            }),
            Box::new(|| {
                for _ in 0..3 {
                    let (ticked, change) = (TickedTasks::These(all.clone()), Change::StopDate(date));
                    if let Ok(looked) = ticked::preview(desk, who, now, &ticked, change) {
                        let seen = looked.shown(&desk.keys, change);
                        judged(ticked::apply(desk, who, now, &ticked, change, true, &seen));
                    }
                }
            }),
            Box::new(|| {
                for guest in apps.iter().chain(&devices).skip(1).step_by(5) {
                    if let Ok(preview) = ticked_users::preview(desk, who, now, guest.task, &guest.ticked()) {
                        let seen = preview.shown(&desk.keys, remove::REMOVE);
                        judged(remove::remove_users(desk, who, now, guest.task, &guest.ticked(), true, &seen));
                    }
                }
                if let Ok(preview) = preview_of(all[1]) {
                    judged(remove::remove_task(desk, who, now, all[1], true, preview.members.len()));
                }
            }),
            Box::new(|| {
                for guest in apps.iter().step_by(4) {
                    let choice = Choice { include_with_task: true, ..world.app_choice() };
                    let ticked = Selection::Users(vec![guest.user.id]);
                    judged(provision::provision(desk, who, now, &ticked, &choice));
                    let seen = ticked_users::preview(desk, who, now, guest.task, &guest.ticked());
                    if let Ok(preview) = seen {
                        let seen = preview.shown(&desk.keys, &stop_date::moving(date));
                        judged(stop_date::change_stop_date(desk, who, now, guest.task, &guest.ticked(), date, false, &seen));
                    }
                }
            }),
            Box::new(|| {
                for attempts in ["2", "7", "3", "5"] {
                    let policy = desk.db.read(policy::current).expect("there is a policy");
                    let typed = PolicyForm { attempts_allowed: attempts.into(), reminder_days: "14".into(), ..PolicyForm::of(&policy) };
                    judged(tasks::change_policy(desk, who, now, &typed, policy.version));
                    judged(reminders::send_reminders(desk, now));
                }
            }),
            Box::new(|| {
                for _ in 0..4 {
                    judged(courier::run_once(desk, &Carrier::Mailbox(Mailbox::default())));
                }
            }),
        ];
        let start = Barrier::new(work.len());
        thread::scope(|scope| {
            for one in &work {
                scope.spawn(|| {
                    start.wait();
                    one();
                });
            }
        });
        all_agrees(&world);
    }
}
