//! What a stream's tags say about who owns and manages it.

use crate::model::{
    change::Action,
    inventory::{Manager, Owner},
};

/// Says who owns a stream.
pub fn owner(owner: &Owner) -> String {
    format!("Owner: {} (tag {}).", owner.name, owner.tag)
}

/// Says which tool manages a stream, and what it will probably do after a change.
pub fn manager(manager: &Manager, action: Action) -> String {
    let (who, what, next) = match manager {
        Manager::CloudFormation { stack } => ("CloudFormation", format!("stack {stack}"), "stack update"),
        Manager::Terraform { tag } => ("Terraform", format!("tag {tag}"), "apply"),
    };
    let undoes = match action {
        Action::Disable => "re-encrypt it",
        Action::Enable => "undo this",
    };
    format!("{who} manages this stream ({what}). The next {next} will probably {undoes}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tool_will_do_is_said() {
        let terraform = Manager::Terraform { tag: "managed_by=terraform".to_owned() };
        assert_eq!(
            manager(&terraform, Action::Disable),
            "Terraform manages this stream (tag managed_by=terraform). The next apply will probably re-encrypt it."
        );
        let stack = Manager::CloudFormation { stack: "orders".to_owned() };
        assert_eq!(
            manager(&stack, Action::Enable),
            "CloudFormation manages this stream (stack orders). The next stack update will probably undo this."
        );
    }
}
