//! Enrollment links: a random handle without power of its own, and an activation code (PRODUCT.md §3).

use std::collections::HashMap;

use crate::{
    clock::Timestamp,
    db::AnyConn,
    desk::Desk,
    error::{Error, Result},
    ids::{EnrollmentId, UserId, WorkId},
    keys::{Keys, Purpose},
    mail,
    policy::Policy,
    tasks::store::{
        notes::{self, NewLinkRow},
        prepared::PreparedLink,
    },
};

/// What an enrollment email carries: the one time both parts are known here.
#[derive(Clone)]
pub struct NewLink {
    /// The enrollment it leads to.
    pub enrollment: EnrollmentId,
    /// The public part, `/enroll/{handle}`.
    pub handle: String,
    /// The activation code.
    pub code: String,
}

impl NewLink {
    /// What its email carries.
    pub fn secret(self, policy: &Policy) -> mail::Secret {
        secret(self.handle, self.code, policy)
    }
}

fn secret(handle: String, code: String, policy: &Policy) -> mail::Secret {
    mail::Secret { handle: Some(handle), code: Some(code), carries_code: policy.link_carries_code, alternate_to: None }
}

/// Links of many enrollments, each to be taken by the enrollment it leads to: never by its position in a list, since a list
/// with one row more or less would send every later link to the wrong person.
pub struct Links(HashMap<EnrollmentId, NewLink>);

impl Links {
    /// The link of `enrollment`.
    ///
    /// # Errors
    /// `Internal` if none was made for it, or it was taken already.
    pub fn take(&mut self, enrollment: EnrollmentId) -> Result<NewLink> {
        self.0.remove(&enrollment).ok_or_else(|| Error::Internal(format!("enrollment {enrollment} got no link")))
    }
}

/// Makes a link for `enrollment`; its older links are superseded and their codes stop working.
pub fn make(
    desk: &Desk,
    conn: &mut AnyConn,
    now: Timestamp,
    enrollment: EnrollmentId,
    policy: &Policy,
) -> Result<NewLink> {
    let link = draw(desk, enrollment, policy);
    store(desk, conn, now, std::slice::from_ref(&link))?;
    Ok(link)
}

/// As [`make`], for many enrollments at once.
pub fn make_all(
    desk: &Desk,
    conn: &mut AnyConn,
    now: Timestamp,
    enrollments: &[EnrollmentId],
    policy: &Policy,
) -> Result<Links> {
    let links: Vec<NewLink> = enrollments.iter().map(|enrollment| draw(desk, *enrollment, policy)).collect();
    store(desk, conn, now, &links)?;
    Ok(by_enrollment(links))
}

/// As [`make_all`], for enrollments that are new and so have no older links.
pub fn make_first(
    desk: &Desk,
    conn: &mut AnyConn,
    now: Timestamp,
    enrollments: &[EnrollmentId],
    policy: &Policy,
) -> Result<Links> {
    let links: Vec<NewLink> = enrollments.iter().map(|enrollment| draw(desk, *enrollment, policy)).collect();
    notes::insert_links(conn, &rows(desk, now, &links))?;
    Ok(by_enrollment(links))
}

/// A link as long work prepares it for a user, who need not be in the task yet: the row, and what its email carries. `nth` is
/// its number among those of `work`.
pub fn prepare(desk: &Desk, work: WorkId, nth: i64, user: UserId, policy: &Policy) -> (PreparedLink, mail::Secret) {
    let (handle, code) = drawn(desk, policy);
    let code_hash = hash(&desk.keys, &handle, &code);
    let secret = secret(handle.clone(), code, policy);
    (PreparedLink { work_id: work.0, nth, user_id: user.0, handle, code_hash }, secret)
}

/// True if `code`, as a user typed it, is the one that was sent with `handle`. Case and spaces do not count, since the
/// code may have been read aloud.
pub fn matches(keys: &Keys, handle: &str, code: &str, hash: &[u8]) -> bool {
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    keys.matches(Purpose::ActivationCode, text(handle, &code.to_ascii_uppercase()).as_bytes(), hash)
}

fn by_enrollment(links: Vec<NewLink>) -> Links {
    Links(links.into_iter().map(|link| (link.enrollment, link)).collect())
}

fn draw(desk: &Desk, enrollment: EnrollmentId, policy: &Policy) -> NewLink {
    let (handle, code) = drawn(desk, policy);
    NewLink { enrollment, handle, code }
}

fn drawn(desk: &Desk, policy: &Policy) -> (String, String) {
    let length = usize::try_from(policy.code_length).unwrap_or(10);
    (desk.random.handle(), desk.random.unmistakable(length))
}

fn store(desk: &Desk, conn: &mut AnyConn, now: Timestamp, links: &[NewLink]) -> Result<()> {
    let ids: Vec<i64> = links.iter().map(|link| link.enrollment.0).collect();
    notes::supersede(conn, now, &ids)?;
    notes::insert_links(conn, &rows(desk, now, links))
}

fn rows(desk: &Desk, now: Timestamp, links: &[NewLink]) -> Vec<NewLinkRow> {
    links
        .iter()
        .map(|link| NewLinkRow {
            enrollment_id: link.enrollment.0,
            handle: link.handle.clone(),
            code_hash: hash(&desk.keys, &link.handle, &link.code),
            created_at: now,
        })
        .collect()
}

/// What is kept of the code that is sent with `handle`.
pub(crate) fn hash(keys: &Keys, handle: &str, code: &str) -> Vec<u8> {
    keys.hash(Purpose::ActivationCode, text(handle, code).as_bytes())
}

fn text(handle: &str, code: &str) -> String {
    format!("{handle}:{code}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::KEY_BYTES;

    #[test]
    fn a_link_is_taken_by_the_enrollment_it_leads_to_once() {
        let link = |n| NewLink { enrollment: EnrollmentId(n), handle: format!("h{n}"), code: format!("c{n}") };
        let mut links = by_enrollment(vec![link(3), link(1)]);
        assert_eq!(links.take(EnrollmentId(1)).map(|link| link.handle).ok().as_deref(), Some("h1"));
        assert!(matches!(links.take(EnrollmentId(1)), Err(Error::Internal(_))));
        assert!(matches!(links.take(EnrollmentId(2)), Err(Error::Internal(_))));
    }

    #[test]
    fn a_code_is_good_for_its_own_link_and_may_be_typed_carelessly() {
        let keys = Keys::new(&[7; KEY_BYTES]);
        let hash = keys.hash(Purpose::ActivationCode, b"h1:ABCD234567");
        assert!(matches(&keys, "h1", " abcd-2345 67", &hash));
        assert!(!matches(&keys, "h2", "ABCD234567", &hash));
        assert!(!matches(&keys, "h1", "ABCD234568", &hash));
    }
}
