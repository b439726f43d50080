//! The keys that streams use or still need are looked at every few minutes, whoever looks on: so that every page can
//! warn of one that is disabled, on its way out or gone before its records are.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::{Keys, Place};
use crate::{
    model::{
        access::scope::Scope,
        keys::{KeyArn, KeyLook, Meant},
        stream::{
            StreamId,
            encryption::{KeyId, KeyIdForm},
        },
        time::{MINUTE_MS, Timestamp},
    },
    server::{
        adapters::{aws::targets::Target, clock},
        services::inventory::Inventory,
    },
    view::{
        key_state,
        pages::{KeyAlarm, KeyCard, KeyPage, KeyUseRow},
    },
};

/// How often it is looked whether a key is due.
const ROUND: Duration = Duration::from_secs(5);
/// How long what KMS said of a key is good for warnings.
const LOOKED_AT_EVERY_MS: i64 = 5 * MINUTE_MS;
/// The same for a name in use of which KMS has not said which key it means.
const UNKNOWN_LOOKED_AT_EVERY_MS: i64 = MINUTE_MS;
/// Between two calls of one round.
const APART: Duration = Duration::from_millis(100);
/// A round of one target takes at most this long.
const LONGEST_ROUND: Duration = Duration::from_secs(30);
/// Keys of one target that are looked at in one round; the rest follow in the next.
const MOST_A_ROUND: usize = 100;

/// A key that stored records of a stream need, or that new ones are encrypted with.
#[derive(Debug, Clone)]
pub struct StreamNeed {
    pub stream: StreamId,
    /// The target that reads it.
    pub target: String,
    /// As AWS reported it.
    pub key: KeyId,
    /// A key that this was seen to mean while it was in use; `None` where KMS never said.
    pub meant: Option<Meant>,
    pub retention_hours: i32,
    /// `None` while it is in use.
    pub until: Option<Timestamp>,
    /// Since when the stream's keys are known, where that does not cover its retention.
    pub known_since: Option<Timestamp>,
}

/// What KMS said of keys in the last rounds.
pub type Watched = HashMap<Place, (Timestamp, KeyLook)>;

/// One key with everything that needs it.
#[derive(Debug, Clone)]
pub struct Group {
    name: String,
    arn: Option<KeyArn>,
    look: Option<KeyLook>,
    /// When KMS said so, where it couldn't be asked again since.
    as_of: Option<Timestamp>,
    needs: Vec<StreamNeed>,
}

