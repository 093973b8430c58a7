//! The part of a long list that is in the page: what is in sight, and some more on both sides.

/// Rows kept on each side of what is in sight.
const BESIDE: usize = 14;
/// So near to its end, the slice moves on, in px.
const EDGE_PX: i32 = 200;
/// Rows of the page as it comes, which nobody has measured yet: what a desk's window shows. Each costs time to bring to life.
const FIRST: usize = 30;
/// A row that is not in the page is taken to be so high; what that errs, the browser's scroll anchoring evens out.
pub const ROW_PX: i32 = 31;

/// Rows `from` to `to`, the latter not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// The first row.
    pub from: usize,
    /// The first row behind.
    pub to: usize,
}

impl Default for Slice {
    fn default() -> Self {
        Self { from: 0, to: FIRST }
    }
}

impl Slice {
    /// What is kept while the reader is at the top and sees so many px: under load, all of it is made anew several
    /// times a second.
    pub fn top(sight: i32) -> Self {
        Self { from: 0, to: in_sight(sight) }
    }

    /// The height that stands for the rows before it.
    pub fn before_px(self) -> i32 {
        px(self.from)
    }

    /// The height that stands for the rows behind it, of so many.
    pub fn behind_px(self, count: usize) -> i32 {
        px(count.saturating_sub(self.to))
    }

    /// The slice for a place in the list: `top` px down, where `sight` px are seen, and the rows of this slice are
    /// `height` px high in all.
    #[must_use]
    pub fn moved(self, top: i32, sight: i32, height: i32, count: usize) -> Self {
        let shown = self.to.min(count).saturating_sub(self.from);
        let begin = self.before_px();
        let inside = top - begin;
        let above = inside < EDGE_PX && self.from > 0;
        let below = inside + sight > height - EDGE_PX && self.to < count;
        if !above && !below {
            return self;
        }
        let first = if shown > 0 && (0..height).contains(&inside) {
            let share = f64::from(inside) / f64::from(height.max(1));
            self.from + rows(share * as_f64(shown))
        } else {
            rows(f64::from(top) / f64::from(ROW_PX))
        };
        let first = first.min(count);
        Self { from: first.saturating_sub(BESIDE), to: first + in_sight(sight) + BESIDE }
    }
}

/// Rows that so many px hold at most.
fn in_sight(px: i32) -> usize {
    rows(f64::from(px.max(0)) / f64::from(ROW_PX)) + 2
}

fn px(rows: usize) -> i32 {
    i32::try_from(rows).unwrap_or(i32::MAX).saturating_mul(ROW_PX)
}

#[expect(clippy::cast_precision_loss, reason = "no list has 2^53 rows")]
fn as_f64(rows: usize) -> f64 {
    rows as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a list")]
fn rows(exact: f64) -> usize {
    exact.max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_while_what_is_seen_lies_well_inside() {
        let slice = Slice { from: 100, to: 150 };
        assert_eq!(slice.moved(100 * ROW_PX + 400, 600, 50 * ROW_PX, 1000), slice);
        let first = Slice::top(600);
        assert_eq!(first, Slice { from: 0, to: 21 });
        assert_eq!(first.moved(0, 600, 10 * ROW_PX, 10), first);
    }

    #[test]
    fn near_an_edge_it_moves_to_where_the_reader_is() {
        // Rows of twice the height: 56 px.
        let long = Slice { from: 0, to: 140 };
        assert_eq!(long.moved(100 * 56, 600, 140 * 56, 1000), long, "still far from the edge");
        let down = long.moved(128 * 56, 600, 140 * 56, 1000);
        assert_eq!(down, Slice { from: 114, to: 163 });
        let up = down.moved(down.before_px() + 100, 600, 49 * ROW_PX, 1000);
        assert_eq!(up.from, 103);
    }

    #[test]
    fn a_leap_lands_by_the_common_height() {
        let far = Slice::default().moved(5000 * ROW_PX, 600, 30 * ROW_PX, 10_000);
        assert_eq!(far, Slice { from: 4986, to: 5035 });
        assert_eq!(far.behind_px(10_000), 4965 * ROW_PX);
        assert_eq!(far.moved(0, 600, 49 * ROW_PX, 10_000), Slice { from: 0, to: 35 });
    }
}
