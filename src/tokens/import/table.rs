//! A CSV file of devices: a header, then one device a line.

use zeroize::Zeroizing;

use crate::{
    english::counted,
    tokens::{
        Validity,
        import::{
            MOST_DEVICES,
            columns::{self, COLUMNS, Column, First, Layout, PassedOver},
            device::{self, Incoming, Line},
        },
        one_time::{Making, MovingFactor},
    },
    users::import::Numbers,
};

use super::columns::shown;

/// A table that was read.
pub struct Table {
    /// Its devices.
    pub lines: Vec<Line>,
    /// The columns that are not taken.
    pub passed_over: Vec<PassedOver>,
}

/// Reads a file: UTF-8, with or without BOM, any line ends, cells separated by commas, semicolons or tabs.
///
/// # Errors
/// A sentence, if the file as a whole is not what it should be.
pub fn read(text: &str) -> Result<Table, String> {
    let (text, named, skipped) = told_separator(text);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .delimiter(named.unwrap_or_else(|| separator(text)))
        .from_reader(text.as_bytes());
    let mut numbers = Numbers::new(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut first = None;
    let mut passed_over = Vec::new();
    let mut lines = Vec::new();
    while reader.read_record(&mut record).map_err(|_| "The file cannot be read as CSV.")? {
        if record.iter().all(str::is_empty) {
            continue;
        }
        let start = usize::try_from(record.position().map_or(0, csv::Position::byte)).unwrap_or(0);
        record = record.iter().map(unwrapped).collect();
        if first.is_none() {
            let read = columns::first(&record)?;
            if let First::Header(layout) = &read {
                passed_over = columns::passed_over(&record, layout);
            }
            let is_header = matches!(read, First::Header(_));
            first = Some(read);
            if is_header {
                continue;
            }
        }
        if lines.len() == MOST_DEVICES {
            return Err(format!("The file has more than {MOST_DEVICES} lines. Split it."));
        }
        let (number, _) = numbers.of(start);
        let number = number + skipped;
        match &first {
            Some(First::Header(layout)) => {
                for (at, column) in &mut passed_over {
                    column.filled += usize::from(record.get(*at).is_some_and(|cell| !cell.is_empty()));
                }
                lines.push(line(number, layout, &record));
            }
            _ => lines.push(match columns::without_header(&record) {
                Ok(layout) => laid_out(number, &layout, &record),
                Err(why) => {
                    let serial = shown(record.get(0).unwrap_or_default());
                    Line { number, serial, owner: String::new(), device: Err(why) }
                }
            }),
        }
    }
    match (first, lines.is_empty()) {
        (None, _) => Err(format!("The first line has to name the columns: {COLUMNS}.")),
        (_, true) => Err("The file has no line below its header.".into()),
        _ => Ok(Table { lines, passed_over: passed_over.into_iter().map(|(_, column)| column).collect() }),
    }
}

/// The text below a first line "sep=;", which Excel writes and reads, what that names, and how many lines it is.
fn told_separator(text: &str) -> (&str, Option<u8>, usize) {
    let line = text.split_inclusive('\n').next().unwrap_or_default();
    let named = line.trim().strip_prefix("sep=").or_else(|| line.trim().strip_prefix("SEP="));
    match named.map(str::as_bytes) {
        Some([separator]) => (&text[line.len()..], Some(*separator), 1),
        // The tab is trimmed with the end of the line.
        Some([]) => (&text[line.len()..], Some(b'\t'), 1),
        _ => (text, None, 0),
    }
}

/// A cell that Excel wrote as a formula, to keep zeros in front: `="00045"`.
fn unwrapped(cell: &str) -> &str {
    cell.strip_prefix("=\"").and_then(|cell| cell.strip_suffix('"')).unwrap_or(cell)
}

/// The separator that the first line uses most; a comma if it has one column only.
fn separator(text: &str) -> u8 {
    let is_told = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
    let header = text.lines().find(is_told).unwrap_or_default();
    let count = |wanted: u8| header.bytes().filter(|byte| *byte == wanted).count();
    // The last of equals wins, so that the comma stands last.
    [b'\t', b';', b','].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

/// A line below a header, which says how many cells it has.
fn line(number: usize, layout: &Layout, record: &csv::StringRecord) -> Line {
    let (has, wanted) = (record.len(), layout.len());
    // Spreadsheets write empty cells at the end.
    if has >= wanted && record.iter().skip(wanted).all(str::is_empty) {
        return laid_out(number, layout, record);
    }
    let cells = counted(has, "cell");
    let cell = |wanted: Column| {
        let at = layout.iter().position(|column| *column == Some(wanted));
        shown(at.and_then(|at| record.get(at)).unwrap_or_default())
    };
    let why = format!("This line has {cells}; the header has {wanted}.");
    Line { number, serial: cell(Column::Serial), owner: cell(Column::Owner), device: Err(why) }
}

fn laid_out(number: usize, layout: &Layout, record: &csv::StringRecord) -> Line {
    let has = |wanted: Column| layout.contains(&Some(wanted));
    // What has a counter and neither type nor period is a key for HOTP.
    let is_counted = has(Column::Counter) && !has(Column::Type) && !has(Column::Period);
    let cell = |wanted: Column| {
        if wanted == Column::Type && is_counted {
            return "hotp";
        }
        let at = layout.iter().position(|column| *column == Some(wanted));
        at.and_then(|at| record.get(at)).unwrap_or_default()
    };
    Line { number, serial: shown(cell(Column::Serial)), owner: shown(cell(Column::Owner)), device: parse(&cell) }
}

fn parse<'a>(cell: &impl Fn(Column) -> &'a str) -> Result<Incoming, String> {
    let moving_factor = device::moving_factor(cell(Column::Type))?;
    let text = Zeroizing::new(cell(Column::Seed).to_owned());
    Ok(Incoming {
        serial: Some(device::serial(cell(Column::Serial))?),
        authentication_type: device::authentication_type(cell(Column::AuthenticationType), moving_factor)?,
        seed: device::seed_text(&text)?,
        making: Making {
            moving_factor,
            algorithm: device::algorithm(cell(Column::Algorithm))?,
            digits: device::digits(cell(Column::Digits))?,
            period: device::period(cell(Column::Period))?,
        },
        // A clock has no counter, and some makers write 0 or 1 there in any case.
        counter: if moving_factor == MovingFactor::Counter { device::counter(cell(Column::Counter))? } else { 0 },
        owner: cell(Column::Owner).to_owned(),
        container: cell(Column::Container).to_owned(),
        validity: Validity::ALWAYS,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &str = "3132333435363738393031323334353637383930";

    #[test]
    fn columns_come_in_any_order_case_and_separator() {
        for text in [
            format!("Serial Number,Seed,Type\nFT-1,{SEED},hotp"),
            format!("\r\nSEED;serial_number;TYPE\r\n{SEED};FT-1;HOTP\r\n\r\n"),
            format!("type\tserial\tseed\nHOTP\t FT-1\t{SEED}\n\t\t\n"),
            format!("\"Serial Number\",\"Seed\",\"Type\",\"Container\"\n\"FT-1\",\"{SEED}\",\"hotp\",\"\"\n"),
        ] {
            let lines = read(&text).unwrap().lines;
            assert_eq!(lines.len(), 1, "{text}");
            let device = lines[0].device.as_ref().ok().unwrap();
            assert_eq!((device.serial.as_deref(), device.making.moving_factor), (Some("FT-1"), MovingFactor::Counter));
            assert_eq!(device.seed.bytes(), b"12345678901234567890");
        }
    }

    #[test]
    fn a_wrong_line_is_refused_and_the_others_are_not() {
        let text = format!("Serial,Seed,Digits\nA,{SEED},6\nB,{SEED},7\nC\nD,xyz,\n\nE,{SEED},\n");
        let lines = read(&text).unwrap().lines;
        let good: Vec<_> = lines.iter().map(|line| (line.number, line.device.is_ok())).collect();
        assert_eq!(good, [(2, true), (3, false), (4, false), (5, false), (7, true)]);
        assert!(lines.iter().filter_map(|line| line.device.as_ref().err()).all(|why| !why.contains(SEED)));
    }

    #[test]
    fn a_file_with_wrong_columns_is_refused_with_the_right_ones() {
        let wrong = |text: &str| read(text).err().unwrap();
        assert!(wrong("Serial\na").contains("“Seed” is missing"));
        assert!(wrong("Serial,Seed,serial number\na,b,c").contains("name of another"));
        assert!(wrong("Serial,Seed\n").contains("no line"));
        assert!(wrong(" \r\n").contains("first line has to name"));
        assert!(!wrong(&format!("FT-1,{SEED}\n")).contains(SEED), "a file without a header holds a seed there");
    }

    fn one(text: &str) -> (String, Making, i64) {
        let table = read(text).unwrap();
        let device = table.lines[0].device.as_ref().map_err(String::clone).unwrap();
        assert_eq!(device.seed.bytes(), b"12345678901234567890", "{text}");
        (device.serial.clone().unwrap(), device.making, device.counter)
    }

    const BASE32: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn makers_columns_are_known_and_other_ones_are_passed_over_and_named() {
        let text =
            format!("upn,serial number,secret key,time interval,manufacturer,model\na@b,7100001,{BASE32},60,,T-30\n");
        assert_eq!(one(&text), ("7100001".into(), Making { period: 60, ..Making::APP }, 0));
        let names: Vec<(String, usize)> =
            read(&text).unwrap().passed_over.into_iter().map(|column| (column.name, column.filled)).collect();
        assert_eq!(names, [("upn".into(), 1), ("manufacturer".into(), 0), ("model".into(), 1)]);
        let text = format!("sep=;\r\nserial;otpkey;type;otplen;hashlib;\r\n=\"0045\";{SEED};hotp;8;sha256;\r\n");
        let (serial, making, _) = one(&text);
        assert_eq!((serial.as_str(), making.digits, making.moving_factor), ("0045", 8, MovingFactor::Counter));
        assert_eq!(read(&text).unwrap().lines[0].number, 3);
    }

    #[test]
    fn a_first_line_with_a_seed_is_a_file_without_a_header() {
        let counter = Making { moving_factor: MovingFactor::Counter, ..Making::APP };
        assert_eq!(
            one(&format!("7100003, {SEED}, totp, 6, 60\n")),
            ("7100003".into(), Making { period: 60, ..Making::APP }, 0)
        );
        assert_eq!(one(&format!("# comment\n7100004,{BASE32},hotp,6,17")), ("7100004".into(), counter, 17));
        assert_eq!(one(&format!("508326,,0,{SEED},,2013-12-12T08:41:07,\n")), ("508326".into(), counter, 0));
        assert_eq!(
            one(&format!("OATH-HOTP,11.12.13 18:55,1,cccccc,,{SEED},,,0,0,0,6\n")),
            ("cccccc".into(), counter, 0)
        );
        for text in [format!("7100005,{SEED}\n"), format!("{SEED},7100005,totp\n"), format!("7100005,{SEED},sha1\n")] {
            let why = read(&text).err().unwrap();
            assert!(why.contains("Without a header a line is") && !why.contains(SEED), "{why}");
        }
    }
}
