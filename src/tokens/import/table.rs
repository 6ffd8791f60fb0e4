//! A CSV file of devices: a header, then one device a line.

use zeroize::Zeroizing;

use crate::{
    tokens::{
        import::{
            MOST_DEVICES,
            device::{self, Incoming, Line},
        },
        one_time::{Making, MovingFactor},
    },
    users::import::Numbers,
};

/// The columns a file may have, as people write them.
pub const COLUMNS: &str =
    "Serial Number, Seed, Type, Algorithm, Digits, Period, Counter and Container (Serial Number and Seed are required)";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Serial,
    Seed,
    Type,
    Algorithm,
    Digits,
    Period,
    Counter,
    Container,
}

impl Column {
    /// Reads the name of a column: case, spaces and signs do not matter.
    fn named(name: &str) -> Option<Self> {
        let plain: String = name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
        Some(match plain.as_str() {
            "serialnumber" | "serial" => Column::Serial,
            "seed" => Column::Seed,
            "type" => Column::Type,
            "algorithm" => Column::Algorithm,
            "digits" => Column::Digits,
            "period" => Column::Period,
            "counter" => Column::Counter,
            "container" => Column::Container,
            _ => return None,
        })
    }
}

/// Reads a file: UTF-8, with or without BOM, any line ends, cells separated by commas, semicolons or tabs.
///
/// # Errors
/// A sentence, if the file as a whole is not what it should be.
pub fn read(text: &str) -> Result<Vec<Line>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(separator(text))
        .from_reader(text.as_bytes());
    let mut numbers = Numbers::new(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut columns: Option<Vec<Column>> = None;
    let mut lines = Vec::new();
    while reader.read_record(&mut record).map_err(|_| "The file cannot be read as CSV.")? {
        if record.iter().all(str::is_empty) {
            continue;
        }
        let Some(columns) = &columns else {
            columns = Some(header(&record)?);
            continue;
        };
        if lines.len() == MOST_DEVICES {
            return Err(format!("The file has more than {MOST_DEVICES} lines. Split it."));
        }
        let start = record.position().map_or(0, csv::Position::byte);
        let (number, _) = numbers.of(usize::try_from(start).unwrap_or(0));
        lines.push(line(number, columns, &record));
    }
    match (columns, lines.is_empty()) {
        (None, _) => Err(format!("The first line has to name the columns: {COLUMNS}.")),
        (_, true) => Err("The file has no line below its header.".into()),
        _ => Ok(lines),
    }
}

/// The separator that the header uses most; a comma if it has one column only.
fn separator(text: &str) -> u8 {
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |wanted: u8| header.bytes().filter(|byte| *byte == wanted).count();
    // The last of equals wins, so that the comma stands last.
    [b'\t', b';', b','].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

fn header(record: &csv::StringRecord) -> Result<Vec<Column>, String> {
    let mut columns = Vec::new();
    for (n, name) in record.iter().enumerate() {
        let column = Column::named(name).ok_or_else(|| match name {
            "" => format!("Column {} has no name in the first line. The columns are {COLUMNS}.", n + 1),
            // A file without a header has a seed here, which is not to be repeated.
            _ => format!("Column {} of the first line is none that is known. The columns are {COLUMNS}.", n + 1),
        })?;
        if columns.contains(&column) {
            return Err(format!("Column {} has the name of another one.", n + 1));
        }
        columns.push(column);
    }
    for (column, name) in [(Column::Serial, "Serial Number"), (Column::Seed, "Seed")] {
        if !columns.contains(&column) {
            return Err(format!("The column “{name}” is missing in the first line. The columns are {COLUMNS}."));
        }
    }
    Ok(columns)
}

fn line(number: usize, columns: &[Column], record: &csv::StringRecord) -> Line {
    let cell = |wanted: Column| {
        let at = columns.iter().position(|column| *column == wanted);
        at.and_then(|at| record.get(at)).unwrap_or_default()
    };
    let device = if record.len() == columns.len() {
        parse(&cell)
    } else {
        let (has, wanted) = (record.len(), columns.len());
        Err(format!("This line has {has} {}; the header has {wanted}.", if has == 1 { "cell" } else { "cells" }))
    };
    Line { number, serial: shown(cell(Column::Serial)), device }
}

fn parse<'a>(cell: &impl Fn(Column) -> &'a str) -> Result<Incoming, String> {
    let moving_factor = device::moving_factor(cell(Column::Type))?;
    let text = Zeroizing::new(cell(Column::Seed).to_owned());
    Ok(Incoming {
        serial: device::serial(cell(Column::Serial))?,
        seed: device::seed_text(&text)?,
        making: Making {
            moving_factor,
            algorithm: device::algorithm(cell(Column::Algorithm))?,
            digits: device::digits(cell(Column::Digits))?,
            period: device::period(cell(Column::Period))?,
        },
        // A clock has no counter, and some makers write 0 or 1 there in any case.
        counter: if moving_factor == MovingFactor::Counter { device::counter(cell(Column::Counter))? } else { 0 },
        container: cell(Column::Container).to_owned(),
    })
}

/// A serial number for the list of outcomes, however wrong it is.
pub fn shown(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() > 40 { line.chars().take(40).chain(['…']).collect() } else { line }
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
            let lines = read(&text).unwrap();
            assert_eq!(lines.len(), 1, "{text}");
            let device = lines[0].device.as_ref().ok().unwrap();
            assert_eq!((device.serial.as_str(), device.making.moving_factor), ("FT-1", MovingFactor::Counter));
            assert_eq!(device.seed.bytes(), b"12345678901234567890");
        }
    }

    #[test]
    fn a_wrong_line_is_refused_and_the_others_are_not() {
        let text = format!("Serial,Seed,Digits\nA,{SEED},6\nB,{SEED},7\nC\nD,xyz,\n\nE,{SEED},\n");
        let lines = read(&text).unwrap();
        let good: Vec<_> = lines.iter().map(|line| (line.number, line.device.is_ok())).collect();
        assert_eq!(good, [(2, true), (3, false), (4, false), (5, false), (7, true)]);
        assert!(lines.iter().filter_map(|line| line.device.as_ref().err()).all(|why| !why.contains(SEED)));
    }

    #[test]
    fn a_file_with_wrong_columns_is_refused_with_the_right_ones() {
        let wrong = |text: &str| read(text).err().unwrap();
        assert!(wrong("Serial,Seed,Color\na,b,c").contains("Column 3 of the first line is none that is known"));
        assert!(wrong("Serial\na").contains("“Seed” is missing"));
        assert!(wrong("Serial,Seed,serial number\na,b,c").contains("name of another"));
        assert!(wrong("Serial,Seed\n").contains("no line"));
        assert!(wrong(" \r\n").contains("first line has to name"));
        assert!(!wrong(&format!("FT-1,{SEED}\n")).contains(SEED), "a file without a header holds a seed there");
    }
}
