//! Email: what is posted, what became of it, and the courier that carries it (PRODUCT.md §6).

mod again;
mod answer;
mod claim;
mod claimed;
pub mod courier;
pub mod delivery;
pub mod email;
mod filter;
mod health;
pub mod letter;
mod link_sent;
pub mod mailbox;
pub mod promise;
mod reading;
pub mod status;
mod store;

pub use answer::ANSWER_LETTERS;
pub use courier::{Carrier, Courier};
pub use delivery::{Action, Delivery};
pub use email::{Email, State, Try};
pub use letter::{Facts, Kind, Letter, NewEmail, Secret, Wording, masked, shown_address};
pub use mailbox::Mailbox;
pub use reading::{
    Filter, Health, TRIES_THAT_TELL, View, by_message_id, count, count_with_link, counts_by_state, deliveries,
    enrollments_of, failures, failures_lately, find, health, ids_in_states, latest_of, overdue, rows, sought,
};
pub use store::{
    address::leave as leave_address,
    address::link_made_at as link_sent_at,
    address::newest_links as links_sent,
    cancel as cancel_waiting, cancel_of_task as cancel_waiting_of_task, follow, insert as post, messages,
    move_stop_date as move_waiting, own_host, seal,
    staged::{PreparedEmail, post as post_prepared, prepare, stage},
};

pub use link_sent::LinkSent;

pub use claimed::{Claimed, EndedTry, Verdict};

pub use claim::{any_in_hand, claim, claim_due, release, release_all, renew, settle};

pub use again::{cancel, hold, send_again, try_now};
