//! Provision of many users as long work.

use tokendesk::{
    desk::Desk,
    error::{Error, Result},
    ids::{TaskId, WorkId},
    mail,
    operators::{BuiltIn, Who},
    provision::{self, Confirmed, work::prepare},
    tasks::{Status, links, status},
    users::{self, Details, Typed},
    work::{self, Running, State},
};

use super::{MANY, told::told};
use crate::{on_both, support::World};

/// Prepares everything, and is gone: as a server that is killed.
fn killed(desk: &Desk, running: &Running<'_>) -> Result<()> {
    assert!(prepare(desk, running)?.is_some());
    Ok(())
}

pub fn task_of(world: &World, work: WorkId) -> TaskId {
    let piece = world.piece(work);
    assert_eq!(piece.state, State::Done, "{}", piece.sentence);
    TaskId(piece.result.strip_prefix("/tasks/").expect("a task came of it").parse().expect("a number"))
}

fn rename(desk: &Desk, user_id: &str) {
    use diesel::prelude::*;
    use tokendesk::schema::users;
    let rename = desk.db.write(|conn| {
        let one = diesel::update(users::table.filter(users::user_id.eq(user_id)));
        Ok(one.set(users::first_name.eq("Renamed")).execute(conn)?)
    });
    assert_eq!(rename.expect("the user is there"), 1);
}

