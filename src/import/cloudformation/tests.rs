use std::collections::BTreeMap;

use super::resolve::Resolver;
use crate::scenario::{Document, Node};

const TEMPLATE: &str = "
Parameters:
  Stage: { Type: String, Default: dev }
  List: { Type: CommaDelimitedList, Default: 'a, b' }
  Bare: { Type: String }
  Kept: { Type: AWS::SSM::Parameter::Value<String>, Default: /path }
Mappings:
  Sizes: { dev: { memory: 256 } }
Conditions:
  IsDev: !Equals [!Ref Stage, dev]
  IsProd: { 'Fn::Equals': [{ Ref: Stage }, prod] }
  Neither: !Not [!Or [!Condition IsDev, { Condition: IsProd }]]
  Both: { 'Fn::And': [{ Condition: IsDev }, { 'Fn::Not': [{ Condition: IsProd }] }] }
Resources:
  Orders: { Type: AWS::SQS::Queue, Properties: { QueueName: !Sub '${Stage}-orders' } }
  Work: { Type: AWS::Serverless::Function, Properties: { AutoPublishAlias: live } }
  V1: { Type: AWS::Lambda::Version, Properties: { FunctionName: !Ref Work } }
  V2: { Type: AWS::Lambda::Version, Properties: { FunctionName: !GetAtt Work.Arn } }
Values:
";

/// What the expression comes to, on one line, and the remarks.
fn resolve(expression: &str, given: &[(&str, &str)]) -> (Option<String>, Vec<String>) {
    let given: BTreeMap<String, String> = given
        .iter()
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect();
    let document = Document::read(format!("{TEMPLATE}  x: {expression}\n")).expect("a template");
    let resolver = Resolver::new(&document, &given);
    let node = document
        .root
        .inner("Values")
        .and_then(|values| values.inner("x"))
        .expect("the expression");
    let value = resolver.resolve(node).as_ref().map(Node::compact);
    let remarks = resolver.remarks.borrow().lines("t");
    (value, remarks)
}

#[track_caller]
fn comes_to(expression: &str, expected: &str) {
    assert_eq!(
        resolve(expression, &[]),
        (Some(expected.to_owned()), Vec::new()),
        "{expression}"
    );
}

#[test]
fn every_function_gives_what_cloudformation_documents() {
    comes_to("!Ref Stage", "dev");
    comes_to("{ Ref: List }", "[a, b]");
    comes_to("!Sub '${Stage}-${AWS::Region}-${!Literal}'", "dev-us-east-1-${Literal}");
    comes_to("!Sub ['${x}/${Stage}', { x: !Ref AWS::AccountId }]", "123456789012/dev");
    comes_to("{ 'Fn::Join': [':', [a, !Ref Stage, c]] }", "a:dev:c");
    comes_to("!Select [1, !Split ['|', 'a|b|c']]", "b");
    comes_to("!Split [',', !Join [',', !Ref List]]", "[a, b]");
    comes_to("!FindInMap [Sizes, !Ref Stage, memory]", "256");
    comes_to("!FindInMap [Sizes, prod, memory, { DefaultValue: 128 }]", "128");
    comes_to("!If [IsDev, 1, 2]", "1");
    comes_to("{ 'Fn::If': [IsProd, 1, 2] }", "2");
    comes_to("[!If [Neither, 1, !Ref AWS::NoValue], !If [Both, 3, 4]]", "[3]");
    comes_to("{ a: !If [IsProd, 1, !Ref AWS::NoValue], b: 2 }", "{ b: 2 }");
    comes_to("!GetAZs ''", "[us-east-1a, us-east-1b, us-east-1c]");
    comes_to("!Base64 text", "text");
    comes_to("{ 'Fn::Length': !Ref List }", "2");
}

#[test]
fn references_to_resources_become_the_texts_of_aws() {
    comes_to(
        "!Ref Orders",
        "https://sqs.us-east-1.amazonaws.com/123456789012/dev-orders",
    );
    comes_to("!GetAtt Orders.Arn", "arn:aws:sqs:us-east-1:123456789012:dev-orders");
    comes_to("{ 'Fn::GetAtt': [Orders, QueueName] }", "dev-orders");
    comes_to(
        "!Sub '${Work.Arn}:1'",
        "arn:aws:lambda:us-east-1:123456789012:function:Work:1",
    );
    comes_to("!Ref V2", "arn:aws:lambda:us-east-1:123456789012:function:Work:2");
    comes_to("!GetAtt V1.Version", "1");
    comes_to(
        "!Ref Work.Alias",
        "arn:aws:lambda:us-east-1:123456789012:function:Work:live",
    );
    comes_to(
        "!Ref WorkAliaslive",
        "arn:aws:lambda:us-east-1:123456789012:function:Work:live",
    );
}

#[test]
fn what_is_given_on_the_command_line_wins() {
    let given = [("Stage", "prod"), ("AWS::Region", "eu-west-1"), ("shared-queue", "q")];
    assert_eq!(
        resolve("!Sub '${Stage}.${AWS::Region}'", &given).0.as_deref(),
        Some("prod.eu-west-1")
    );
    assert_eq!(resolve("!If [IsProd, yes, no]", &given).0.as_deref(), Some("yes"));
    assert_eq!(
        resolve("!ImportValue shared-queue", &given),
        (Some("q".to_owned()), Vec::new())
    );
}

#[test]
fn what_cannot_be_known_is_told_with_its_line() {
    // The expression stands in the 20th line.
    #[track_caller]
    fn told(expression: &str, value: Option<&str>, words: &str) {
        let (found, remarks) = resolve(expression, &[]);
        assert_eq!(found.as_deref(), value, "{expression}");
        assert_eq!(remarks.len(), 1, "{remarks:?}");
        assert!(remarks[0].contains(words), "{remarks:?}");
    }
    told("!Shrug 1", None, "t:20: the function Shrug is not known");
    told("!Ref Bare", Some("Bare"), "--parameter Bare=");
    told("!Ref Kept", Some("Kept"), "--parameter Kept=");
    told("!Ref Ghost", Some("Ghost"), "t:20: refers to Ghost");
    told("!GetAtt Ghost.Arn", Some("Ghost.Arn"), "t:20: refers to Ghost");
    told("!ImportValue other", Some("other"), "--parameter other=");
    told("!FindInMap [Sizes, prod, memory]", None, "has no prod, memory");
    told("!Select [9, [a]]", None, "finds nothing");
    told(
        "!If [Maybe, 1, 2]",
        Some("1"),
        "the condition Maybe is not in the template",
    );
    told("!If [IsDev]", None, "If takes");
}
