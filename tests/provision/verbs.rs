//! Provision: who gets an enrollment, all or nothing, and exactly what was shown.

use std::thread;

use diesel::prelude::*;
use tokendesk::{
    error::Error,
    ids::{TaskId, UserId},
    operators::{BuiltIn, Scope},
    provision::{
        self, ChoiceForm, Confirmed,
        choice::{Choice, Selection},
    },
    schema::{audit_entries, emails, enrollments, users},
    tasks::{Status, status, status::RemovedWhy},
    tokens::AuthenticationType,
};

use crate::{on_both, support::World};

fn typed() -> ChoiceForm {
    ChoiceForm {
        authentication_type: "authenticator-app".into(),
        description: "New starters".into(),
        ..ChoiceForm::default()
    }
}

fn done(confirmed: Confirmed) -> TaskId {
    match confirmed {
        Confirmed::Task(task) => task,
        Confirmed::Moved(preview) | Confirmed::Refused(preview) => panic!("the data moved: {:?}", preview.refusal),
    }
}

/// Draft, choice and preview of these users; the draft and what was shown.
fn shown(world: &World, who: &tokendesk::operators::Who, selection: Selection, typed: &ChoiceForm) -> (String, String) {
    let (desk, now) = (&world.desk, world.now());
    let draft = provision::start(desk, who, now, &selection).unwrap();
    provision::choose(desk, who, now, &draft, typed).unwrap();
    let preview = provision::preview(desk, who, now, &draft).unwrap().unwrap();
    (draft, preview.shown)
}

