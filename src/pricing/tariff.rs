use super::billable::price_decimals;
use super::item::Item;
use super::month::{day_of, midnight};
use crate::facts::Architecture;
use crate::units::{Timestamp, exact_decimal};
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

/// Columns of a price book, in this order.
const COLUMNS: [&str; 10] = [
    "region",
    "item",
    "architecture",
    "tier",
    "from_units",
    "from_date",
    "unit",
    "price",
    "source",
    "estimated",
];
/// Prices are whole multiples of 10^-15 USD.
const PRICE_DECIMALS: usize = 15;
/// 1,000 USD: so that the largest usage times the largest price is still an exact amount.
const HIGHEST_PRICE: i128 = 1_000 * 10_i128.pow(PRICE_DECIMALS as u32);
/// The region whose prices stand in for items that a region does not list (lambda-model §9.3).
const REFERENCE_REGION: &str = "us-east-1";
const ARCHITECTURES: [Architecture; 2] = [Architecture::X86_64, Architecture::Arm64];
/// What every region of a price book must list.
const REQUIRED: [Item; 5] = [
    Item::Request,
    Item::Duration,
    Item::ProvisionedConcurrency,
    Item::ProvisionedDuration,
    Item::EphemeralStorage,
];

/// One row of the price book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceRow {
    /// AWS region.
    pub region: String,
    /// What is priced.
    pub item: Item,
    /// For which architecture; `None` for both.
    pub architecture: Option<Architecture>,
    /// Volume tier, from 1.
    pub tier: u32,
    /// Units a month from which the tier applies; 0 for the first.
    pub from_units: u64,
    /// From when on; `None` as far back as the book is asked.
    pub from_date: Option<Timestamp>,
    /// Price of one unit in 10^-15 USD.
    pub price: i128,
    /// Where the price comes from.
    pub source: String,
    /// Whether it is estimated rather than sourced.
    pub estimated: bool,
}

impl PriceRow {
    /// USD per unit with all digits.
    pub fn exact_price(&self) -> String {
        exact_decimal(self.price, 10_i128.pow(PRICE_DECIMALS as u32))
    }

    /// Whether it prices what `other` prices, in its own region.
    fn stands_for(&self, other: &PriceRow) -> bool {
        let architectures = self.architecture.is_none() || self.architecture == other.architecture;
        self.item == other.item && architectures
    }

    /// The first day of the price as `YYYY-MM-DD`, if it has one.
    pub fn from_day(&self) -> Option<String> {
        self.from_date.map(|instant| day_of(instant).to_string())
    }
}

/// The price of one tier at one date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Number, from 1.
    pub tier: u32,
    /// Units a month from which it applies.
    pub from_units: u64,
    /// Price of one unit in 10^-15 USD.
    pub price: i128,
    /// Where the price comes from.
    pub source: String,
    /// Whether it is estimated rather than sourced.
    pub estimated: bool,
}

/// Everything that is wrong with a price book, by row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct PriceProblems(pub Vec<PriceProblem>);

/// What is wrong with a row of a price book.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("row {row}: {message}")]
pub struct PriceProblem {
    /// Line of the table, from 1; the header is line 1.
    pub row: u64,
    /// What was found and what is allowed.
    pub message: String,
}

/// Prices by region, item, architecture, tier and date, each with its source. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceBook {
    rows: Arc<[PriceRow]>,
}

impl PriceBook {
    /// Lambda's list prices as of 2026-09 (lambda-model §9.2, §9.3).
    pub fn built_in() -> PriceBook {
        static BOOK: LazyLock<PriceBook> = LazyLock::new(|| {
            PriceBook::from_csv(include_str!("prices.csv")).expect("a test reads the built-in price book")
        });
        BOOK.clone()
    }

