//! Long work: nothing of it is true before its last transaction, and then all of it.

mod edit;
mod pages;
mod provision;
mod told;

use tokendesk::{
    ids::{UserId, WorkId},
    operators::Who,
    provision::{Begun, ChoiceForm, choice::Selection},
    users::{self, Import, Search},
    work::{self, Apply, Piece},
};

use crate::support::World;

/// More than a request provisions at once, and than two slices prepare.
const MANY: usize = 1_002;

impl World {
    /// As many users as make long work, their User IDs beginning so.
    fn many(&self, prefix: &str) -> Vec<UserId> {
        let mut file = String::from("User ID,Last Name,First Name,Email\n");
        for n in 0..MANY {
            file.push_str(&format!("{prefix}{n:04},Last,First,{prefix}{n:04}@example.org\n"));
        }
        let how = Import { container: "Sales".into(), dry_run: false, good_lines: false };
        users::import(&self.desk, &Who::system(), self.now(), file.as_bytes(), &how).expect("the users are new");
        let search = Search::parse(&format!("user_id={prefix}"));
        let found = self.desk.db.read(|conn| users::ids_matching(conn, &Who::system().scope, &search));
        found.expect("they are there")
    }

    /// A draft for these users, and what its last step shows.
    fn draft(&self, who: &Who, users: &[UserId]) -> (String, String) {
        let (desk, now) = (&self.desk, self.now());
        let selection = Selection::Users(users.to_vec());
        let draft = tokendesk::provision::start(desk, who, now, &selection).expect("somebody is chosen");
        let typed = ChoiceForm {
            authentication_type: "authenticator-app".into(),
            description: "Autumn rollout".into(),
            ..ChoiceForm::default()
        };
        tokendesk::provision::choose(desk, who, now, &draft, &typed).expect("the choice is right");
        let preview = tokendesk::provision::preview(desk, who, now, &draft).expect("it can be seen");
        (draft, preview.expect("a type is chosen").shown)
    }

    /// The long work that Confirm begins.
    fn begun(&self, who: &Who, (draft, shown): &(String, String)) -> WorkId {
        match tokendesk::provision::work::begin(&self.desk, who, self.now(), draft, shown).expect("it is begun") {
            Begun::Work(work) => work,
            Begun::AtOnce(_) => panic!("{MANY} users were provisioned at once"),
        }
    }

    /// What the server does by itself.
    fn work(&self) {
        self.work_as(tokendesk::provision::work::apply);
    }

    /// The same, by another verb.
    fn work_as(&self, apply: Apply) {
        work::run_waiting(&self.desk, |_| apply).expect("it goes well");
    }

    fn piece(&self, id: WorkId) -> Piece {
        self.desk.db.read(|conn| work::row(conn, id)).expect("the database answers").expect("it is there")
    }

    /// Rows that are prepared and not swept.
    fn prepared(&self) -> i64 {
        self.number(
            "SELECT (SELECT COUNT(*) FROM work_emails) + (SELECT COUNT(*) FROM work_links) \
             + (SELECT COUNT(*) FROM work_entries) AS n",
        )
    }

    /// Texts that a query answers as `line`.
    fn lines(&self, sql: &str) -> Vec<String> {
        use diesel::RunQueryDsl as _;
        #[derive(diesel::QueryableByName)]
        struct Line {
            #[diesel(sql_type = diesel::sql_types::Text)]
            line: String,
        }
        let lines: Vec<Line> =
            self.desk.db.read(|conn| Ok(diesel::sql_query(sql).load(conn)?)).expect("the database answers");
        lines.into_iter().map(|line| line.line).collect()
    }
}