on_both! {
    fn confirm_makes_task_enrollments_links_emails_and_audit_entries_at_once(world) {
        let who = world.lindqvist();
        let users: Vec<UserId> = ["a.santos", "d.hanley"].iter().map(|id| world.user(id, "Sales").id).collect();
        let (draft, shown) = shown(&world, &who, Selection::Users(users.clone()), &typed());
        assert_eq!(world.provisioned_rows(), [0, 0, 0, 0]);
        let task = done(provision::confirm(&world.desk, &who, world.now(), &draft, &shown).unwrap());
        assert_eq!(world.provisioned_rows(), [1, 2, 2, 2]);
        let enrollment = world.enrollment(task, users[0]);
        assert_eq!(enrollment.emailed_to, "a.santos@example.org");
        assert!(enrollment.last_email.is_some());
        assert_eq!(enrollment.facts.stop_on.to_string(), "2026-12-04");
        let today = world.desk.settings.zone.today(world.now());
        assert_eq!(status(&enrollment.facts, 5, today), Status::Active);
        let entries: i64 = world.desk.db.read(|conn| {
            Ok(audit_entries::table.filter(audit_entries::task_id.eq(task.0)).count().get_result(conn)?)
        }).unwrap();
        assert_eq!(entries, 3, "one for the task and one per user");
    }

    fn a_second_confirm_leads_to_the_task_of_the_first(world) {
        let who = world.lindqvist();
        let user = world.user("a.santos", "Sales").id;
        let (draft, shown) = shown(&world, &who, Selection::Users(vec![user]), &typed());
        let first = done(provision::confirm(&world.desk, &who, world.now(), &draft, &shown).unwrap());
        let second = done(provision::confirm(&world.desk, &who, world.now(), &draft, &shown).unwrap());
        assert_eq!(first, second);
        assert_eq!(world.provisioned_rows()[0], 1);
    }

    fn if_the_data_moved_nothing_is_done_and_the_new_picture_comes(world) {
        let who = world.lindqvist();
        let user = world.user("a.santos", "Sales").id;
        let (draft, shown) = shown(&world, &who, Selection::Users(vec![user]), &typed());
        world.desk.db.write(|conn| {
            Ok(diesel::update(users::table.find(user.0)).set(users::email.eq("new@example.org")).execute(conn)?)
        }).unwrap();
        let Confirmed::Moved(preview) = provision::confirm(&world.desk, &who, world.now(), &draft, &shown).unwrap() else {
            panic!("it was carried out although the address moved");
        };
        assert_eq!(preview.plan.lines[0].0.email, "new@example.org");
        assert_eq!(world.provisioned_rows(), [0, 0, 0, 0]);
        done(provision::confirm(&world.desk, &who, world.now(), &draft, &preview.shown).unwrap());
    }

    fn a_search_is_carried_out_as_it_stood_on_the_page(world) {
        let who = world.lindqvist();
        world.user("sales.one", "Sales");
        world.user("sales.two", "Sales");
        world.user("other", "Facilities");
        let all = Selection::Matching { query: "container=Sales".into(), without: vec![] };
        let (draft, shown) = shown(&world, &who, all, &typed());
        world.user("sales.three", "Sales");
        let Confirmed::Moved(preview) = provision::confirm(&world.desk, &who, world.now(), &draft, &shown).unwrap() else {
            panic!("a user who was not shown was provisioned");
        };
        assert_eq!(preview.plan.count(), 3);
        done(provision::confirm(&world.desk, &who, world.now(), &draft, &preview.shown).unwrap());
        assert_eq!(world.provisioned_rows()[1], 3);
    }

    fn two_operators_provisioning_the_same_user_at_once_make_one_place(world) {
        let user = world.user("a.santos", "Sales").id;
        let work: Vec<_> = ["k.lindqvist", "m.okafor"].iter().map(|name| {
            let who = world.operator(name, BuiltIn::Operator);
            let (draft, shown) = shown(&world, &who, Selection::Users(vec![user]), &typed());
            (who, draft, shown)
        }).collect();
        let outcomes: Vec<bool> = thread::scope(|scope| {
            let threads: Vec<_> = work.iter().map(|(who, draft, shown)| {
                let world = &world;
                scope.spawn(move || matches!(
                    provision::confirm(&world.desk, who, world.now(), draft, shown).unwrap(),
                    Confirmed::Task(_)
                ))
            }).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(outcomes.iter().filter(|done| **done).count(), 1, "{outcomes:?}");
        assert_eq!(world.provisioned_rows(), [1, 1, 1, 1]);
    }

    fn a_replaced_place_ends_and_says_which_task_replaced_it(world) {
        let who = world.lindqvist();
        let (a, b) = (world.user("a.santos", "Sales").id, world.user("d.hanley", "Sales").id);
        let older = world.task(&who, &[a, b]);
        let again = Selection::Users(vec![a]);
        let left_out = provision::provision(&world.desk, &who, world.now(), &again, &world.app_choice());
        assert!(matches!(left_out, Err(Error::Refused(_))));
        let including = Choice { include_with_task: true, ..world.app_choice() };
        let newer = provision::provision(&world.desk, &who, world.now(), &again, &including).unwrap();
        let enrollment = world.enrollment(older, a);
        assert_eq!(enrollment.removed_why, Some(RemovedWhy::Replaced));
        assert_eq!(enrollment.replaced_by, Some(newer));
        assert!(world.enrollment(older, b).removed_at.is_none());
        let states: Vec<String> = world.desk.db.read(|conn| {
            Ok(emails::table.filter(emails::task_id.eq(older.0)).order(emails::id).select(emails::state).load(conn)?)
        }).unwrap();
        assert_eq!(states, ["Canceled", "Queued"], "only the letter of the replaced place is canceled");
        let counted: (i64, String) = world.desk.db.read(|conn| {
            use tokendesk::schema::tasks;
            Ok(tasks::table.find(older.0).select((tasks::users, tasks::emailed_to)).first(conn)?)
        }).unwrap();
        assert_eq!(counted, (1, "d.hanley@example.org".to_owned()));
    }

    fn users_with_a_token_of_the_type_are_left_out_unless_included(world) {
        let who = world.lindqvist();
        let user = world.user("a.santos", "Sales").id;
        let task = world.task(&who, &[user]);
        world.enroll(task, user);
        let again = Selection::Users(vec![user]);
        assert!(provision::provision(&world.desk, &who, world.now(), &again, &world.app_choice()).is_err());
        let including = Choice { include_with_token: true, ..world.app_choice() };
        provision::provision(&world.desk, &who, world.now(), &again, &including).unwrap();
        assert!(world.enrollment(task, user).removed_at.is_none(), "the token stays");
    }

    fn asking_for_more_than_available_is_refused(world) {
        let who = world.lindqvist();
        let users: Vec<UserId> = (0..2).map(|n| world.user(&format!("u{n}"), "Sales").id).collect();
        let choice = Choice { authentication_type: AuthenticationType::HardwareToken, ..world.app_choice() };
        let refused = provision::provision(&world.desk, &who, world.now(), &Selection::Users(users), &choice);
        let Err(Error::Refused(sentence)) = refused else { panic!("{refused:?}") };
        assert!(sentence.contains("2 users need 2 tokens, but 0 are available"), "{sentence}");
        assert_eq!(world.provisioned_rows(), [0, 0, 0, 0]);
    }

    fn what_is_outside_of_the_scope_is_not_there(world) {
        let (inside, outside) = (world.user("inside", "Sales"), world.user("outside", "Facilities").id);
        let who = world.operator_in("m.okafor", BuiltIn::ProvisioningManager, &[inside.container]);
        assert_eq!(who.scope, Scope::Containers(vec![inside.container]));
        let both = Selection::Users(vec![inside.id, outside]);
        let (draft, _) = shown(&world, &who, both, &typed());
        let preview = provision::preview(&world.desk, &who, world.now(), &draft).unwrap().unwrap();
        assert_eq!(preview.plan.lines.len(), 1);
        assert_eq!(preview.plan.lines[0].0.user, inside.id);
    }

    fn a_draft_is_its_operators_own(world) {
        let (mine, other) = (world.lindqvist(), world.operator("m.okafor", BuiltIn::Operator));
        let user = world.user("a.santos", "Sales").id;
        let (draft, shown) = shown(&world, &mine, Selection::Users(vec![user]), &typed());
        assert!(matches!(provision::find_draft(&world.desk, &other, world.now(), &draft), Err(Error::NotFound { .. })));
        assert!(matches!(
            provision::confirm(&world.desk, &other, world.now(), &draft, &shown),
            Err(Error::NotFound { .. })
        ));
    }

    fn a_draft_is_swept_after_a_day(world) {
        let who = world.lindqvist();
        let user = world.user("a.santos", "Sales").id;
        let (old, _) = shown(&world, &who, Selection::Users(vec![user]), &typed());
        world.advance(chrono::Duration::hours(25));
        provision::start(&world.desk, &who, world.now(), &Selection::Users(vec![user])).unwrap();
        assert!(matches!(provision::find_draft(&world.desk, &who, world.now(), &old), Err(Error::NotFound { .. })));
    }

    fn nothing_is_there_if_the_last_step_fails(world) {
        let who = world.lindqvist();
        let user = world.user("a.santos", "Sales").id;
        // The audit entry of the task is the last thing written: a trigger refuses just that one.
        world.refuse_inserts("audit_entries", "verb = 'tasks.provision'");
        let failed = provision::provision(
            &world.desk, &who, world.now(), &Selection::Users(vec![user]), &world.app_choice(),
        );
        assert!(matches!(failed, Err(Error::Database(_))), "{failed:?}");
        assert_eq!(world.provisioned_rows(), [0, 0, 0, 0]);
    }

    fn every_email_waits_with_its_secrets_sealed(world) {
        let who = world.lindqvist();
        let user = world.user("a.santos", "Sales").id;
        world.task(&who, &[user]);
        let sealed: Vec<Option<Vec<u8>>> =
            world.desk.db.read(|conn| Ok(emails::table.select(emails::sealed).load(conn)?)).unwrap();
        assert!(sealed[0].is_some());
        let handles = world.dump("enrollment_links");
        assert!(!handles.is_empty());
    }

    fn ten_thousand_users_are_provisioned_in_one_transaction(world) {
        let who = world.lindqvist();
        let crowd = world.crowd(10_000);
        let started = std::time::Instant::now();
        let all = Selection::Matching { query: "q=p".into(), without: vec![] };
        let task = provision::provision(&world.desk, &who, world.now(), &all, &world.app_choice()).unwrap();
        println!("10,000 users: {:.1} s", started.elapsed().as_secs_f32());
        let enrollments: i64 = world.desk.db.read(|conn| {
            Ok(enrollments::table
                .filter(enrollments::task_id.eq(task.0).and(enrollments::last_email_id.is_not_null()))
                .count()
                .get_result(conn)?)
        }).unwrap();
        assert_eq!(enrollments, i64::try_from(crowd.len()).unwrap());
    }
}