    /// A price book from a table with the columns `region,item,architecture,tier,from_units,from_date,unit,price,
    /// source,estimated`.
    ///
    /// `architecture` is empty where the price is the same on both, `from_date` where it has always been in force,
    /// `price` is in USD with up to 15 decimals. Every region lists requests, duration, provisioned concurrency and
    /// duration and ephemeral storage, for both architectures.
    ///
    /// # Errors
    /// Every row that cannot be read or contradicts another; if there is none, every price that a region lacks.
    pub fn from_csv(text: &str) -> Result<PriceBook, PriceProblems> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        match reader.headers() {
            Err(error) => return Err(PriceProblems(vec![unreadable(&error)])),
            Ok(headers) if headers != COLUMNS.as_slice() => {
                let message = format!("the columns must be {}", COLUMNS.join(","));
                return Err(PriceProblems(vec![PriceProblem { row: 1, message }]));
            }
            Ok(_) => {}
        }
        let (mut rows, mut problems) = (Vec::new(), Vec::new());
        for record in reader.records() {
            match record {
                Err(error) => problems.push(unreadable(&error)),
                Ok(record) => {
                    let row = record.position().map_or(0, csv::Position::line);
                    match read_row(&record) {
                        Ok(price) => rows.push((row, price)),
                        Err(message) => problems.push(PriceProblem { row, message }),
                    }
                }
            }
        }
        rows.sort_by(|(_, a), (_, b)| order(a).cmp(&order(b)));
        problems.extend(contradictions(&rows));
        let book = PriceBook {
            rows: rows.iter().map(|(_, row)| row.clone()).collect(),
        };
        if problems.is_empty() {
            problems = missing(&book, &rows);
        }
        problems.sort();
        if problems.is_empty() {
            Ok(book)
        } else {
            Err(PriceProblems(problems))
        }
    }

    /// What a region pays, by item, architecture, tier and date: its own rows, and those of us-east-1, marked as
    /// estimated, for items that it does not list. Empty where the book does not have the region.
    pub fn rows_of(&self, region: &str) -> Vec<PriceRow> {
        let mut rows: Vec<PriceRow> = self.rows.iter().filter(|row| row.region == region).cloned().collect();
        if rows.is_empty() {
            return rows;
        }
        let reference = self.rows.iter().filter(|row| row.region == REFERENCE_REGION);
        let borrowed = reference.filter(|row| !rows.iter().any(|own| own.stands_for(row)));
        let borrowed: Vec<PriceRow> = borrowed
            .map(|row| PriceRow {
                region: region.to_owned(),
                source: format!("estimate: price of {REFERENCE_REGION}"),
                estimated: true,
                ..row.clone()
            })
            .collect();
        rows.extend(borrowed);
        rows.sort_by(|a, b| order(a).cmp(&order(b)));
        rows
    }

    /// Rows as the table that [`PriceBook::from_csv`] reads.
    pub fn to_csv(rows: &[PriceRow]) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let cells = rows.iter().map(|row| {
            [
                row.region.clone(),
                row.item.name().to_owned(),
                row.architecture.map_or("", Architecture::name).to_owned(),
                row.tier.to_string(),
                row.from_units.to_string(),
                row.from_day().unwrap_or_default(),
                row.item.unit().to_owned(),
                row.exact_price(),
                row.source.clone(),
                row.estimated.to_string(),
            ]
        });
        let head = COLUMNS.map(str::to_owned);
        for record in std::iter::once(head).chain(cells) {
            // Writing into memory cannot fail.
            let _ = writer.write_record(&record);
        }
        let bytes = writer.into_inner().unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// All rows, by region, item, architecture, tier and date.
    pub fn rows(&self) -> &[PriceRow] {
        &self.rows
    }

    /// The regions that have prices, sorted.
    pub fn regions(&self) -> Vec<&str> {
        let names: BTreeSet<&str> = self.rows.iter().map(|row| row.region.as_str()).collect();
        names.into_iter().collect()
    }

    /// The tiers in force at `date`, the first one first. Tiers came with SW-TIER: their rows begin at its date, so an
    /// earlier one sees the first tier alone. An item that the region does not list has the price of us-east-1, marked
    /// as estimated (§9.3). Empty where neither has it.
    pub fn tiers(&self, region: &str, item: Item, architecture: Architecture, date: Timestamp) -> Vec<Tier> {
        let own = self.listed(region, item, architecture, date);
        if !own.is_empty() || !self.rows.iter().any(|row| row.region == region) {
            return own;
        }
        let mut borrowed = self.listed(REFERENCE_REGION, item, architecture, date);
        for tier in &mut borrowed {
            tier.estimated = true;
        }
        borrowed
    }

    fn listed(&self, region: &str, item: Item, architecture: Architecture, date: Timestamp) -> Vec<Tier> {
        let mut tiers: Vec<Tier> = Vec::new();
        let in_force = self.rows.iter().filter(|row| {
            row.item == item
                && row.region == region
                && row.architecture.is_none_or(|only| only == architecture)
                && row.from_date.is_none_or(|from| from <= date)
        });
        for row in in_force {
            // Rows of one tier follow each other by date: the last one in force replaces those before it.
            tiers.retain(|tier| tier.tier != row.tier);
            tiers.push(Tier {
                tier: row.tier,
                from_units: row.from_units,
                price: row.price,
                source: row.source.clone(),
                estimated: row.estimated,
            });
        }
        tiers
    }
}

