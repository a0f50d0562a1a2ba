//! What CloudFormation calls resources: names, and what `Ref` and `Fn::GetAtt` give. References become the texts that AWS would
//! put there, so that an ARN written out and a reference mean the same.

/// The region and account that texts are written for.
#[derive(Clone, Debug)]
pub(super) struct Home {
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`.
    pub account: String,
}

/// Longest name that AWS takes for any resource.
pub(super) const LONGEST_NAME: usize = 256;

/// The property that names a resource of a type; most call it after themselves or `Name`.
pub(super) fn name_property(kind: &str) -> &'static str {
    match kind.rsplit("::").next().unwrap_or(kind) {
        "Function" => "FunctionName",
        "Queue" => "QueueName",
        "Topic" => "TopicName",
        "Table" | "SimpleTable" | "GlobalTable" => "TableName",
        "Bucket" => "BucketName",
        "Cluster" => "ClusterName",
        "Alarm" => "AlarmName",
        _ => "Name",
    }
}

/// Whether it is a function.
pub(super) fn is_function(kind: &str) -> bool {
    matches!(kind, "AWS::Lambda::Function" | "AWS::Serverless::Function")
}

/// What `Ref` gives for a resource of a type with a name.
pub(super) fn reference(kind: &str, name: &str, home: &Home) -> String {
    match kind {
        "AWS::SQS::Queue" => format!("https://sqs.{}.amazonaws.com/{}/{name}", home.region, home.account),
        "AWS::SNS::Topic" | "AWS::MSK::Cluster" | "AWS::MSK::ServerlessCluster" => arn(kind, name, home),
        _ => name.to_owned(),
    }
}

/// What `Fn::GetAtt` gives.
pub(super) fn attribute(kind: &str, name: &str, attribute: &str, home: &Home) -> String {
    match attribute {
        "Arn" | "TopicArn" | "FunctionArn" => arn(kind, name, home),
        "StreamArn" => format!("{}/stream/latest", arn(kind, name, home)),
        "QueueUrl" => reference(kind, name, home),
        "QueueName" | "TopicName" | "FunctionName" | "Name" => name.to_owned(),
        other => format!("{name}.{other}"),
    }
}

/// The ARN of a resource of a type with a name.
pub(super) fn arn(kind: &str, name: &str, home: &Home) -> String {
    let Home { region, account } = home;
    let service = kind.split("::").nth(1).unwrap_or(kind).to_ascii_lowercase();
    let here = |service: &str, resource: &str| format!("arn:aws:{service}:{region}:{account}:{resource}{name}");
    match kind {
        _ if is_function(kind) => here("lambda", "function:"),
        "AWS::SQS::Queue" => here("sqs", ""),
        "AWS::SNS::Topic" => here("sns", ""),
        "AWS::Kinesis::Stream" => here("kinesis", "stream/"),
        "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable" | "AWS::Serverless::SimpleTable" => {
            here("dynamodb", "table/")
        }
        "AWS::MSK::Cluster" | "AWS::MSK::ServerlessCluster" => here("kafka", "cluster/"),
        "AWS::S3::Bucket" => format!("arn:aws:s3:::{name}"),
        "AWS::Events::EventBus" => here("events", "event-bus/"),
        _ => here(&service, ""),
    }
}

/// What an ARN, an address or a name speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// A function by its name, perhaps with an alias or version.
    Function(String, Option<String>),
    /// A queue.
    Queue(String),
    /// A topic.
    Topic(String),
    /// A stream: its type and name.
    Stream(&'static str, String),
    /// A bucket.
    Bucket(String),
    /// An event bus.
    Bus(String),
    /// Anything else.
    Other,
}

impl Named {
    /// The same where it is known which service a text speaks of: one that is no ARN, such as the name of another stack's value, is
    /// a name there.
    pub(super) fn of_service(text: &str, service: &str) -> Named {
        match (Named::of(text), service) {
            (Named::Other, "sqs") => Named::Queue(text.to_owned()),
            (Named::Other, "sns") => Named::Topic(text.to_owned()),
            (Named::Other, "kinesis") => Named::Stream("kinesis", text.to_owned()),
            (Named::Other, "dynamodb") => Named::Stream("dynamodb", text.to_owned()),
            (Named::Other, "lambda") => Named::of(&format!(":function:{text}")),
            (Named::Other, "s3") => Named::Bucket(text.to_owned()),
            (Named::Other, "eventbridge") => Named::Bus(text.to_owned()),
            (named, _) => named,
        }
    }

    /// Takes a text apart: an ARN, a queue's address, or text around a function's ARN as API Gateway has it.
    pub(super) fn of(text: &str) -> Named {
        if let Some((_, function)) = text.split_once(":function:") {
            let function = function.split('/').next().unwrap_or(function);
            let mut parts = function.splitn(2, ':');
            let name = parts.next().unwrap_or_default().to_owned();
            let qualifier = parts.next().filter(|qualifier| *qualifier != "$LATEST");
            return Named::Function(name, qualifier.map(str::to_owned));
        }
        if text.starts_with("https://sqs.") {
            return Named::Queue(last(text, '/'));
        }
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [_, _, service, _, _, resource] = parts[..] else {
            return Named::Other;
        };
        let second = || resource.split('/').nth(1).unwrap_or(resource).to_owned();
        match service {
            "sqs" => Named::Queue(resource.to_owned()),
            "sns" => Named::Topic(resource.split(':').next().unwrap_or(resource).to_owned()),
            "kinesis" => Named::Stream("kinesis", second()),
            "dynamodb" => Named::Stream("dynamodb", second()),
            "kafka" => Named::Stream("kafka", last(resource, '/')),
            "s3" => Named::Bucket(resource.to_owned()),
            "events" => Named::Bus(second()),
            _ => Named::Other,
        }
    }
}

fn last(text: &str, separator: char) -> String {
    text.rsplit(separator).next().unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> Home {
        Home {
            region: "eu-west-1".into(),
            account: "123456789012".into(),
        }
    }

    #[test]
    fn what_a_reference_gives_speaks_of_the_resource_again() {
        let back = |kind: &str, attributes: &str| Named::of(&attribute(kind, "x", attributes, &home()));
        assert_eq!(
            back("AWS::Serverless::Function", "Arn"),
            Named::Function("x".into(), None)
        );
        assert_eq!(back("AWS::SQS::Queue", "Arn"), Named::Queue("x".into()));
        assert_eq!(
            Named::of(&reference("AWS::SQS::Queue", "x", &home())),
            Named::Queue("x".into())
        );
        assert_eq!(
            Named::of(&reference("AWS::SNS::Topic", "x", &home())),
            Named::Topic("x".into())
        );
        assert_eq!(
            back("AWS::Kinesis::Stream", "Arn"),
            Named::Stream("kinesis", "x".into())
        );
        assert_eq!(
            back("AWS::DynamoDB::Table", "StreamArn"),
            Named::Stream("dynamodb", "x".into())
        );
        assert_eq!(back("AWS::S3::Bucket", "Arn"), Named::Bucket("x".into()));
        assert_eq!(back("AWS::Events::EventBus", "Arn"), Named::Bus("x".into()));
    }

    #[test]
    fn a_bare_name_speaks_of_the_service_that_is_known() {
        assert_eq!(Named::of_service("jobs", "sqs"), Named::Queue("jobs".into()));
        let alias = Named::Function("a".into(), Some("live".into()));
        assert_eq!(Named::of_service("a:live", "lambda"), alias);
        assert_eq!(Named::of_service("arn:aws:sns:r:1:t", "sqs"), Named::Topic("t".into()));
    }

    #[test]
    fn a_function_is_found_inside_the_address_that_api_gateway_calls() {
        let text = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:1:function:a:live/invocations";
        assert_eq!(Named::of(text), Named::Function("a".into(), Some("live".into())));
        assert_eq!(
            Named::of("arn:aws:lambda:r:1:function:a:$LATEST"),
            Named::Function("a".into(), None)
        );
        assert_eq!(Named::of("checkout"), Named::Other);
    }
}
