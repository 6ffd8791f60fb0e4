//! A picture of a page, its reference, and the difference between the two.

use std::{
    collections::{HashMap, HashSet},
    fs,
    io::{BufReader, BufWriter},
    path::Path,
};

/// Every channel is kept in steps of this size, so that a reference has few colors and one shade of noise is none.
const STEP: u8 = 8;

/// A channel further apart than this is another color. Rare colors of a reference are not drawn exactly.
const FAR: u8 = 4 * STEP;

/// A channel further apart than this is another shade.
const NEAR: u8 = STEP;

/// How many of 1,000 pixels may be of another color, and of another shade.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    pub color: f64,
    pub shade: f64,
}

/// Under the version of Chromium that made the reference: a hair's breadth.
pub const SAME_VERSION: Share = Share { color: 0.02, shade: 20.0 };
/// Under another: what it draws letters differently by.
pub const OTHER_VERSION: Share = Share { color: 50.0, shade: 150.0 };

/// The words under which a reference keeps what it was made with, and where the elements of the page stood.
const VERSION: &str = "Chromium";
const BOXES: &str = "Boxes";

/// A palette of one byte has room for so many colors, and where there are more, for so many as they are.
const COLORS: usize = 256;
const EXACT: usize = 150;

/// The sizes of cells of rare colors; half of the largest is nearer than [`FAR`].
const CELLS: [u8; 5] = [16, 24, 32, 48, 60];

/// Pixels in rows, three channels each, in steps.
pub struct Picture {
    pub width: u32,
    pub height: u32,
    pixels: Vec<u8>,
}

/// A picture that was accepted, and what was kept with it.
pub struct Reference {
    pub picture: Picture,
    pub version: String,
    pub boxes: String,
}

impl Picture {
    /// Reads what the browser drew.
    pub fn read(file: &Path) -> Self {
        decode(file).0
    }

