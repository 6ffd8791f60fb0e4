//! Who lives in the demo world: made-up people in six containers, and those who start soon. The same ones each time.

/// The containers, and how many of the people are in each.
pub const CONTAINERS: [(&str, usize); 6] =
    [("Facilities", 62), ("Finance", 58), ("Legal", 34), ("Sales", 96), ("Service desk", 40), ("Warehouse", 110)];

pub(super) const FIRST: [&str; 50] = [
    "Ana", "Anneke", "Bo", "Cora", "Dan", "Dalia", "Elisa", "Emil", "Farah", "Florian", "Giada", "Gianni", "Hanne",
    "Hugo", "Irina", "Ivo", "Jo", "Joana", "Kwame", "Karin", "Léa", "Lian", "Mary", "Miguel", "Naod", "Nadia", "Olive",
    "Oskar", "Pádraig", "Petra", "Quinn", "Ren", "Rhys", "Saskia", "Sylwia", "Tobi", "Tereza", "Uta", "Uri", "Vera",
    "Viktor", "Wendy", "Willem", "Xenia", "Yara", "Yuki", "Zoë", "Zoran", "Amara", "Björn",
];

pub(super) const LAST: [&str; 64] = [
    "Adeyemi", "Abebe", "Anders", "Andrade", "Berg", "Brandt", "Baptiste", "Costa", "Chang", "Conti", "da Silva",
    "Duncan", "Dvořák", "Eriksen", "Estrada", "Ferrari", "Franke", "Fischer", "Garcia", "Greene", "Haddad", "Hansen",
    "Horvat", "Ibsen", "Ito", "Jansen", "Jovanović", "Keller", "Kowalska", "Kimura", "Lang", "Lund", "Lindholm",
    "Mantel", "Marsh", "Moreau", "Nakamura", "Novak", "Nwosu", "O’Connell", "Okada", "Osei", "Petrova", "Pereira",
    "Quiroga", "Romano", "Rossi", "Rasmussen", "Santos", "Sørensen", "Schmidt", "Tanner", "Torres", "Ueda", "Urban",
    "Vance", "Varga", "Vogel", "Weiss", "Whitlock", "Yamada", "Young", "Zimmer", "Zhang",
];

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The User ID: "t.adeyemi".
    pub user_id: String,
    /// First name.
    pub first: &'static str,
    /// Last name.
    pub last: &'static str,
    /// The address; empty for a few, whom Provision then skips.
    pub email: String,
    /// The container.
    pub container: &'static str,
}

/// People who start soon, and whom nobody has provisioned yet: who tries Provision picks from them. Assignment begins
/// with the first six, and README names the first two.
const STARTERS: [(&str, &str, &str); 30] = [
    ("Aino", "Aalto", "Sales"),
    ("Astrid", "Aasen", "Service desk"),
    ("Amir", "Abadi", "Finance"),
    ("Ada", "Abara", "Warehouse"),
    ("Aisha", "Abbas", "Sales"),
    ("Akira", "Abe", "Facilities"),
    ("Bruno", "Alves", "Warehouse"),
    ("Carmen", "Aranda", "Legal"),
    ("Dario", "Bianchi", "Sales"),
    ("Edda", "Bjarnadottir", "Service desk"),
    ("Femi", "Balogun", "Warehouse"),
    ("Gunnar", "Carlsen", "Facilities"),
    ("Hiro", "Endo", "Finance"),
    ("Ines", "Fonseca", "Sales"),
    ("Jakub", "Gajda", "Warehouse"),
    ("Katja", "Gruber", "Legal"),
    ("Lars", "Hedlund", "Sales"),
    ("Mina", "Hashemi", "Service desk"),
    ("Noor", "Idrissi", "Finance"),
    ("Otto", "Jung", "Warehouse"),
    ("Paula", "Kaplan", "Sales"),
    ("Rafael", "Leite", "Facilities"),
    ("Sana", "Malik", "Finance"),
    ("Tomas", "Marek", "Warehouse"),
    ("Ulla", "Nielsen", "Sales"),
    ("Valentin", "Oprea", "Service desk"),
    ("Wanja", "Otieno", "Warehouse"),
    ("Ximena", "Prieto", "Sales"),
    ("Yusuf", "Rahman", "Finance"),
    ("Zita", "Szabo", "Legal"),
];

