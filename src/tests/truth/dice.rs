//! Random choices that are the same for the same seed.

/// `SplitMix64`, by Sebastiano Vigna.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// One of several values, weighted.
    pub fn one_of<T: Copy>(&mut self, things: &[(u64, T)]) -> T {
        let mut left = self.below(things.iter().map(|(weight, _)| weight).sum());
        for (weight, thing) in things {
            match left.checked_sub(*weight) {
                None => return *thing,
                Some(less) => left = less,
            }
        }
        unreachable!("the weights add up")
    }
}

#[test]
fn dice_fall_the_same_way_for_the_same_seed() {
    let throw = |seed| (0..20).map(|_| Dice::new(seed).one_of(&[(1, 'a'), (3, 'b')])).collect::<String>();
    assert_eq!(throw(7), throw(7));
    let mut dice = Dice::new(7);
    let many: Vec<char> = (0..4_000).map(|_| dice.one_of(&[(1, 'a'), (3, 'b')])).collect();
    let share = many.iter().filter(|thrown| **thrown == 'a').count();
    assert!((900..1_100).contains(&share), "{share}");
}
