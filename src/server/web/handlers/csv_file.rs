//! CSV files that spreadsheets open: RFC 4180, with CRLF, and no cell that would be run as a formula.

/// The content type of a CSV file with a header line, as all of ours have.
pub const CONTENT_TYPE: &str = "text/csv; charset=utf-8; header=present";

/// Writes rows of cells.
pub fn lines<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for cells in rows {
        // Writing to memory cannot fail.
        let _: Result<(), csv::Error> = writer.write_record(cells.map(neutral));
    }
    writer.into_inner().unwrap_or_default()
}

/// Escapes a cell that a spreadsheet would take for a formula.
fn neutral(text: String) -> String {
    let is_formula = text
        .trim_start_matches(' ')
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    if is_formula { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for formula in
            ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =HYPERLINK(\"http://evil.example\")", "\u{ff1d}1"]
        {
            assert_eq!(neutral(formula.to_owned()), format!("'{formula}"));
        }
        for text in ["OPS-1", "", "a=b", "1", "arn:aws:kinesis"] {
            assert_eq!(neutral(text.to_owned()), text);
        }
    }

    #[test]
    fn cells_with_separators_stay_one_cell() {
        let text = lines([["a", "b"].map(str::to_owned), ["a,\"b\"\r\nc".to_owned(), "-1".to_owned()]]);
        assert_eq!(String::from_utf8(text).unwrap(), "a,b\r\n\"a,\"\"b\"\"\r\nc\",'-1\r\n");
    }
}
