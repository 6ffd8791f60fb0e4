//! No two files import each other, nor more of them in a ring: whoever reads a file reads what it stands on, never in circles.
//!
//! An import leads to the file in which a name is defined. `mod` and `pub use` are signposts: what a `mod.rs` passes on of its
//! files is none of its own imports, unless it uses the name itself. So a file may name what its `mod.rs` defines only if
//! `mod.rs` uses nothing of it. Unit tests are passed over.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::sources;

type Words = Vec<String>;

/// What a file says, as far as imports go.
#[derive(Default)]
struct File {
    name: String,
    children: BTreeSet<String>,
    defined: BTreeSet<String>,
    /// Words that stand alone, and so may be a name that was imported.
    words: BTreeSet<String>,
    /// Paths outside of `use`.
    paths: Vec<Words>,
    /// What is imported: the path, and the name it has here.
    uses: Vec<(Words, String)>,
    /// What is passed on.
    passed_on: Vec<(Words, String)>,
}

/// Words, `::` and signs, without comments, texts and unit tests.
fn tokens(text: &str) -> Words {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let letters: Vec<char> = text.chars().collect();
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let at = |at: usize| letters.get(at).copied().unwrap_or_default();
    let (mut found, mut i) = (Vec::new(), 0);
    while i < letters.len() {
        let begin = i;
        i += 1;
        match letters[begin] {
            '/' if at(i) == '/' => i = (i..letters.len()).find(|&i| letters[i] == '\n').unwrap_or(letters.len()),
            'r' if at(i) == '"' => i = (i + 1..letters.len()).find(|&i| letters[i] == '"').unwrap_or(i) + 1,
            'r' if at(i) == '#' && at(i + 1) == '"' => {
                i = (i + 2..letters.len()).find(|&i| letters[i] == '"' && at(i + 1) == '#').unwrap_or(i) + 2;
            }
            '"' => {
                while i < letters.len() && at(i) != '"' {
                    i += if at(i) == '\\' { 2 } else { 1 };
                }
                i += 1;
            }
            '\'' if at(i) == '\\' => i = (i + 2..letters.len()).find(|&i| letters[i] == '\'').unwrap_or(i) + 1,
            '\'' if at(i + 1) == '\'' => i += 2,
            ':' if at(i) == ':' => {
                i += 1;
                found.push("::".to_owned());
            }
            letter if is_word(letter) => {
                while is_word(at(i)) {
                    i += 1;
                }
                found.push(letters[begin..i].iter().collect());
            }
            letter if letter.is_whitespace() => {}
            sign => found.push(sign.to_string()),
        }
    }
    found
}

/// The paths of a `use` that begins at `i`, each with the name it has here; where it ends.
fn imported(tokens: &[String], mut i: usize, before: &[String], found: &mut Vec<(Words, String)>) -> usize {
    let mut path = before.to_vec();
    loop {
        match tokens[i].as_str() {
            "::" => i += 1,
            "{" => {
                i += 1;
                while tokens[i] != "}" {
                    i = if tokens[i] == "," { i + 1 } else { imported(tokens, i, &path, found) };
                }
                return i + 1;
            }
            "as" => {
                found.push((path, tokens[i + 1].clone()));
                return i + 2;
            }
            "," | "}" | ";" => {
                let name = path.last().cloned().unwrap_or_default();
                found.push((path, name));
                return i;
            }
            "self" if !path.is_empty() => i += 1,
            word => {
                path.push(word.to_owned());
                i += 1;
            }
        }
    }
}

fn read(name: &Path, text: &str) -> File {
    let tokens = tokens(text);
    let mut file = File { name: name.display().to_string(), ..File::default() };
    let word = |token: &str| token.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let mut i = 0;
    while i < tokens.len() {
        let before = i.checked_sub(1).map_or("", |i| &tokens[i]);
        let next = tokens.get(i + 1).map_or("", String::as_str);
        match tokens[i].as_str() {
            // `use<'a>` says what a type holds.
            "use" if next != "<" => {
                let list = if matches!(before, "pub" | ")") { &mut file.passed_on } else { &mut file.uses };
                i = imported(&tokens, i + 1, &[], list);
                continue;
            }
            "mod" if tokens.get(i + 2).is_some_and(|end| end == ";") => {
                file.children.insert(next.to_owned());
                i += 2;
            }
            "struct" | "enum" | "union" | "type" | "fn" | "trait" | "const" | "static" | "mod" => {
                file.defined.insert(next.to_owned());
            }
            "macro_rules" => {
                file.defined.insert(tokens[i + 2].clone());
            }
            token if word(token) && before != "::" => {
                let mut path = vec![token.to_owned()];
                while tokens[i + 1] == "::" && word(&tokens[i + 2]) {
                    path.push(tokens[i + 2].clone());
                    i += 2;
                }
                if path.len() > 1 {
                    file.paths.push(path);
                } else if before != "." && next != ":" {
                    file.words.insert(path.remove(0));
                }
            }
            _ => {}
        }
        i += 1;
    }
    file
}

