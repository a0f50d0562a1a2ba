use super::axis::Axis;

/// The points of a sweep: every combination of the steps of its axes, the last axis turning fastest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    axes: Vec<Axis>,
    points: u64,
}

impl Grid {
    /// A grid over these axes.
    ///
    /// # Errors
    /// No axis, an axis without a value, a path on two axes, or more points than can be counted.
    pub fn new(axes: Vec<Axis>) -> Result<Grid, String> {
        if axes.is_empty() {
            return Err("nothing varies; give --vary PATH=VALUES or --points FILE".to_owned());
        }
        let paths: Vec<&String> = axes.iter().flat_map(|axis| &axis.paths).collect();
        if let Some(twice) = paths
            .iter()
            .enumerate()
            .find_map(|(n, path)| paths[..n].contains(path).then_some(path))
        {
            return Err(format!("{twice} is varied twice; name all its values at once"));
        }
        let mut points = 1u64;
        for axis in &axes {
            if axis.values.is_empty() {
                return Err(format!("{} has no value", axis.paths.join(", ")));
            }
            points = points
                .checked_mul(axis.values.len() as u64)
                .ok_or("there are more points than can be counted; vary less at once")?;
        }
        Ok(Grid { axes, points })
    }

    /// Its axes, the slowest first.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// Paths of all axes, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.axes.iter().flat_map(|axis| axis.paths.iter().map(String::as_str))
    }

    /// How many points there are; numbers of points are below it.
    pub fn points(&self) -> u64 {
        self.points
    }

    /// The step on each axis of a point.
    pub fn steps(&self, point: u64) -> Vec<usize> {
        let mut rest = point;
        let mut steps: Vec<usize> = self
            .axes
            .iter()
            .rev()
            .map(|axis| {
                let length = axis.values.len() as u64;
                let step = rest % length;
                rest /= length;
                step as usize
            })
            .collect();
        steps.reverse();
        steps
    }

    /// What a point sets, path by path.
    pub fn settings(&self, point: u64) -> Vec<(String, String)> {
        self.at(&self.steps(point))
    }

    /// What is set where every axis stands at its given step.
    pub fn at(&self, steps: &[usize]) -> Vec<(String, String)> {
        let axes = self.axes.iter().zip(steps);
        axes.flat_map(|(axis, step)| axis.paths.iter().cloned().zip(axis.values[*step].iter().cloned()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_run_through_all_combinations_the_last_axis_fastest() {
        let axes = ["a=1,2", "b=x,y,z"].map(|text| Axis::parse(text).unwrap());
        let grid = Grid::new(axes.to_vec()).unwrap();
        assert_eq!(grid.points(), 6);
        let texts: Vec<String> = (0..6)
            .map(|point| grid.settings(point).into_iter().map(|(_, value)| value).collect())
            .collect();
        assert_eq!(texts, ["1x", "1y", "1z", "2x", "2y", "2z"]);
        assert_eq!(grid.steps(4), [1, 1]);
    }

    #[test]
    fn an_axis_of_several_paths_sets_them_together() {
        let rows = Axis {
            paths: vec!["a".into(), "b".into()],
            values: vec![vec!["1".into(), "2".into()], vec!["3".into(), "4".into()]],
        };
        let grid = Grid::new(vec![rows]).unwrap();
        assert_eq!(grid.settings(1), [("a".into(), "3".into()), ("b".into(), "4".into())]);
    }

    #[test]
    fn a_path_can_vary_only_once_and_something_must_vary() {
        let axis = Axis::parse("a=1,2").unwrap();
        assert!(Grid::new(vec![axis.clone(), axis]).unwrap_err().contains("twice"));
        assert!(Grid::new(Vec::new()).is_err());
    }
}
