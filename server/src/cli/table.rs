//! Tables for people: columns as wide as their widest cell, the last one as long as it is.

use super::out::{BOLD, styled};
use super::plain;
use anstyle::Style;
use unicode_width::UnicodeWidthStr;

/// Between two columns.
const GAP: &str = "  ";

/// One cell, harmless to a terminal.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// A cell in a colour.
    pub(super) fn styled(text: impl AsRef<str>, style: Style) -> Self {
        Self { text: plain::line(text.as_ref()).into_owned(), style }
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::styled(text, Style::new())
    }
}

/// Rows under their heads.
#[derive(Debug)]
pub(super) struct Table {
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table without rows yet.
    pub(super) fn new(heads: &[&str]) -> Self {
        Self { rows: vec![heads.iter().map(|head| Cell::styled(head, BOLD)).collect()] }
    }

    /// A list of words and what they stand for, without heads.
    pub(super) const fn of_pairs() -> Self {
        Self { rows: Vec::new() }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Its lines, without spaces at their ends.
    pub(super) fn lines(&self) -> Vec<String> {
        let widths: Vec<usize> = (0..self.rows.iter().map(Vec::len).max().unwrap_or_default())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells.map(|cell| cell.text.width()).max().unwrap_or_default()
            })
            .collect();
        self.rows.iter().map(|row| line(row, &widths)).collect()
    }
}

fn line(row: &[Cell], widths: &[usize]) -> String {
    let last = row.iter().rposition(|cell| !cell.text.is_empty()).unwrap_or_default();
    let mut line = String::new();
    for (index, (cell, width)) in row.iter().zip(widths).enumerate().take(last + 1) {
        if cell.style == Style::new() {
            line.push_str(&cell.text);
        } else {
            line.push_str(&styled(&cell.text, cell.style));
        }
        if index < last {
            line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.text.width())));
            line.push_str(GAP);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_look() {
        let mut table = Table::new(&["NAME", "WHAT", "WHY"]);
        table.row(["crm".into(), "x".into(), Cell::from("")]);
        table.row(["알림🚨".into(), "é".into(), "a\nb".into()]);
        let lines: Vec<String> =
            table.lines().iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect();
        assert_eq!(lines, ["NAME    WHAT  WHY", "crm     x", "알림🚨  é     a\\nb"]);
    }
}