/// The files of `src`, by the path of their module.
struct Modules(BTreeMap<Words, File>);

impl Modules {
    fn read() -> Self {
        let file = |(path, text): (std::path::PathBuf, String)| {
            let module = path.strip_prefix("src").expect("a source").with_extension("");
            let mut module: Words = module.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            module.retain(|part| !matches!(part.as_str(), "mod" | "lib"));
            (module, read(&path, &text))
        };
        Modules(sources().into_iter().filter(|(path, _)| !path.ends_with("main.rs")).map(file).collect())
    }

    /// The module from which `path`, as it is written in `module`, goes on, and how it does.
    fn start(&self, module: &[String], path: &[String], depth: usize) -> Option<(Words, Words)> {
        let rest = path[1..].to_vec();
        match path[0].as_str() {
            "crate" => return Some((Vec::new(), rest)),
            "self" => return Some((module.to_vec(), rest)),
            "super" => return Some((module[..module.len() - 1].to_vec(), rest)),
            first if self.0[module].children.contains(first) => return Some((module.to_vec(), path.to_vec())),
            _ => {}
        }
        let here = &self.0[module];
        let (origin, _) =
            here.uses.iter().chain(&here.passed_on).find(|(origin, name)| *name == path[0] && origin[0] != path[0])?;
        let (module, mut all) = self.start(module, origin, depth + 1).filter(|_| depth < 20)?;
        all.extend(rest);
        Some((module, all))
    }

    /// The file that defines what `path` names in `module`, and whether that is the file itself; `None` if it is not of ours.
    fn defines(&self, module: &[String], path: &[String], depth: usize) -> Option<(Words, bool)> {
        let (mut module, path) = self.start(module, path, depth).filter(|_| depth < 20)?;
        for (at, part) in path.iter().enumerate() {
            let here = self.0.get(&module)?;
            if part == "super" {
                module.pop();
            } else if here.children.contains(part) {
                module.push(part.clone());
            } else {
                let passed = here.passed_on.iter().chain(&here.uses).find(|(_, name)| name == part);
                return match passed.filter(|_| !here.defined.contains(part)) {
                    Some((origin, _)) => {
                        let mut whole = origin.clone();
                        whole.extend_from_slice(&path[at + 1..]);
                        self.defines(&module, &whole, depth + 1)
                    }
                    None => Some((module, false)),
                };
            }
        }
        Some((module, true))
    }

    /// What each file imports of which other, and by what names.
    fn imports(&self) -> BTreeMap<&Words, BTreeMap<Words, BTreeSet<String>>> {
        let mut found = BTreeMap::new();
        for (module, file) in &self.0 {
            let used = file.passed_on.iter().filter(|(_, name)| file.words.contains(name));
            let names = file.uses.iter().chain(used).map(|(path, _)| path).chain(&file.paths);
            let mut imports: BTreeMap<Words, BTreeSet<String>> = BTreeMap::new();
            for path in names {
                match self.defines(module, path, 0) {
                    // A module that is named as such: what is meant of it stands in the paths.
                    Some((_, true)) | None => {}
                    Some((other, false)) => {
                        if other != *module && !other.is_empty() {
                            imports.entry(other).or_default().insert(path.join("::"));
                        }
                    }
                }
            }
            found.insert(module, imports);
        }
        found
    }
}

#[test]
fn no_two_files_import_each_other() {
    let modules = Modules::read();
    let imports = modules.imports();
    let known: usize = imports.values().map(BTreeMap::len).sum();
    assert!(known > 2_000, "only {known} imports are seen: this test does not understand the sources any more");
    let reaches = |from: &Words, to: &Words| {
        let (mut seen, mut next) = (BTreeSet::from([from]), vec![from]);
        while let Some(module) = next.pop() {
            if module == to {
                return true;
            }
            next.extend(imports[module].keys().filter(|other| seen.insert(*other)));
        }
        false
    };
    let mut rings = Vec::new();
    for (module, others) in &imports {
        for (other, names) in others.iter().filter(|(other, _)| reaches(other, module)) {
            let (from, to) = (&modules.0[*module].name, &modules.0[other].name);
            rings.push(format!("{from} imports of {to}: {names:?}"));
        }
    }
    assert!(rings.is_empty(), "files that import each other, or in a ring: {rings:#?}");
}
