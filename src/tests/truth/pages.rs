//! Pages as a person reads them: the text of HTML, and what it says about a change, a row, a list or a key.

/// The words that may begin a change's summary, longer ones first.
const WORDS: [&str; 10] = [
    "Outcome unknown",
    "Not established",
    "Not applied",
    "Superseded",
    "Reverted",
    "Rejected",
    "Replaced",
    "Settled",
    "Expired",
    "Slow",
];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The text of some HTML, without its scripts.
pub fn text(html: &str) -> String {
    let mut words = String::new();
    let mut in_script = false;
    for (n, part) in html.split('<').enumerate() {
        let (tag, rest) = if n == 0 { ("", part) } else { part.split_once('>').unwrap_or((part, "")) };
        in_script = tag.starts_with("script") || (in_script && !tag.starts_with("/script"));
        let is_block = ["p", "/p", "li", "/li", "dd", "dt", "td", "th", "tr", "h1", "h2", "div", "/div"]
            .contains(&tag.split(' ').next().unwrap_or_default());
        if is_block {
            words.push(' ');
        }
        if !in_script {
            words.push_str(rest);
        }
    }
    let decoded = words
        .replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    decoded.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub fn between<'a>(page: &'a str, from: &str, to: &str) -> Option<&'a str> {
    page.split_once(from)?.1.split_once(to).map(|(piece, _)| piece)
}

/// A step of the ladder, as shown.
#[derive(Debug, Clone)]
pub struct RungSaid {
    pub name: String,
    pub text: String,
    pub is_lit: bool,
}

/// What a change's page says.
#[derive(Debug, Clone, Default)]
pub struct ChangeSaid {
    pub rungs: Vec<RungSaid>,
    /// The end or flag, and the sentence that it begins.
    pub word: &'static str,
    pub summary: String,
    /// Whether the page links to its undo.
    pub has_undo: bool,
    pub whole: String,
}

impl ChangeSaid {
    pub fn of(page: &str, id: &str) -> Result<Self, String> {
        let main = page.split_once("<h1").map_or(page, |(_, rest)| rest);
        let (above, below) = main.split_once("aria-label=\"Progress\"").ok_or("no ladder")?;
        let (ladder, _) = below.split_once("</ol>").ok_or("the ladder has no end")?;
        let rungs = ladder.split("<li").skip(1).map(|item| rung(&format!("<{item}"))).collect();
        let mut paragraphs = above
            .split("<p")
            .skip(1)
            .map(|piece| text(&format!("<p{}", piece.split("</p>").next().unwrap_or_default())));
        let found = paragraphs.find_map(|said| Some((*WORDS.iter().find(|word| said.starts_with(**word))?, said)));
        let (word, summary) = found.unwrap_or_default();
        let has_undo = page.contains(&format!("undo={id}"));
        Ok(Self { rungs, word, summary, has_undo, whole: text(main) })
    }

    /// What a row of the list of changes says: only the word.
    pub fn of_listed(row: &str) -> Self {
        let mut cells = row.split("<td").map(|cell| text(&format!("<td{cell}")));
        let word = cells.find_map(|cell| WORDS.iter().find(|word| cell.starts_with(**word)).copied());
        Self { word: word.unwrap_or_default(), ..Self::default() }
    }

    pub fn rung(&self, name: &str) -> Option<&RungSaid> {
        self.rungs.iter().find(|rung| rung.name == name)
    }

    pub fn is_lit(&self, name: &str) -> bool {
        self.rung(name).is_some_and(|rung| rung.is_lit)
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        !matches!(self.word, "" | "Outcome unknown" | "Slow")
    }

    /// The summary's and the rungs' sentences about the change, each with the rule that it breaks if it is false about
    /// the present.
    pub fn sentences(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let rungs = self.rungs.iter().map(|rung| ("tense", rung.text.as_str()));
        let texts = std::iter::once(("present", self.summary.as_str())).chain(rungs);
        texts
            .flat_map(|(rule, text)| text.split(". ").map(move |sentence| (rule, sentence)))
            .filter(|(_, sentence)| !sentence.is_empty())
    }
}

fn rung(item: &str) -> RungSaid {
    let all = text(item.split("</li>").next().unwrap_or_default());
    let (name, said) = all.split_once(' ').unwrap_or((&all, ""));
    // A lit rung may mention what wasn't seen; an unlit one begins with it.
    let is_unlit = ["not yet", "not observed"].iter().any(|word| said.starts_with(word))
        || said.contains("not observed")
        || said.is_empty();
    RungSaid { name: name.to_owned(), text: said.to_owned(), is_lit: !is_unlit }
}

/// What a list's row or a stream's page says about the present.
#[derive(Debug, Clone, Default)]
pub struct PresentSaid {
    pub encryption: String,
    pub status: String,
    pub key: Option<String>,
    pub retention: Option<String>,
}

