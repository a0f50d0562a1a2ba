//! Keys of the bill and of budgets of cost.

use super::key::Takes::{Choice, Flag, Form, Section as Keys, Share, Whole};
use super::key::{Section, key};

/// Terms of savings plans.
pub const SAVINGS_TERMS: [&str; 2] = ["1y no upfront", "3y all upfront"];

/// Periods of cost budgets.
pub const BUDGET_PERIODS: [&str; 2] = ["monthly", "daily"];

/// What a cost budget compares.
pub const BUDGETED: [&str; 2] = ["actual", "forecast"];

pub static BILLING: Section = Section {
    name: "billing",
    groups: &[&[
        key(
            "custom_discount",
            Share,
            "0 %",
            "Taken off the whole bill last, up to two decimals of a per cent.",
        ),
        key(
            "savings_plan",
            Whole(&SAVINGS_PLAN),
            "none",
            "A Compute Savings Plan (PRICE-19).",
        ),
        key(
            "adjoining",
            Keys(&ADJOINING),
            "nothing",
            "Services beside Lambda that are billed, apart from Lambda's lines.",
        ),
    ]],
};

static ADJOINING: Section = Section {
    name: "billing.adjoining",
    groups: &[&[
        key(
            "sqs",
            Flag,
            "false",
            "Requests of queues: sends, receives and deletes, and the polls of mappings that get nothing.",
        ),
        key(
            "api_gateway",
            Flag,
            "false",
            "Requests of traffic that comes `through: api-gateway` (REST) or `http-api`.",
        ),
        key(
            "sns",
            Flag,
            "false",
            "What is published to topics; deliveries are free.",
        ),
        key(
            "eventbridge",
            Flag,
            "false",
            "Custom events: sent to `eventbridge:` addresses, or `through: eventbridge`.",
        ),
        key("scheduler", Flag, "false", "Firings of `schedule` traffic."),
        key(
            "kinesis",
            Flag,
            "false",
            "Shards of Kinesis streams for the whole run, and the records put into them.",
        ),
        key(
            "cloudwatch_logs",
            Flag,
            "false",
            "What invocations log (SW-LOGTIER), see `log_size`.",
        ),
        key(
            "nat_gateway",
            Flag,
            "false",
            "One gateway for the whole run, and `nat_size` through it.",
        ),
        key(
            "internet_egress",
            Flag,
            "false",
            "What invocations send to the internet (PRICE-20), see `egress_size`.",
        ),
        key(
            "message_size",
            Form("a size such as 12 KB"),
            "1 KB",
            "Size of each message, event and record: each 64 KB begun are a request, 25 KB of Kinesis.",
        ),
        key(
            "log_size",
            Form("a size such as 12 KB"),
            "750 B",
            "What each invocation logs; 750 B are its START, END and REPORT lines.",
        ),
        key(
            "nat_size",
            Form("a size such as 12 KB"),
            "0 B",
            "What each invocation of a function in a VPC sends and gets through the gateway.",
        ),
        key(
            "egress_size",
            Form("a size such as 12 KB"),
            "required with `internet_egress`",
            "What each invocation sends to the internet.",
        ),
    ]],
};

pub static COST_BUDGET: Section = Section {
    name: "cost_budgets.NAME",
    groups: &[&[
        key(
            "amount",
            Form("USD"),
            "required",
            "What may be spent in a period: 100 USD.",
        ),
        key(
            "period",
            Choice(&BUDGET_PERIODS),
            "monthly",
            "Calendar months or days (UTC).",
        ),
        key(
            "of",
            Choice(&BUDGETED),
            "actual",
            "Whether what was spent is compared, or its forecast for the whole period.",
        ),
        key(
            "thresholds",
            Form("a list of shares"),
            "[100 %]",
            "Shares of the amount at which an alert is sent.",
        ),
    ]],
};

static SAVINGS_PLAN: Section = Section {
    name: "billing.savings_plan",
    groups: &[&[
        key(
            "commitment",
            Form("USD an hour"),
            "required",
            "What is paid for every hour, used or not: 1.50 USD/h.",
        ),
        key(
            "term",
            Choice(&SAVINGS_TERMS),
            "1y no upfront",
            "Which of the published rates apply.",
        ),
    ]],
};