impl Keys {
    /// Looks at keys until the server stops.
    pub async fn watch(self: Arc<Self>, inventory: Arc<Inventory>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.look_around(&inventory) => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = clock::sleep(ROUND) => {}
            }
        }
    }

    async fn look_around(&self, inventory: &Inventory) {
        let now = self.clock.now();
        let mut wanted: BTreeMap<String, HashSet<KeyId>> = BTreeMap::new();
        // Names in use that KMS has not told the key of.
        let mut unknown: HashSet<Place> = HashSet::new();
        for need in inventory.needed_keys(&Scope::everything(), now) {
            let keys = wanted.entry(need.target.clone()).or_default();
            keys.insert(looked_at_as(&need));
            // While it is in use, where its name points is of interest too.
            if need.until.is_none() {
                if need.meant.is_none() {
                    unknown.insert((need.target, need.key.clone()));
                }
                keys.insert(need.key);
            }
        }
        self.forget_unwanted(&wanted);
        let unknown = &unknown;
        // A KMS that hangs holds up its own target only, and not for long: the rest of its keys follow in the next
        // round.
        let rounds = inventory.targets().iter().map(|target| {
            let keys = wanted.remove(&target.id).unwrap_or_default();
            async move {
                let looked =
                    clock::timeout(LONGEST_ROUND, self.ask_keys_of(inventory, target, keys, unknown, now)).await;
                // Others may take longer; walking through all streams is for a reason only.
                if !matches!(looked, Ok(0)) {
                    self.sound_alarms(inventory);
                }
            }
        });
        join_all(rounds.collect::<Vec<_>>()).await;
        self.sound_alarms(inventory);
    }

    fn sound_alarms(&self, inventory: &Inventory) {
        *self.alarms.lock() = Arc::new(self.alarming(inventory));
    }

    /// Looks at the keys of a target that are due; returns how many these were.
    async fn ask_keys_of(
        &self,
        inventory: &Inventory,
        target: &Target,
        keys: HashSet<KeyId>,
        unknown: &HashSet<Place>,
        now: Timestamp,
    ) -> usize {
        let due: Vec<KeyId> = {
            let watched = self.watched.lock();
            let is_due = |key: &KeyId| {
                let place = (target.id.clone(), key.clone());
                // What its name means is lost when an alias is re-pointed before KMS was asked.
                let every = if unknown.contains(&place) { UNKNOWN_LOOKED_AT_EVERY_MS } else { LOOKED_AT_EVERY_MS };
                watched.get(&place).is_none_or(|(at, _)| now.millis_since(*at).abs() >= every)
            };
            keys.into_iter().filter(is_due).take(MOST_A_ROUND).collect()
        };
        let count = due.len();
        for key in due {
            if inventory.is_paused(target) {
                break;
            }
            let look = self.look_now(target, &key).await;
            self.take_in((target.id.clone(), key), look);
            clock::sleep(APART).await;
        }
        count
    }

    /// That KMS can't be asked says nothing of a key that was in danger, and ends no alarm: what it said before stays.
    fn take_in(&self, place: Place, look: KeyLook) {
        let now = self.clock.now();
        let mut watched = self.watched.lock();
        let known = watched.remove(&place).map(|(_, look)| look);
        let kept = known.filter(|known| matches!((known, &look), (KeyLook::Found(_), KeyLook::Unseen { .. })));
        watched.insert(place, (now, kept.unwrap_or(look)));
    }

    fn forget_unwanted(&self, wanted: &BTreeMap<String, HashSet<KeyId>>) {
        let is_wanted = |(target, key): &Place| wanted.get(target).is_some_and(|keys| keys.contains(key));
        self.watched.lock().retain(|place, _| is_wanted(place));
    }

    /// The keys that will not be there as long as records need them.
    fn alarming(&self, inventory: &Inventory) -> Vec<Group> {
        self.groups(inventory, &Scope::everything()).into_iter().filter(|group| group.trouble().is_some()).collect()
    }

    /// What every page warns of, for streams of a scope: a key without trouble has none for fewer streams either.
    pub fn alarms(&self, scope: &Scope) -> Vec<KeyAlarm> {
        let alarming = self.alarms.lock().clone();
        let in_scope = |group: &Group| {
            let mut group = group.clone();
            group.needs.retain(|need| scope.covers(&need.stream));
            let trouble = if group.needs.is_empty() { None } else { group.trouble() };
            trouble
                .map(|trouble| KeyAlarm { text: format!("{} {trouble}", group.title()), href: key_path(&group.name) })
        };
        alarming.iter().filter_map(in_scope).collect()
    }

    /// Every key that a stream of a scope uses or still needs, those first that are free last.
    pub fn cards(&self, inventory: &Inventory, scope: &Scope) -> Vec<KeyCard> {
        let mut cards: Vec<KeyCard> = self.groups(inventory, scope).iter().map(Group::card).collect();
        let order = |card: &KeyCard| {
            (!card.is_bad, card.free_at.is_some(), std::cmp::Reverse(card.free_at), card.title.clone())
        };
        cards.sort_by_key(order);
        cards
    }

    /// One key with the streams of a scope that use or still need it.
    pub fn page(&self, inventory: &Inventory, scope: &Scope, name: &str) -> Option<KeyPage> {
        let group = self.groups(inventory, scope).into_iter().find(|group| group.name == name)?;
        let card = group.card();
        let mut uses: Vec<KeyUseRow> = group
            .needs
            .into_iter()
            .map(|need| KeyUseRow {
                stream: need.stream,
                key: need.key,
                meant_since: need.meant.and_then(|meant| meant.seen_from),
                retention_hours: need.retention_hours,
                until: need.until,
                known_since: need.known_since,
            })
            .collect();
        uses.sort_by(|one, other| (one.until.is_some(), &one.stream).cmp(&(other.until.is_some(), &other.stream)));
        Some(KeyPage { card, uses })
    }

    fn groups(&self, inventory: &Inventory, scope: &Scope) -> Vec<Group> {
        let watched = self.watched.lock();
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        for need in inventory.needed_keys(scope, self.clock.now()) {
            let look = watched.get(&(need.target.clone(), looked_at_as(&need))).map(|(_, look)| look.clone());
            let arn = meant(&need, look.as_ref());
            // What KMS says of an alias of which nobody knows the key is not about a key of then.
            let look = look.filter(|_| need.meant.is_some() || need.until.is_none());
            let name = arn.as_ref().map_or_else(
                || format!("{}/{}/{}", need.stream.account, need.stream.region, need.key),
                ToString::to_string,
            );
            let group = groups.entry(name.clone()).or_insert_with(|| Group {
                name,
                arn,
                look: None,
                as_of: None,
                needs: Vec::new(),
            });
            // Under one of several names KMS may say more.
            if !matches!((&group.look, &look), (Some(KeyLook::Found(_)), _) | (_, None)) {
                group.look = look;
            }
            group.needs.push(need);
        }
        groups.into_values().map(|group| group.dated(self.clock.now())).collect()
    }
}