impl PresentSaid {
    /// The row of a stream in the list, if there is one.
    pub fn of_row(page: &str, name: &str) -> Option<Self> {
        let row = page.split("<tr").find(|row| row.contains(name))?;
        let cell = |label: &str| {
            between(row, &format!("data-label=\"{label}\""), "</td>").map(|cell| text(&format!("<{cell}")))
        };
        Some(Self {
            encryption: cell("Encryption").unwrap_or_default(),
            status: cell("Status").unwrap_or_default(),
            key: None,
            retention: None,
        })
    }

    /// The facts on a stream's page, if it has them.
    pub fn of_stream(page: &str) -> Option<Self> {
        let fact = |name: &str| {
            let piece = page.split("<dt").find(|piece| {
                text(&format!("<dt{}", piece.split("</dt>").next().unwrap_or_default())).starts_with(name)
            })?;
            Some(text(&format!("<{}", between(piece, "<dd", "</dd>")?)))
        };
        Some(Self {
            encryption: fact("Encryption")?,
            status: fact("Status")?,
            key: fact("Key"),
            retention: fact("Retention"),
        })
    }
}

/// `alias/orders until 23 Nov 14:03 UTC`: each key in a text, and the date until which it is needed.
pub fn dates(text: &str) -> Vec<(String, String)> {
    let words: Vec<&str> = text.split(' ').collect();
    let found = words.iter().enumerate().filter(|(_, word)| **word == "until").filter_map(|(at, _)| {
        let key = words.get(at.checked_sub(1)?)?.trim_matches(|c: char| ",.;:()".contains(c));
        let rest = words.get(at + 1..)?;
        let rest = if rest.starts_with(&["at", "least"]) { &rest[2..] } else { rest };
        let [day, month, clock, ..] = rest else { return None };
        let is_date = day.parse::<u8>().is_ok() && MONTHS.contains(month) && clock.len() >= 5 && clock.is_ascii();
        (is_date && is_key(key)).then(|| (key.to_owned(), format!("{day} {month} {}", &clock[..5])))
    });
    found.collect()
}

fn is_key(word: &str) -> bool {
    ["alias/", "key/", "arn:", "mrk-"].iter().any(|start| word.starts_with(start))
        || (word.len() == 36 && word.contains('-'))
}

/// The greatest age, in milliseconds, that a text such as `Encrypted 4 s ago` allows.
pub fn greatest_age(text: &str) -> Option<i64> {
    if text.contains("just now") {
        return Some(1_000);
    }
    let words: Vec<&str> = text.split(' ').collect();
    let ago = words.iter().position(|word| word.trim_end_matches('.') == "ago")?;
    let (count, unit) = (words.get(ago.checked_sub(2)?)?.parse::<i64>().ok()?, words[ago - 1]);
    let unit = match unit {
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    Some((count + 1) * unit)
}

/// `key/1234…9012`, from a key's ARN or id.
pub fn short(arn: &str) -> String {
    let id = arn.rsplit("key/").next().unwrap_or(arn);
    if id.len() > 12 && id.is_ascii() {
        format!("key/{}\u{2026}{}", &id[..4], &id[id.len() - 4..])
    } else {
        format!("key/{id}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_read_as_a_person_reads_it() {
        let page = "<h1>Change of orders</h1><p>Elsewhere.</p><p class=\"x\"><strong>Not applied</strong>. Since \
            14:03.</p>\
            <ol aria-label=\"Progress\"><li><b>Requested</b> <i>Recorded.</i></li><li><b>Sent</b> <i>not \
            yet</i></li></ol>\
            <script>{\"Settled\":1}</script><p>Keep alias/orders until at least <b>23 Nov 14:03 UTC</b>.</p>";
        let said = ChangeSaid::of(page, "c1").unwrap();
        assert_eq!(
            (said.word, said.summary.as_str(), said.has_undo),
            ("Not applied", "Not applied. Since 14:03.", false)
        );
        assert_eq!(said.rungs.iter().map(|rung| rung.is_lit).collect::<Vec<_>>(), [true, false]);
        assert!(!said.whole.contains("Settled"));
        assert_eq!(dates(&said.whole), [("alias/orders".to_owned(), "23 Nov 14:03".to_owned())]);
        assert!(dates("sent when ACTIVE, until 23 Nov 14:03 UTC").is_empty());
        assert_eq!(greatest_age("Encrypted 4 s ago"), Some(5_000));
        assert_eq!(greatest_age("Encrypted"), None);
        let stream =
            "<dl><dt>Encryption</dt><dd><span>Encrypted</span> 4 s ago</dd><dt>Status</dt><dd>ACTIVE</dd></dl>";
        assert_eq!(PresentSaid::of_stream(stream).unwrap().encryption, "Encrypted 4 s ago");
    }
}