on_both! {
    fn an_operator_gets_by_long_work_the_rows_that_confirm_writes_at_once(world) {
        let who = world.lindqvist();
        let (left, right) = (world.many("left"), world.many("rght"));
        let (draft, shown) = world.draft(&who, &left);
        let at_once = match provision::confirm(&world.desk, &who, world.now(), &draft, &shown).unwrap() {
            Confirmed::Task(task) => task,
            _ => panic!("the data moved"),
        };
        let work = world.begun(&who, &world.draft(&who, &right));
        world.work();
        let long = task_of(&world, work);
        let (one, other) = (told(&world, at_once, "left"), told(&world, long, "rght"));
        assert!(one.len() > 4 * MANY, "{}", one.len());
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(one, other);
        }
        assert_eq!(one.len(), other.len());
        assert_eq!(world.prepared(), 0, "what was prepared is swept");
        assert_eq!(world.piece(work).done, i64::try_from(MANY).unwrap());
        let today = world.desk.settings.zone.today(world.now());
        assert_eq!(status(&world.enrollment(long, right[0]).facts, 5, today), Status::Active);
    }

    fn a_user_of_long_work_gets_the_link_and_the_code_that_open_their_enrollment(world) {
        let who = world.lindqvist();
        let work = world.begun(&who, &world.draft(&who, &world.many("user")));
        world.work();
        let task = task_of(&world, work);
        let claimed = mail::claim(&world.desk, world.now(), "a worker", 5_000).unwrap();
        assert_eq!(claimed.len(), MANY);
        for email in [&claimed[0], &claimed[501], &claimed[MANY - 1]] {
            assert_eq!(email.facts.task, Some(task.0));
            let secret = email.secret.as_ref().expect("it opens");
            let (handle, code) = (secret.handle.as_deref().unwrap(), secret.code.as_deref().unwrap());
            let link = world.desk.db.read(|conn| tokendesk::tasks::by_handle(conn, handle)).unwrap().unwrap();
            assert_eq!(link.enrollment.user_id, email.facts.user_id);
            assert!(links::matches(&world.desk.keys, handle, code, &link.code_hash));
        }
        for table in ["work_emails", "work_links", "work"] {
            let code = claimed[0].secret.as_ref().unwrap().code.as_deref().unwrap();
            assert!(!world.dump(table).contains(code), "{table}");
        }
    }

    fn no_email_leaves_and_nothing_changes_before_the_last_transaction_and_others_write_in_between(world) {
        let who = world.lindqvist();
        let work = world.begun(&who, &world.draft(&who, &world.many("user")));
        assert_eq!(world.provisioned_rows(), [0; 4]);
        world.work_as(|desk, running| {
            let prepared = prepare(desk, running)?.expect("it is in this worker's hand");
            // Somebody else's change, while rows are prepared.
            let typed = Typed {
                user_id: "between".into(), last_name: "Slices".into(), first_name: "Some".into(),
                container: "Sales".into(), ..Typed::default()
            };
            let details = Details::parse(&typed).expect("the details are right");
            users::create(desk, &Who::system(), desk.now(), &details)?;
            assert!(mail::claim(desk, desk.now(), "a worker", 10)?.is_empty(), "an email was about to leave");
            prepared.finish(desk, running)
        });
        task_of(&world, work);
        assert_eq!(world.provisioned_rows()[1], i64::try_from(MANY).unwrap());
        world.desk.db.read(|conn| users::find(conn, &who, "between")).expect("others got their turn");
    }

    fn if_a_user_changes_before_rows_are_prepared_nothing_is_done_and_the_work_says_so(world) {
        let who = world.lindqvist();
        let users = world.many("user");
        let work = world.begun(&who, &world.draft(&who, &users));
        rename(&world.desk, "user0007");
        world.work();
        let piece = world.piece(work);
        assert_eq!((piece.state, piece.result.as_str()), (State::Moved, ""));
        assert_eq!((world.provisioned_rows(), world.prepared()), ([0; 4], 0));
    }

    fn if_a_user_changes_after_rows_were_prepared_nothing_is_done_and_the_work_says_so(world) {
        let who = world.lindqvist();
        let work = world.begun(&who, &world.draft(&who, &world.many("user")));
        world.work_as(|desk, running| {
            let prepared = prepare(desk, running)?.expect("it is in this worker's hand");
            rename(desk, "user0007");
            prepared.finish(desk, running)
        });
        assert_eq!(world.piece(work).state, State::Moved);
        assert_eq!((world.provisioned_rows(), world.prepared()), ([0; 4], 0));
    }

    fn an_operator_cancels_until_it_is_applied_and_then_no_more(world) {
        let who = world.lindqvist();
        let users = world.many("user");
        let draft = world.draft(&who, &users);
        let work = world.begun(&who, &draft);
        world.work_as(|desk, running| {
            let prepared = prepare(desk, running)?.expect("it is in this worker's hand");
            let who = desk.db.read(|conn| running.who(conn))?;
            work::cancel(desk, &who, desk.now(), running.piece.id)?;
            prepared.finish(desk, running)
        });
        assert_eq!(world.piece(work).state, State::Canceled);
        assert_eq!((world.provisioned_rows(), world.prepared()), ([0; 4], 0));
        assert!(world.dump("audit_entries").contains("Canceled: Provision 1,002 users"));
        // The same draft again: canceled work does not stand in its way.
        let work = world.begun(&who, &draft);
        world.work();
        task_of(&world, work);
        let late = work::cancel(&world.desk, &who, world.now(), work);
        assert!(matches!(late, Err(Error::Conflict(_))), "{late:?}");
        assert_eq!(world.piece(work).state, State::Done);
    }

    fn what_a_killed_server_had_in_hand_is_stopped_once_its_lease_is_over_and_is_swept(world) {
        let who = world.lindqvist();
        let work = world.begun(&who, &world.draft(&who, &world.many("user")));
        world.work_as(killed);
        world.work();
        assert_eq!(world.piece(work).state, State::Preparing, "another server leaves it alone while the lease lasts");
        world.advance(chrono::Duration::seconds(61));
        world.work();
        let piece = world.piece(work);
        assert_eq!(piece.state, State::Stopped);
        assert!(piece.sentence.starts_with("The server stopped before"), "{}", piece.sentence);
        assert_eq!((world.provisioned_rows(), world.prepared()), ([0; 4], 0));
    }

    fn what_was_prepared_before_the_only_server_was_killed_is_swept_when_it_starts(world) {
        let who = world.lindqvist();
        let work = world.begun(&who, &world.draft(&who, &world.many("user")));
        world.work_as(killed);
        assert_eq!(world.prepared(), 2 * i64::try_from(MANY).unwrap());
        work::stop_all(&world.desk).unwrap();
        world.work();
        assert_eq!(world.piece(work).state, State::Stopped);
        assert_eq!((world.provisioned_rows(), world.prepared()), ([0; 4], 0));
    }

    fn a_worker_whose_lease_was_taken_applies_nothing(world) {
        let who = world.lindqvist();
        let work = world.begun(&who, &world.draft(&who, &world.many("user")));
        world.work_as(|desk, running| {
            work::stop_all(desk)?;
            assert!(prepare(desk, running)?.is_none());
            Ok(())
        });
        assert_eq!(world.piece(work).state, State::Stopped);
        assert_eq!(world.provisioned_rows(), [0; 4]);
    }

    fn work_that_panics_has_failed_and_the_next_is_done(world) {
        let who = world.lindqvist();
        let users = world.many("user");
        let broken = world.begun(&who, &world.draft(&who, &users));
        let failed = work::run_waiting(&world.desk, |_| |_, _| panic!("the roof is on fire"));
        assert!(failed.unwrap_err().to_string().contains("the roof is on fire"));
        let piece = world.piece(broken);
        assert_eq!(piece.state, State::Failed);
        assert!(!piece.sentence.contains("roof"), "{}", piece.sentence);
        let next = world.begun(&who, &world.draft(&who, &users));
        world.work();
        task_of(&world, next);
    }

    fn an_operator_who_lost_the_permission_meanwhile_changes_nothing(world) {
        let who = world.lindqvist();
        world.operator("m.okafor", BuiltIn::Operator);
        let work = world.begun(&who, &world.draft(&who, &world.many("user")));
        world.change_role(&Who::command_line(), "k.lindqvist", "Auditor").unwrap();
        world.work();
        let piece = world.piece(work);
        assert_eq!(piece.state, State::Refused);
        assert!(piece.sentence.contains("provision"), "{}", piece.sentence);
        assert_eq!(world.provisioned_rows(), [0; 4]);
    }

    fn a_second_confirm_leads_to_the_work_of_the_first(world) {
        let who = world.lindqvist();
        let draft = world.draft(&who, &world.many("user"));
        let first = world.begun(&who, &draft);
        assert_eq!(world.begun(&who, &draft), first);
        assert_eq!(world.number("SELECT COUNT(*) AS n FROM work"), 1);
        world.work();
        task_of(&world, first);
        assert_eq!(world.provisioned_rows()[0], 1);
    }
}