/// Colleagues who start with them and write their names as at home: with two surnames, with marks, with a dotless i, from
/// right to left, in a script of their own, and at length. User ID, first name, last name, container.
const AS_AT_HOME: [(&str, &str, &str, &str); 10] = [
    ("d.cohen", "דוד", "כהן", "Sales"),
    ("i.yildiz", "Işıl", "Yıldız", "Service desk"),
    ("j.kim", "지우", "김", "Warehouse"),
    ("l.haddad", "ليلى", "حداد", "Finance"),
    ("m.garcia", "María José", "García Márquez", "Legal"),
    ("m.hohenstein", "Maximiliane Alexandra Theodora", "von Hohenstein-Wallenrodt zu Löwenfels", "Legal"),
    ("m.jovanovic", "Milica", "Jovanović-Đorđević", "Finance"),
    ("m.tanaka", "美咲", "田中", "Facilities"),
    ("t.nguyen", "Thị Bích Ngọc", "Nguyễn", "Warehouse"),
    ("w.wang", "伟", "王", "Service desk"),
];

/// Those who start soon, as the tables have them.
pub fn starters() -> Vec<Person> {
    let person = |user_id: String, first, last, container| {
        let email = format!("{user_id}@example.org");
        Person { user_id, first, last, email, container }
    };
    let plain = STARTERS.into_iter().map(|(first, last, container)| {
        let user_id = format!("{}.{}", ascii(first).chars().next().unwrap_or('x'), ascii(last));
        person(user_id, first, last, container)
    });
    let as_at_home =
        AS_AT_HOME.into_iter().map(|(id, first, last, container)| person(id.into(), first, last, container));
    plain.chain(as_at_home).collect()
}

/// The 400 who have been here for longer, in the order of their containers.
pub fn everyone() -> Vec<Person> {
    let total: usize = CONTAINERS.iter().map(|(_, size)| size).sum();
    let mut people: Vec<Person> = Vec::with_capacity(total);
    let containers = CONTAINERS.iter().flat_map(|(name, size)| std::iter::repeat_n(*name, *size));
    for (n, container) in containers.enumerate() {
        // 50 and 63 have no common factor but 1, so that the pairs repeat only after more people than there are.
        let (first, last) = (FIRST[(n * 7) % FIRST.len()], LAST[(n * 5) % (LAST.len() - 1)]);
        let plain = format!("{}.{}", ascii(first).chars().next().unwrap_or('x'), ascii(last));
        let same = people.iter().filter(|p| p.user_id.trim_end_matches(|c: char| c.is_ascii_digit()) == plain).count();
        let user_id = if same == 0 { plain } else { format!("{plain}{}", same + 1) };
        // One in 80 has no address on file.
        let email = if n % 80 == 79 { String::new() } else { format!("{user_id}@example.org") };
        people.push(Person { user_id, first, last, email, container });
    }
    people
}

/// Lower-case letters without accents and spaces, as User IDs are made.
pub(super) fn ascii(name: &str) -> String {
    name.to_lowercase()
        .chars()
        .filter_map(|letter| match letter {
            'a'..='z' => Some(letter),
            'á' => Some('a'),
            'é' | 'ë' => Some('e'),
            'ø' | 'ö' => Some('o'),
            'ć' => Some('c'),
            'ř' => Some('r'),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_has_a_user_id_of_their_own() {
        let people: Vec<Person> = everyone().into_iter().chain(starters()).collect();
        let mut ids: Vec<_> = people.iter().map(|person| &person.user_id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!((people.len(), ids.len()), (440, 440));
        assert!(ids.iter().all(|id| id.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')));
    }

    #[test]
    fn a_few_have_no_address() {
        assert_eq!(everyone().iter().filter(|person| person.email.is_empty()).count(), 5);
    }
}
