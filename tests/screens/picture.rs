//! A picture of a page, its reference, and the difference between the two.

use std::{
    collections::HashMap,
    fs,
    io::{BufReader, BufWriter},
    path::Path,
};

/// Every channel is kept in steps of this size, so that a reference has few colors and one shade of noise is none.
const STEP: u8 = 8;

/// A channel further apart than this is another color.
const FAR: u8 = 2 * STEP;

/// Pixels of another color that pass, in one thousand: under the version of Chromium that made the reference none but a
/// hair's breadth, under another what it draws letters differently by.
pub const SAME_VERSION: f64 = 0.02;
pub const OTHER_VERSION: f64 = 50.0;

/// The words under which a reference keeps what it was made with, and where the elements of the page stood.
const VERSION: &str = "Chromium";
const BOXES: &str = "Boxes";

/// A palette of one byte has room for so many colors.
const COLORS: usize = 256;

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

    /// Keeps it as a reference: with a palette where its colors fit into one.
    pub fn keep(&self, file: &Path, version: &str, boxes: &str) {
        fs::create_dir_all(file.parent().expect("a reference lies in a folder")).expect("a folder");
        let mut palette: HashMap<[u8; 3], u8> = HashMap::new();
        let mut indexes = Vec::with_capacity(self.pixels.len() / 3);
        for pixel in self.pixels.chunks_exact(3) {
            let next = palette.len();
            let Some(index) = palette.get(pixel).copied().or_else(|| u8::try_from(next).ok()) else { break };
            palette.insert([pixel[0], pixel[1], pixel[2]], index);
            indexes.push(index);
        }
        let mut encoder =
            png::Encoder::new(BufWriter::new(fs::File::create(file).expect("a file")), self.width, self.height);
        encoder.add_text_chunk(VERSION.into(), version.into()).expect("a version");
        encoder.add_ztxt_chunk(BOXES.into(), boxes.into()).expect("boxes");
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::High);
        if indexes.len() == self.pixels.len() / 3 {
            let mut colors = vec![0; palette.len().min(COLORS) * 3];
            for (color, index) in &palette {
                colors[usize::from(*index) * 3..][..3].copy_from_slice(color);
            }
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(colors);
            encoder.set_filter(png::Filter::NoFilter);
            encoder.write_header().and_then(|mut writer| writer.write_image_data(&indexes)).expect("a picture");
        } else {
            encoder.set_color(png::ColorType::Rgb);
            encoder.write_header().and_then(|mut writer| writer.write_image_data(&self.pixels)).expect("a picture");
        }
    }

    /// How many of a thousand pixels are of another color; all of them if the sizes differ.
    pub fn differs_from(&self, other: &Picture) -> f64 {
        if (self.width, self.height) != (other.width, other.height) {
            return 1000.0;
        }
        if self.pixels == other.pixels {
            return 0.0;
        }
        let pairs = self.pixels.chunks_exact(3).zip(other.pixels.chunks_exact(3));
        let far = pairs.filter(|(one, two)| apart(one, two)).count();
        let all = self.pixels.len() / 3;
        1000.0 * f64::from(u32::try_from(far).unwrap_or(u32::MAX)) / f64::from(u32::try_from(all).unwrap_or(u32::MAX))
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
                Some(there) if !apart(pixel, there) => marked.extend(pixel.iter().map(|channel| channel / 4 + 190)),
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

fn apart(one: &[u8], two: &[u8]) -> bool {
    one.iter().zip(two).any(|(one, two)| one.abs_diff(*two) > FAR)
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
