//! What all pages share: session, permission, forms, paging, the shell of the page, errors at the edge.

pub mod address;
mod answer;
pub mod assets;
pub mod body;
pub mod chrome;
pub mod confirm;
pub mod cookies;
pub mod csrf;
pub mod fault;
pub mod file;
pub mod form;
pub mod forwarded;
pub mod headers;
pub mod health;
pub mod isolation;
pub mod links;
pub mod list;
pub mod methods;
pub mod nul;
pub mod paging;
pub mod permission;
pub mod preferences;
pub mod presence;
pub mod qr;
pub mod request;
pub mod send_on;
pub mod session;
pub mod shortcuts;
pub mod theme;
pub mod upload;
pub mod visitor;

pub use chrome::{Chrome, Flash};
pub use confirm::Confirm;
pub use fault::Fault;
pub use form::Fields;
pub use links::Links;
pub use list::Asked;
pub use paging::{Pager, Paging, Stretch};
pub use permission::Permitted;
pub use upload::Upload;
pub use visitor::Visitor;

pub use address::{see_other, segment};
pub use answer::{Answer, csv, page, page_with};