/// Under which name KMS is asked for a key: the key itself where it is known, so that an alias that moves or goes says
/// nothing of it.
fn looked_at_as(need: &StreamNeed) -> KeyId {
    need.meant.as_ref().and_then(|meant| meant.arn.to_string().parse().ok()).unwrap_or_else(|| need.key.clone())
}

/// The key that a stream's key is: as it was seen while in use, else as KMS says now.
fn meant(need: &StreamNeed, look: Option<&KeyLook>) -> Option<KeyArn> {
    let now = || look.and_then(KeyLook::arn).filter(|_| need.until.is_none());
    need.meant.as_ref().map(|meant| &meant.arn).or_else(now).cloned()
}

/// The path of a key's page.
fn key_path(name: &str) -> String {
    format!("/keys/{}", percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC))
}

impl Group {
    /// With the time of what KMS said, where that's older than KMS is asked.
    fn dated(self, now: Timestamp) -> Self {
        let read_at = match &self.look {
            Some(KeyLook::Found(facts)) => Some(facts.read_at),
            _ => None,
        };
        Self { as_of: read_at.filter(|at| now.millis_since(*at) > 2 * LOOKED_AT_EVERY_MS), ..self }
    }

    fn title(&self) -> String {
        self.arn.as_ref().map_or_else(|| self.name.clone(), KeyArn::short)
    }

    /// When the last stream is done with it; `None` while one uses it.
    fn free_at(&self) -> Option<Timestamp> {
        let untils: Option<Vec<Timestamp>> = self.needs.iter().map(|need| need.until).collect();
        untils.and_then(|untils| untils.into_iter().max())
    }

    /// What is wrong with the key while it is needed, if anything is.
    fn trouble(&self) -> Option<String> {
        let streams: HashSet<&StreamId> = self.needs.iter().map(|need| &need.stream).collect();
        let needed = match (self.free_at(), streams.len()) {
            (None, 1) => "1 stream uses or still needs it".to_owned(),
            (None, count) => format!("{count} streams use or still need it"),
            (Some(until), 1) => format!("1 stream needs it until {}", until.day_and_minute()),
            (Some(until), count) => format!("{count} streams need it until {}", until.day_and_minute()),
        };
        let state = match &self.look {
            // AWS makes its own key at the first use.
            Some(KeyLook::Missing) if self.needs.iter().any(|need| need.key.form() == Some(KeyIdForm::ServiceKey)) => {
                return None;
            }
            Some(KeyLook::Missing) => "is gone: KMS doesn't find it".to_owned(),
            Some(KeyLook::Found(facts)) => key_state::trouble(facts, self.free_at())?,
            Some(KeyLook::Unseen { .. }) | None => return None,
        };
        let as_of = self.as_of.map_or_else(String::new, |at| format!(" (as of {})", at.day_and_minute()));
        Some(format!("{state}{as_of}, and {needed}."))
    }

    fn card(&self) -> KeyCard {
        let mut names: Vec<String> = self.needs.iter().map(|need| need.key.to_string()).collect();
        names.sort_unstable();
        names.dedup();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let in_use: HashSet<&StreamId> =
            self.needs.iter().filter(|need| need.until.is_none()).map(|need| &need.stream).collect();
        let needing: HashSet<&StreamId> =
            self.needs.iter().filter(|need| need.until.is_some()).map(|need| &need.stream).collect();
        let first = &self.needs[0].stream;
        KeyCard {
            title: self.title(),
            arn: self.arn.as_ref().map(ToString::to_string),
            path: key_path(&self.name),
            names,
            account: self.arn.as_ref().map_or_else(|| first.account.clone(), |arn| arn.account.clone()),
            region: first.region.clone(),
            state: match &self.look {
                None => "not looked at yet".to_owned(),
                Some(KeyLook::Found(facts)) => match self.as_of {
                    None => key_state::label(facts),
                    Some(at) => {
                        format!(
                            "{} as of {}; KMS couldn't be asked since",
                            key_state::label(facts),
                            at.day_and_minute()
                        )
                    }
                },
                Some(KeyLook::Missing) => "KMS doesn't find it".to_owned(),
                Some(KeyLook::Unseen { why }) => format!("not known: {why}"),
            },
            trouble: self.trouble(),
            is_bad: self.trouble().is_some(),
            using: number(in_use.len()),
            needing: number(needing.len()),
            free_at: self.free_at(),
            is_history_short: self.needs.iter().any(|need| need.known_since.is_some()),
        }
    }
}