type RowOrder<'a> = (&'a str, Item, Option<Architecture>, u32, Option<Timestamp>);

fn order(row: &PriceRow) -> RowOrder<'_> {
    (&row.region, row.item, row.architecture, row.tier, row.from_date)
}

fn unreadable(error: &csv::Error) -> PriceProblem {
    PriceProblem {
        row: error.position().map_or(0, csv::Position::line),
        message: error.to_string(),
    }
}

fn read_row(record: &csv::StringRecord) -> Result<PriceRow, String> {
    let field = |column: usize| &record[column];
    let item = Item::from_name(field(1)).ok_or_else(|| {
        let known: Vec<&str> = Item::ALL.iter().map(|item| item.name()).collect();
        format!("item {:?} is unknown; known are {}", field(1), known.join(", "))
    })?;
    if field(6) != item.unit() {
        return Err(format!(
            "unit {:?}: {} is priced per {}",
            field(6),
            item.name(),
            item.unit()
        ));
    }
    let tier = whole(field(3), "tier")?;
    if tier == 0 || (tier > 1 && !matches!(item, Item::Duration | Item::CloudWatchLogs)) {
        return Err(format!(
            "tier {tier}: tiers count from 1, and only duration and cloudwatch_logs have more than one"
        ));
    }
    let from_units = whole(field(4), "from_units")?;
    if (tier == 1) != (from_units == 0) {
        return Err(format!("from_units {from_units}: tier 1 begins at 0, and only tier 1"));
    }
    Ok(PriceRow {
        region: field(0).to_owned(),
        item,
        architecture: architecture(field(2))?,
        tier,
        from_units,
        from_date: from_date(field(5))?,
        price: price(field(7), price_decimals(item)).ok_or_else(|| {
            format!(
                "price {:?}: a decimal number of USD from 0 to 1000 with up to {} decimals",
                field(7),
                price_decimals(item)
            )
        })?,
        source: field(8).to_owned(),
        estimated: field(9)
            .parse()
            .map_err(|_| format!("estimated {:?}: true or false", field(9)))?,
    })
}

fn whole<N: std::str::FromStr>(text: &str, column: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("{column} {text:?}: a whole number"))
}

fn architecture(text: &str) -> Result<Option<Architecture>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    ARCHITECTURES
        .into_iter()
        .find(|architecture| architecture.name() == text)
        .map(Some)
        .ok_or_else(|| format!("architecture {text:?}: x86_64, arm64 or nothing"))
}

fn from_date(text: &str) -> Result<Option<Timestamp>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let day: Date = text
        .parse()
        .map_err(|_| format!("from_date {text:?}: a date such as 2022-08-01, or nothing"))?;
    Ok(Some(midnight(day)))
}

/// A decimal number of USD in units of 10^-15 USD, without rounding.
fn price(text: &str, most_decimals: usize) -> Option<i128> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(decimals) || decimals.len() > most_decimals {
        return None;
    }
    let units: i128 = format!("{whole}{decimals:0<PRICE_DECIMALS$}").parse().ok()?;
    (units <= HIGHEST_PRICE).then_some(units)
}

/// Rows that say the same thing twice, and tiers that leave a gap or do not rise.
fn contradictions(rows: &[(u64, PriceRow)]) -> Vec<PriceProblem> {
    let of_pair = |pair: &[(u64, PriceRow)]| {
        let ((_, before), (row, price)) = (&pair[0], &pair[1]);
        let message = contradiction(before, price)?;
        Some(PriceProblem { row: *row, message })
    };
    rows.windows(2).filter_map(of_pair).collect()
}

