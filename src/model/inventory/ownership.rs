//! What a stream's tags say about who owns and manages it.

/// The tags that have a meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagMeanings {
    /// Names of tags whose value is the owner, the most telling first. Upper and lower case don't matter.
    pub owner: Vec<String>,
    /// The tag with which Terraform marks the streams that it manages: its name and value.
    pub terraform: (String, String),
}

/// What a stream's tags say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ownership {
    /// The owner, and the name of the tag that says so.
    pub owner: Option<Owner>,
    pub manager: Option<Manager>,
}

/// The owner of a stream, as a tag names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub tag: String,
    pub name: String,
}

/// A tool that manages a stream, and may change it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manager {
    /// AWS sets this tag itself (AWS CloudFormation User Guide, "Resource tags").
    CloudFormation { stack: String },
    /// The tag is `NAME=VALUE`.
    Terraform { tag: String },
}

/// The tag that AWS CloudFormation sets on what it creates.
const STACK_NAME: &str = "aws:cloudformation:stack-name";

impl TagMeanings {
    /// Returns what the tags of a stream say.
    pub fn ownership(&self, tags: &[(String, String)]) -> Ownership {
        let value_of = |name: &str| tags.iter().find(|(tag, _)| tag.eq_ignore_ascii_case(name));
        let owner = self.owner.iter().filter_map(|name| value_of(name)).find(|(_, value)| !value.trim().is_empty());
        let (name, value) = &self.terraform;
        let terraform = value_of(name).filter(|(_, given)| given.eq_ignore_ascii_case(value));
        let stack = tags.iter().find(|(tag, _)| tag == STACK_NAME);
        Ownership {
            owner: owner.map(|(tag, name)| Owner { tag: tag.clone(), name: name.clone() }),
            manager: match (stack, terraform) {
                (Some((_, stack)), _) => Some(Manager::CloudFormation { stack: stack.clone() }),
                (None, Some((tag, value))) => Some(Manager::Terraform { tag: format!("{tag}={value}") }),
                (None, None) => None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(tags: &[(&str, &str)]) -> Ownership {
        let meanings = TagMeanings {
            owner: vec!["owner".to_owned(), "team".to_owned()],
            terraform: ("managed_by".to_owned(), "terraform".to_owned()),
        };
        let tags: Vec<_> = tags.iter().map(|(tag, value)| ((*tag).to_owned(), (*value).to_owned())).collect();
        meanings.ownership(&tags)
    }

    #[test]
    fn the_first_tag_with_a_value_names_the_owner() {
        assert_eq!(said(&[("env", "prod")]), Ownership::default());
        let team = Owner { tag: "Team".to_owned(), name: "payments".to_owned() };
        assert_eq!(said(&[("Team", "payments"), ("owner", " ")]).owner, Some(team));
        assert_eq!(said(&[("team", "payments"), ("owner", "mira")]).owner.unwrap().name, "mira");
    }

    #[test]
    fn the_tool_that_manages_a_stream_is_known_by_its_tag() {
        let terraform = Manager::Terraform { tag: "Managed_By=Terraform".to_owned() };
        assert_eq!(said(&[("Managed_By", "Terraform")]).manager, Some(terraform));
        assert_eq!(said(&[("managed_by", "hand")]).manager, None);
        let stack = Manager::CloudFormation { stack: "orders".to_owned() };
        assert_eq!(said(&[("managed_by", "terraform"), (STACK_NAME, "orders")]).manager, Some(stack));
    }
}
