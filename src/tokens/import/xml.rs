//! A small reader of XML: elements by their local names, and nothing that could reach out or blow up.

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};

/// Elements within elements: a PSKC file has 9 (RFC 6030 §4); more is built to exhaust a stack.
const DEEPEST: usize = 32;

/// An element.
#[derive(Debug, Default)]
pub struct Element {
    /// Its name without the prefix: files differ in prefixes, and the names of RFC 6030 do not meet.
    pub name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// Reads a document of at most `most` elements.
    ///
    /// # Errors
    /// A sentence. A document type is refused whatever it says: it can name files to read and entities that grow.
    pub fn read(text: &str, most: usize) -> Result<Self, String> {
        let broken = |error: &dyn std::fmt::Display| format!("The file is not well-formed XML: {error}.");
        let mut reader = Reader::from_str(text);
        let mut open: Vec<Element> = Vec::new();
        let mut root = None;
        let mut left = most;
        loop {
            let closed = match reader.read_event().map_err(|error| broken(&error))? {
                Event::Start(start) => {
                    left = left.checked_sub(1).ok_or_else(|| format!("The file has more than {most} elements."))?;
                    if open.len() >= DEEPEST {
                        return Err(format!("The elements of this file stand more than {DEEPEST} deep."));
                    }
                    if open.is_empty() && root.is_some() {
                        return Err("The file has more than one outermost element.".into());
                    }
                    open.push(Element::start(&start).map_err(|error| broken(&error))?);
                    None
                }
                Event::Empty(start) => {
                    left = left.checked_sub(1).ok_or_else(|| format!("The file has more than {most} elements."))?;
                    Some(Element::start(&start).map_err(|error| broken(&error))?)
                }
                Event::End(_) => open.pop(),
                Event::Text(part) => {
                    let part = part.xml10_content();
                    match open.last_mut() {
                        Some(element) => element.text.push_str(&part),
                        None if part.trim().is_empty() => {}
                        None => return Err("The file has text outside of its elements.".into()),
                    }
                    None
                }
                Event::CData(part) => {
                    if let Some(element) = open.last_mut() {
                        element.text.push_str(&part.xml10_content());
                    }
                    None
                }
                Event::GeneralRef(reference) => {
                    let letter = match reference.resolve_char_ref().map_err(|error| broken(&error))? {
                        Some(letter) => letter,
                        None => predefined(&reference.xml10_content())
                            .ok_or("The file uses an entity of its own, which is refused.")?,
                    };
                    if let Some(element) = open.last_mut() {
                        element.text.push(letter);
                    }
                    None
                }
                Event::DocType(_) => {
                    return Err(
                        "The file has a document type (DOCTYPE), which is refused: PSKC files need none.".into()
                    );
                }
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => None,
                Event::Eof => break,
            };
            if let Some(closed) = closed {
                match open.last_mut() {
                    Some(parent) => parent.children.push(closed),
                    None if root.is_none() => root = Some(closed),
                    None => return Err("The file has more than one outermost element.".into()),
                }
            }
        }
        if let Some(element) = open.last() {
            return Err(format!("The file ends within the element {}.", element.name));
        }
        root.ok_or_else(|| "The file has no element.".into())
    }

    fn start(start: &BytesStart<'_>) -> Result<Self, quick_xml::Error> {
        let mut element = Element { name: start.local_name().as_ref().to_owned(), ..Element::default() };
        for attribute in start.attributes() {
            let attribute = attribute?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0)?;
            element.attributes.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
        }
        Ok(element)
    }

    /// The first element of this name within it.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The element at the end of this way down, the first of equal names each time.
    pub fn at(&self, way: &[&str]) -> Option<&Element> {
        way.iter().try_fold(self, |element, name| element.child(name))
    }

    /// All elements of this name within it.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// All elements within it.
    pub fn children(&self) -> &[Element] {
        &self.children
    }

    /// An attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Its text without outer spaces.
    pub fn text(&self) -> &str {
        self.text.trim()
    }
}

/// The entities every XML document has (XML 1.0 §4.6).
fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_without_their_prefixes() {
        let root =
            Element::read("<?xml version=\"1.0\"?><p:a x:Id='1&amp;2'> <b>x&#65;&lt;</b><!-- c --><b/></p:a>", 9);
        let root = root.unwrap();
        assert_eq!((root.name.as_str(), root.attribute("Id")), ("a", Some("1&2")));
        assert_eq!(root.at(&["b"]).unwrap().text(), "xA<");
        assert_eq!(root.all("b").count(), 2);
    }

    #[test]
    fn entities_and_document_types_are_refused() {
        let laughs = "<!DOCTYPE a [<!ENTITY b \"ha\"><!ENTITY c \"&b;&b;&b;\">]><a>&c;</a>";
        assert!(Element::read(laughs, 9).unwrap_err().contains("DOCTYPE"));
        let outside = "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/hostname\">]><a>&b;</a>";
        assert!(Element::read(outside, 9).unwrap_err().contains("DOCTYPE"));
        assert!(Element::read("<a>&c;</a>", 9).unwrap_err().contains("entity"));
        assert!(Element::read("<a b='&c;'/>", 9).is_err());
    }

    #[test]
    fn a_document_is_whole_and_of_a_bearable_size() {
        for broken in ["", "a", "<a>", "<a></b>", "<a/><b/>", "<a></a><b></b>", "<a/>x", "<a b='1' b='2'/>", "<a", "\0"]
        {
            assert!(Element::read(broken, 9).is_err(), "{broken}");
        }
        assert!(Element::read(&"<a>".repeat(10_000), 100_000).unwrap_err().contains("deep"));
        assert!(Element::read(&format!("<a>{}</a>", "<b/>".repeat(10)), 9).unwrap_err().contains("more than 9"));
    }
}
