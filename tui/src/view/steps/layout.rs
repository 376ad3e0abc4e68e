//! How suggested steps share the rows of their strip.

/// Columns between two steps.
pub(super) const STEP_GAP: u16 = 1;
/// Columns without which a step could not be understood.
const MIN_STEP_WIDTH: usize = 26;

/// Arranges steps in at most `rows` rows. `wanted` are the columns that each step wants; returned are those that each
/// gets, row by row. Steps that do not fit are left out, from the end.
pub(super) fn arrange(wanted: &[usize], width: usize, rows: usize) -> Vec<Vec<usize>> {
    let found =
        (1..=wanted.len()).rev().find_map(|shown| least_truncated_layout(&wanted[..shown], width, rows));
    found.map(|layout| layout.rows).unwrap_or_default()
}

struct Layout {
    /// Columns that are cut off, in total.
    cut: usize,
    /// The columns of each step, row by row.
    rows: Vec<Vec<usize>>,
}

/// The layout that cuts off the fewest columns, with as few rows as that takes. `None` if a step would be cut so far
/// that it could not be understood.
fn least_truncated_layout(wanted: &[usize], width: usize, rows: usize) -> Option<Layout> {
    if wanted.is_empty() {
        return Some(Layout { cut: 0, rows: Vec::new() });
    }
    let mut best: Option<Layout> = None;
    for count in 1..=wanted.len() {
        let (here, below) = wanted.split_at(count);
        let gap = usize::from(STEP_GAP);
        let row = share_columns(here, (width + gap).saturating_sub(count * gap));
        let is_too_narrow =
            |(share, wanted): (&usize, &usize)| *share < (*wanted).min(MIN_STEP_WIDTH).min(width);
        if rows == 0 || row.iter().zip(here).any(is_too_narrow) {
            break;
        }
        let cut: usize = row.iter().zip(here).map(|(share, wanted)| wanted - share).sum();
        let Some(mut layout) = least_truncated_layout(below, width, rows - 1) else { continue };
        layout.cut += cut;
        layout.rows.insert(0, row);
        let is_better = |known: &Layout| (layout.cut, layout.rows.len()) <= (known.cut, known.rows.len());
        if best.as_ref().is_none_or(is_better) {
            best = Some(layout);
        }
    }
    best
}

/// Shares the columns of a row: each step gets what it wants, unless the others leave less.
fn share_columns(wanted: &[usize], width: usize) -> Vec<usize> {
    let mut shares = vec![0; wanted.len()];
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|index| wanted[*index]);
    let mut left = width;
    for (done, index) in order.iter().enumerate() {
        shares[*index] = wanted[*index].min(left / (wanted.len() - done));
        left -= shares[*index];
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_step_leaves_its_columns_to_the_others() {
        assert_eq!(share_columns(&[10, 20], 40), [10, 20]);
        assert_eq!(share_columns(&[50, 10, 50], 60), [25, 10, 25]);
        assert_eq!(share_columns(&[50, 40, 30], 61), [21, 20, 20]);
    }

    #[test]
    fn steps_are_cut_as_little_as_the_rows_allow() {
        assert_eq!(arrange(&[20, 20, 20], 62, 1), [[20, 20, 20]]);
        assert_eq!(arrange(&[40, 40, 40], 100, 3), [vec![40, 40], vec![40]]);
        assert_eq!(arrange(&[90, 90, 90], 80, 3), [[80], [80], [80]]);
        assert_eq!(arrange(&[90, 90, 30, 90, 90], 101, 3), [vec![50, 50], vec![30, 70], vec![90]]);
        assert_eq!(arrange(&[80, 80, 80, 60, 25], 95, 3), [vec![47, 47], vec![80], vec![60, 25]]);
        assert_eq!(arrange(&[90, 90, 90], 101, 1), [[33, 33, 33]]);
    }

    #[test]
    fn a_step_too_narrow_to_read_is_left_out() {
        assert_eq!(arrange(&[90, 90, 90], 55, 1), [[27, 27]]);
        assert_eq!(arrange(&[90, 90], 20, 1), [[20]]);
        assert_eq!(arrange(&[90; 9], 55, 3), vec![vec![27, 27]; 3]);
        assert_eq!(arrange(&[], 55, 3), Vec::<Vec<usize>>::new());
    }
}