    /// Keeps it as a reference, in the colors there are most of.
    pub fn keep(&self, file: &Path, version: &str, boxes: &str) {
        fs::create_dir_all(file.parent().expect("a reference lies in a folder")).expect("a folder");
        let (palette, indexes) = self.indexed();
        let mut encoder =
            png::Encoder::new(BufWriter::new(fs::File::create(file).expect("a file")), self.width, self.height);
        encoder.add_text_chunk(VERSION.into(), version.into()).expect("a version");
        encoder.add_ztxt_chunk(BOXES.into(), boxes.into()).expect("boxes");
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::High);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_palette(palette.concat());
        encoder.set_filter(png::Filter::NoFilter);
        encoder.write_header().and_then(|mut writer| writer.write_image_data(&indexes)).expect("a picture");
    }

    /// A palette, and for each pixel its number there: the colors there are most of as they are, the others as the middle
    /// of a cell that is no larger than it has to be.
    fn indexed(&self) -> (Vec<[u8; 3]>, Vec<u8>) {
        let pixels = || self.pixels.chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2]]);
        let mut counts: HashMap<[u8; 3], usize> = HashMap::new();
        pixels().for_each(|pixel| *counts.entry(pixel).or_default() += 1);
        let mut colors: Vec<([u8; 3], usize)> = counts.into_iter().collect();
        colors.sort_unstable_by_key(|(color, count)| (std::cmp::Reverse(*count), *color));
        let exact = if colors.len() > COLORS { EXACT } else { colors.len() };
        let rare = &colors[exact..];
        let middle = |color: &[u8; 3], cell: u8| color.map(|channel| (channel / cell * cell).saturating_add(cell / 2));
        let cell = CELLS.into_iter().find(|cell| {
            let cells: HashSet<[u8; 3]> = rare.iter().map(|(color, _)| middle(color, *cell)).collect();
            cells.len() <= COLORS - exact
        });
        let cell = cell.expect("the largest cells are few");
        let mut palette: Vec<[u8; 3]> = colors[..exact].iter().map(|(color, _)| *color).collect();
        let mut indexes: HashMap<[u8; 3], u8> = HashMap::new();
        for (at, (color, _)) in colors.iter().enumerate() {
            let drawn = if at < exact { *color } else { middle(color, cell) };
            let index = palette.iter().position(|one| *one == drawn).unwrap_or_else(|| {
                palette.push(drawn);
                palette.len() - 1
            });
            indexes.insert(*color, u8::try_from(index).expect("a palette of one byte"));
        }
        let indexes = pixels().map(|pixel| indexes[&pixel]).collect();
        (palette, indexes)
    }

    /// How far it is from `other`; all of it if the sizes differ.
    pub fn differs_from(&self, other: &Picture) -> Share {
        if (self.width, self.height) != (other.width, other.height) {
            return Share { color: 1000.0, shade: 1000.0 };
        }
        if self.pixels == other.pixels {
            return Share { color: 0.0, shade: 0.0 };
        }
        let share = |than: u8| {
            let pairs = self.pixels.chunks_exact(3).zip(other.pixels.chunks_exact(3));
            let count = |(all, so), (one, two): (&[u8], &[u8])| (all + 1.0, so + f64::from(apart(one, two, than)));
            let (all, so): (f64, f64) = pairs.fold((0.0, 0.0), count);
            1000.0 * so / all
        };
        Share { color: share(FAR), shade: share(NEAR) }
    }

    /// Draws `self` pale, with what differs from `other` in magenta.
    pub fn mark(&self, other: &Picture, file: &Path) {
        let width = usize::try_from(self.width).expect("a width");
        let other_width = usize::try_from(other.width).expect("a width");
        let mut marked = Vec::with_capacity(self.pixels.len());
        for (at, pixel) in self.pixels.chunks_exact(3).enumerate() {
            let (x, y) = (at % width, at / width);
            let start = (y * other_width + x) * 3;
            let there = if x < other_width { other.pixels.get(start..start + 3) } else { None };
            match there {
                Some(there) if !apart(pixel, there, FAR) => {
                    marked.extend(pixel.iter().map(|channel| channel / 4 + 190))
                }
                _ => marked.extend([214, 0, 160]),
            }
        }
        let file = BufWriter::new(fs::File::create(file).expect("a file"));
        let mut encoder = png::Encoder::new(file, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::Fast);
        encoder.write_header().and_then(|mut writer| writer.write_image_data(&marked)).expect("a picture");
    }
}

impl Reference {
    /// Reads the one in `file`; none if none was accepted yet.
    pub fn read(file: &Path) -> Option<Self> {
        file.exists().then(|| {
            let (picture, texts) = decode(file);
            let text = |name: &str| texts.get(name).cloned().unwrap_or_default();
            Reference { picture, version: text(VERSION), boxes: text(BOXES) }
        })
    }
}

fn apart(one: &[u8], two: &[u8], than: u8) -> bool {
    one.iter().zip(two).any(|(one, two)| one.abs_diff(*two) > than)
}

fn decode(file: &Path) -> (Picture, HashMap<String, String>) {
    let mut decoder = png::Decoder::new(BufReader::new(fs::File::open(file).expect("a picture")));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().expect("a PNG");
    let mut bytes = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut bytes).expect("a frame");
    reader.finish().expect("the end of the file");
    let channels = info.color_type.samples();
    let pixels = bytes[..info.buffer_size()]
        .chunks_exact(channels)
        .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
        .map(|channel| channel.saturating_add(STEP / 2) / STEP * STEP)
        .collect();
    let info = reader.info();
    let mut texts: HashMap<String, String> = HashMap::new();
    for chunk in &info.uncompressed_latin1_text {
        texts.insert(chunk.keyword.clone(), chunk.text.clone());
    }
    for chunk in &info.compressed_latin1_text {
        texts.insert(chunk.keyword.clone(), chunk.get_text().expect("a text"));
    }
    (Picture { width: info.width, height: info.height, pixels }, texts)
}
