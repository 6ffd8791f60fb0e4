//! A browser without a screen: cookies, forms, redirects that are looked at rather than followed.

use std::{collections::HashMap, sync::Arc};

use actix_web::cookie::{Cookie, CookieJar};
use reqwest::{
    Url,
    blocking::{Client, RequestBuilder},
    cookie::{CookieStore, Jar},
    redirect::Policy,
};
use tokendesk::{
    clock::unix_seconds,
    desk::Desk,
    operators::{Who, sessions},
    web::{cookies, session},
};

/// Keeps cookies and sends forms as a page of the console would.
pub struct Browser {
    client: Client,
    jar: Arc<Jar>,
    url: String,
}

/// An answer.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Browser {
    /// A browser that is signed in to nothing.
    pub fn new(url: &str) -> Self {
        Browser::of(url, None)
    }

    /// As [`Browser::new`], on this address of the machine.
    pub fn from(url: &str, address: &str) -> Self {
        Browser::of(url, Some(address.parse().expect("an address")))
    }

    fn of(url: &str, address: Option<std::net::IpAddr>) -> Self {
        let jar = Arc::new(Jar::default());
        let client = Client::builder()
            .local_address(address)
            .cookie_provider(jar.clone())
            .redirect(Policy::none())
            .no_proxy()
            .build()
            .expect("a client without TLS can be built");
        Browser { client, jar, url: url.to_owned() }
    }

    /// A browser with a session of `who`, made without the sign-in page (which has tests of its own). They have just
    /// confirmed who they are.
    pub fn signed_in(url: &str, desk: &Desk, who: &Who) -> Self {
        let browser = Browser::new(url);
        let id = who.operator.expect("an operator");
        let state = HashMap::from([
            (sessions::OPERATOR.to_owned(), id.0.to_string()),
            (session::CONFIRMED.to_owned(), unix_seconds(desk.now()).to_string()),
        ]);
        let key = sessions::insert(desk, &state, desk.now()).expect("the session is stored");
        let mut jar = CookieJar::new();
        let name = cookies::SESSION.name(false);
        jar.signed_mut(&session::cookie_key(desk)).add(Cookie::new(name, key));
        let cookie = jar.get(name).expect("the cookie was added").encoded().to_string();
        browser.jar.add_cookie_str(&cookie, &url.parse::<Url>().expect("the address of the server"));
        browser
    }

    /// The same browser, with the cookies it has and those it will get, at another server of this host.
    pub fn at(&self, url: &str) -> Self {
        Browser { client: self.client.clone(), jar: self.jar.clone(), url: url.to_owned() }
    }

    /// Opens a page.
    pub fn get(&self, path: &str) -> Page {
        send(self.client.get(format!("{}{path}", self.url)))
    }

    /// Asks for the headers of a page alone.
    pub fn head(&self, path: &str) -> Page {
        send(self.client.head(format!("{}{path}", self.url)))
    }

    /// Opens a page with one more header.
    pub fn get_with(&self, path: &str, name: &str, value: &str) -> Page {
        send(self.client.get(format!("{}{path}", self.url)).header(name, value))
    }

    /// Sends a form from a page of the console.
    pub fn post(&self, path: &str, form: &[(&str, &str)]) -> Page {
        send(self.request(path).form(form))
    }

    /// A POST from a page of the console, to be given a body.
    pub fn request(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url)).header("sec-fetch-site", "same-origin")
    }

    /// A POST as any program could make it.
    pub fn bare(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url))
    }

    /// The cookies it would send.
    pub fn cookies(&self) -> String {
        let url = self.url.parse::<Url>().expect("the address of the server");
        self.jar.cookies(&url).and_then(|value| value.to_str().ok().map(str::to_owned)).unwrap_or_default()
    }
}

/// Sends a request that was put together by hand.
pub fn send(request: RequestBuilder) -> Page {
    let response = request.send().expect("the server answers");
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    Page { status: response.status().as_u16(), headers, body: body_of(response) }
}

/// The body to the letter: what decodes text takes a byte order mark off.
fn body_of(response: reqwest::blocking::Response) -> String {
    String::from_utf8_lossy(&response.bytes().expect("the body arrives")).into_owned()
}

impl Page {
    /// A header, empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Where a redirect leads; fails the test if this is none.
    pub fn location(&self) -> &str {
        assert_eq!(self.status, 303, "expected a redirect: {}", self.text());
        self.header("location")
    }

    /// What the first hidden field of this name holds.
    #[track_caller]
    pub fn hidden(&self, name: &str) -> String {
        let (_, rest) = self
            .body
            .split_once(&format!("name=\"{name}\" value=\""))
            .unwrap_or_else(|| panic!("no field {name} in {}", self.text()));
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    /// The text between the tags, with white space folded and the five entities read. What is isolated reads as if it were not.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut inside = false;
        for letter in self.body.replace("<bdi>", "").replace("</bdi>", "").chars() {
            match letter {
                '<' => {
                    inside = true;
                    text.push(' ');
                }
                '>' => inside = false,
                _ if !inside => text.push(letter),
                _ => {}
            }
        }
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        [
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&quot;", "\""),
            ("&#34;", "\""),
            ("&#39;", "'"),
            ("&#60;", "<"),
            ("&#62;", ">"),
            ("&#38;", "&"),
            ("&amp;", "&"),
        ]
        .iter()
        .fold(text, |text, (entity, letter)| text.replace(entity, letter))
    }

    /// Fails the test unless the page has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// Fails the test unless the page's text holds `words`.
    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        assert!(self.text().contains(words), "“{words}” is not in: {}", self.text());
        self
    }

    /// Fails the test if the page's text holds `words`.
    #[track_caller]
    pub fn does_not_say(self, words: &str) -> Self {
        assert!(!self.text().contains(words), "“{words}” is in: {}", self.text());
        self
    }
}