/// What is wrong with a row beside the one that comes before it in order.
fn contradiction(before: &PriceRow, row: &PriceRow) -> Option<String> {
    if order(before) == order(row) {
        return Some("the same price is given twice".to_owned());
    }
    let same_item = (&before.region, before.item) == (&row.region, row.item);
    if same_item && before.architecture.is_none() && row.architecture.is_some() {
        return Some("there is a price for both architectures already".to_owned());
    }
    if !same_item || before.architecture != row.architecture {
        return None;
    }
    if row.tier > before.tier && row.from_units <= before.from_units {
        return Some(format!("tier {} must begin above tier {}", row.tier, before.tier));
    }
    (row.tier > before.tier + 1).then(|| format!("tier {} is missing", before.tier + 1))
}

/// The prices that a bill may need and a region lacks, at its first row.
fn missing(book: &PriceBook, rows: &[(u64, PriceRow)]) -> Vec<PriceProblem> {
    if rows.is_empty() {
        let message = "there are no prices".to_owned();
        return vec![PriceProblem { row: 1, message }];
    }
    let mut problems = Vec::new();
    for region in book.regions() {
        let of_region = rows.iter().filter(|(_, row)| row.region == region);
        let row = of_region.map(|(row, _)| *row).min().unwrap_or(1);
        for (item, architecture) in REQUIRED
            .into_iter()
            .flat_map(|item| ARCHITECTURES.map(|kind| (item, kind)))
        {
            let tiers = book.listed(region, item, architecture, Timestamp(i64::MIN));
            if tiers.first().is_none_or(|tier| tier.tier != 1) {
                let what = format!("{} on {}", item.name(), architecture.name());
                let message = format!("region {region} needs a first price of {what} without from_date");
                problems.push(PriceProblem { row, message });
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::Month;

    /// 2026-11-20T00:00:00Z.
    const TODAY: Timestamp = Timestamp(1_795_132_800_000_000);

    fn prices(region: &str, item: Item, architecture: Architecture, date: Timestamp) -> Vec<(u64, i128, bool)> {
        let tiers = PriceBook::built_in().tiers(region, item, architecture, date);
        tiers
            .iter()
            .map(|tier| (tier.from_units, tier.price, tier.estimated))
            .collect()
    }

    fn message(table: &str) -> String {
        PriceBook::from_csv(table).unwrap_err().to_string()
    }

    fn with_row(row: &str) -> String {
        format!("{}\n{row}\n", COLUMNS.join(","))
    }

    #[test]
    fn us_east_1_has_the_published_prices_without_an_estimate() {
        use Architecture::{Arm64, X86_64};
        assert_eq!(Month::of(TODAY).to_string(), "2026-11");
        let duration = |architecture| prices("us-east-1", Item::Duration, architecture, TODAY);
        assert_eq!(
            duration(X86_64),
            [
                (0, 16_666_700_000, false),
                (6_000_000_000, 15_000_000_000, false),
                (15_000_000_000, 13_333_400_000, false)
            ]
        );
        assert_eq!(
            duration(Arm64),
            [
                (0, 13_333_400_000, false),
                (7_500_000_000, 12_000_100_000, false),
                (18_750_000_000, 10_666_700_000, false)
            ]
        );
        let flat = |item, architecture| prices("us-east-1", item, architecture, TODAY);
        assert_eq!(flat(Item::Request, Arm64), [(0, 200_000_000, false)]);
        assert_eq!(flat(Item::ProvisionedConcurrency, X86_64), [(0, 4_166_700_000, false)]);
        assert_eq!(flat(Item::ProvisionedConcurrency, Arm64), [(0, 3_333_400_000, false)]);
        assert_eq!(flat(Item::ProvisionedDuration, X86_64), [(0, 9_722_200_000, false)]);
        assert_eq!(flat(Item::ProvisionedDuration, Arm64), [(0, 7_777_800_000, false)]);
        assert_eq!(flat(Item::EphemeralStorage, X86_64), [(0, 30_900_000, false)]);
        assert_eq!(flat(Item::SnapStartCache, Arm64), [(0, 1_504_600_000, false)]);
        assert_eq!(flat(Item::EdgeDuration, X86_64), [(0, 50_010_000_000, false)]);
    }

    #[test]
    fn before_sw_tier_the_price_of_duration_is_flat() {
        // 2022-08-01T00:00:00Z.
        let tiered = Timestamp(1_659_312_000_000_000);
        let count = |date| prices("eu-west-1", Item::Duration, Architecture::X86_64, date).len();
        assert_eq!((count(Timestamp(tiered.0 - 1)), count(tiered)), (1, 3));
    }

    #[test]
    fn estimates_of_other_regions_are_marked() {
        let tiers = prices("sa-east-1", Item::Duration, Architecture::X86_64, TODAY);
        assert_eq!(tiers.iter().map(|tier| tier.2).collect::<Vec<_>>(), [false, true, true]);
        // 0.25 × 0.0000175000 where nobody has published it.
        let provisioned = prices(
            "mx-central-1",
            Item::ProvisionedConcurrency,
            Architecture::X86_64,
            TODAY,
        );
        assert_eq!(provisioned, [(0, 4_375_000_000, true)]);
        let streaming = prices("eu-west-1", Item::ResponseStreaming, Architecture::X86_64, TODAY);
        assert_eq!(streaming, [(0, 8_000_000_000_000, true)]);
        assert_eq!(
            prices("nowhere-1", Item::ResponseStreaming, Architecture::X86_64, TODAY),
            []
        );
    }

    #[test]
    fn the_built_in_book_covers_every_region_of_the_price_list() {
        let book = PriceBook::built_in();
        let regions = book.regions();
        assert_eq!(regions.len(), 36);
        for region in [
            "us-east-1",
            "eu-central-1",
            "us-gov-west-1",
            "mx-central-1",
            "ap-southeast-6",
        ] {
            assert!(regions.contains(&region), "{region} is missing");
        }
    }

    #[test]
    fn a_dated_row_replaces_the_one_before_it_from_its_day_on() {
        let text = format!(
            "{}us-east-1,request,x86_64,1,0,2026-01-01,request,0.5,test,true\n",
            include_str!("prices.csv")
        );
        let book = PriceBook::from_csv(&text).unwrap();
        let price = |date| book.tiers("us-east-1", Item::Request, Architecture::X86_64, date)[0].price;
        assert_eq!(price(TODAY), 500_000_000_000_000);
        assert_eq!(price(Timestamp(0)), 200_000_000);
    }

    #[test]
    fn every_bad_row_is_refused_with_its_line() {
        let row = |row: &str| message(&with_row(row));
        assert_eq!(
            row("r,requests,,1,0,,request,1,s,false").find("row 2: item \"requests\" is unknown"),
            Some(0)
        );
        assert!(row("r,request,,1,0,,GB,1,s,false").contains("priced per request"));
        assert!(row("r,request,mips,1,0,,request,1,s,false").contains("architecture \"mips\""));
        assert!(row("r,request,,2,9,,request,1,s,false").contains("only duration"));
        assert!(row("r,request,,1,-1,,request,1,s,false").contains("from_units \"-1\""));
        assert!(row("r,request,,1,5,,request,1,s,false").contains("tier 1 begins at 0"));
        assert!(row("r,request,,1,0,2022-13-01,request,1,s,false").contains("from_date"));
        assert!(row("r,request,,1,0,,request,1,s,perhaps").contains("estimated \"perhaps\""));
        for price in ["", "-1", "1e3", "NaN", "1.", ".5", "0.0000000000000001", "1001"] {
            assert!(
                row(&format!("r,request,,1,0,,request,{price},s,false")).contains("price"),
                "{price}"
            );
        }
        assert!(row("r,request,,1,0,,request,1,s").contains("row 2"));
        assert!(
            row("r,request,,1,0,,request,1,s,false").contains("region r needs a first price of duration on x86_64")
        );
        assert!(message("region,item\n").contains("the columns must be"));
        assert!(message(&with_row("")).contains("no prices"));
    }

    #[test]
    fn contradicting_rows_are_refused() {
        let twice = "r,request,,1,0,,request,1,s,false\nr,request,,1,0,,request,2,s,false";
        assert_eq!(message(&with_row(twice)), "row 3: the same price is given twice");
        let mixed = "r,request,,1,0,,request,1,s,false\nr,request,arm64,1,0,,request,2,s,false";
        assert_eq!(
            message(&with_row(mixed)),
            "row 3: there is a price for both architectures already"
        );
        let falling = "r,duration,,2,5,,GB-second,1,s,false\nr,duration,,3,5,,GB-second,1,s,false";
        assert_eq!(message(&with_row(falling)), "row 3: tier 3 must begin above tier 2");
        let gap = "r,duration,,1,0,,GB-second,1,s,false\nr,duration,,3,5,,GB-second,1,s,false";
        assert_eq!(message(&with_row(gap)), "row 3: tier 2 is missing");
    }

    #[test]
    fn rows_contradict_only_those_of_their_own_item_and_architecture() {
        let text = format!(
            "{}x-1,duration,x86_64,1,0,,GB-second,1,s,false\nx-1,duration,arm64,3,5,,GB-second,1,s,false\n",
            include_str!("prices.csv")
        );
        let found = message(&text);
        assert!(!found.contains("is missing"), "{found}");
        // What the region lacks is told at its own first row.
        let row = include_str!("prices.csv").lines().count() + 1;
        let lacks = format!("row {row}: region x-1 needs a first price of duration on arm64");
        assert!(found.contains(&lacks), "{found}");
    }

    #[test]
    fn all_bad_rows_are_told_at_once_in_the_order_of_the_file() {
        let rows = "r,request,,1,0,,request,-1,s,false\nr,request,,1,0,,GB,1,s,false";
        let found = message(&with_row(rows));
        let lines: Vec<&str> = found.lines().map(|line| &line[..6]).collect();
        assert_eq!(lines, ["row 2:", "row 3:"]);
    }

    #[test]
    fn a_book_written_as_a_table_reads_as_the_same_book() {
        let book = PriceBook::built_in();
        assert_eq!(PriceBook::from_csv(&PriceBook::to_csv(book.rows())), Ok(book));
    }

    #[test]
    fn the_prices_of_a_region_are_those_that_its_bill_is_made_of() {
        let book = PriceBook::built_in();
        let rows = book.rows_of("eu-west-1");
        for item in Item::ALL {
            for architecture in ARCHITECTURES {
                let of_item = rows.iter().filter(|row| row.item == item);
                let listed: Vec<(i128, bool)> = of_item
                    .filter(|row| row.architecture.is_none_or(|only| only == architecture))
                    .map(|row| (row.price, row.estimated))
                    .collect();
                let billed = prices("eu-west-1", item, architecture, TODAY);
                let billed: Vec<(i128, bool)> = billed.iter().map(|tier| (tier.1, tier.2)).collect();
                assert_eq!(listed, billed, "{} on {}", item.name(), architecture.name());
            }
        }
        assert_eq!(book.rows_of("nowhere-1"), []);
    }

    #[test]
    fn prices_have_as_many_decimals_as_keep_amounts_exact() {
        // What is billed to ten decimals has prices of eight: together 18, as many as an amount of 15 + 3 holds.
        let fine = [
            Item::ResponseStreaming,
            Item::DurableDataWritten,
            Item::DurableDataRetained,
            Item::EventPollerUnit,
            Item::EventPollerUnitSqs,
            Item::CloudWatchLogs,
            Item::KinesisShard,
            Item::NatGateway,
            Item::NatGatewayData,
            Item::InternetEgress,
        ];
        for item in Item::ALL {
            let most = if fine.contains(&item) { 8 } else { 15 };
            let refused = |decimals: usize| {
                let row = format!("r,{},,1,0,,{},0.{:0>decimals$},s,false", item.name(), item.unit(), 1);
                message(&with_row(&row)).contains("a decimal number of USD")
            };
            assert_eq!((refused(most), refused(most + 1)), (false, true), "{}", item.name());
        }
    }

    #[test]
    fn the_limits_of_a_row_are_allowed_and_what_is_beyond_them_is_not() {
        let row = |row: &str| message(&with_row(row));
        assert!(!row("r,request,,1,0,,request,1000,s,false").contains("price \""));
        assert!(row("r,request,,1,0,,request,1000.000000000000001,s,false").contains("price \""));
        assert!(row("r,request,,0,5,,request,1,s,false").contains("tier 0"));
        assert!(row("r,duration,,2,0,,GB-second,1,s,false").contains("tier 1 begins at 0, and only tier 1"));
        for item in ["duration,,2,5,,GB-second", "cloudwatch_logs,,2,5,,GB"] {
            assert!(
                !row(&format!("r,{item},1,s,false")).contains("tiers count from 1"),
                "{item}"
            );
        }
    }
}
