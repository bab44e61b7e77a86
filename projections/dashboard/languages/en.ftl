# The frame of every page.
skip = Skip to the content
nav = Pages
nav-overview = Overview
nav-partners = Partners
nav-partner = Your account
nav-key-days = Key days
nav-budgets = Budgets
nav-cases = Cases
nav-system = System
language = Language
theme = Appearance
theme-auto = As the device
theme-light = Light
theme-dark = Dark
sign-out = Sign out
as-table = Show the figures
all = All
none = none
since = since { $day }
share = Share
sort = Sort
program = Program
record = Record
figure = Figure
points = { $count ->
    [one] { $shown } point
   *[other] { $shown } points
}
seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
in-days = { $count ->
    [0] today
    [1] tomorrow
   *[other] in { $count } days
}
orders = { $count ->
    [one] { $shown } order
   *[other] { $shown } orders
}
range = { $first } to { $last }
zone = Days and times of { $zone }

# What goes wrong.
problem-unknown = There is no such page
problem-unknown-text = The address may be wrong, or what it named is gone.
problem-behind = The tables are being filled
problem-behind-text = Figures are shown once they are complete. Try again in a few seconds.
problem-behind-left = { $count ->
    [one] { $shown } record is still to be read.
   *[other] { $shown } records are still to be read.
}
problem-busy = Others are waiting for explanations
problem-busy-text = One is worked out at a time. Try again in a few seconds.
problem-silent = The brokers do not answer
problem-silent-text = What this page needs is read from them. Try again in a few seconds.
problem-host = This server does not answer to this name
problem-host-text = As long as there are no tokens it answers to 127.0.0.1 and localhost alone.
problem-failed = The page could not be made
problem-failed-text = The log of the server says why.
problem-often = Too many requests
problem-often-text = This token asks too often. Try again in a moment.
back-home = To the start page
try-again = Try again
behind-notice = { $count ->
    [one] These figures are behind: { $shown } record is not in them yet.
   *[other] These figures are behind: { $shown } records are not in them yet.
}
stale-notice = These figures may be old: what they are made from has not been heard of for a while.

# Signing in.
sign-in = Sign in
sign-in-text = Give the token that you received. It is forgotten when you sign out or close the browser, unless you stay signed in.
token = Token
token-wrong = This token is not valid, or it has expired.
token-over = You were signed out: your token has expired or was revoked.
remember = Stay signed in on this device
remember-text = For { $days } days at most. Leave it out on a device that others use.

# Figures.
revenue = Revenue
order-count = Orders
clicks = Clicks
new-customers = New customers
average-order = Average order
conversion = Conversion
conversion-text = Orders per click
epc = Earnings per click
new-share = New-customer share
new-share-text = Share of orders by new customers
reversal-rate = Reversal rate
reversal-text = Share of orders reversed in full
commission = Commission
revenue-share = Share of revenue
rank = Rank
partner = Partner
group = Group
market = Market
tier = Tier
metric-revenue = revenue
metric-orders = orders
metric-new-customers = new customers
period-week = of the week
period-month = of the month
period-quarter = of the quarter
period-year = of the year
period-lifetime = whole time
period-day = of the day

# The overview.
today = Today
overview-text = { $day }, until { $time }
mean-day = { $value } on a mean day of the last { $days }
partner-share = Partner channel
over-days = { $share } over { $days } days
goals = Goals
goals-empty = No goals
goals-empty-text = Goals of the program file appear here with their pace.
goal-of = { $metric } { $period }
goal-actual = { $actual } of { $target }
goal-ahead = { $share } ahead of pace
goal-behind = { $share } behind pace
goal-even = on pace
goal-expected = { $expected } expected by now
goal-reached = reached
goal-until = until { $day }
revenue-by-day = Revenue by day
revenue-by-day-text = Revenue of the partner channel and of the others, { $first } to { $last }. Highest on { $day }: { $value }.
day = Day
channels = Channels
channels-text = The partner channel against the others
channel = Channel
channel-partner = Partner
channel-direct = Direct
channel-others = Others
channel-search = Search
channel-email = E-mail
top-partners = Top partners
all-partners = All partners
attention = Needs attention
open-cases = { $count ->
    [one] { $shown } open case
   *[other] { $shown } open cases
}
case-count = { $count ->
    [one] { $shown } case
   *[other] { $shown } cases
}
attention-none = Nothing is open
attention-none-text = No open cases, and no budget is nearly spent.
no-orders = No orders yet
no-orders-text = As soon as orders come in, their figures stand here.

# Partners.
partners-text = { $count ->
    [one] { $shown } partner with clicks or orders
   *[other] { $shown } partners with clicks or orders
} from { $first } to { $last }
find = Find an account
find-text = Partner or customer ID
find-button = Find
find-nothing = There is no account named { $name }
find-nothing-text = IDs are looked up as they are written. Try one from the list of partners.
filters = Filters
show = Show
span = Time
span-7 = 7 days
span-30 = 30 days
span-90 = 90 days
span-365 = 12 months
sorted-by = Sort by { $name }
ranking = Ranking
next-page = Next
previous-page = Previous
part-of = { $first } to { $last } of { $count }
partners-none = No partners to show
partners-none-text = No partner has clicks or orders in this time, market and group.
top-chart = Partners with the most revenue
top-chart-text = Revenue of the { $count } largest partners. First: { $name } with { $value }.

# An account.
customer = Customer
balances = Balances
balances-text = As of { $time }
pending = Pending
available = Available
held = Held back
earned = Earned
redeemed = Redeemed
expired = Expired
reversed = Taken back
unit = Unit
unit-points = Points
balances-none = Nothing earned yet
balances-none-text = Balances appear with the first entry of the ledger.
statement = Statement
statement-text = Last booked first; times are those of what it was booked for
when = When
what = What
order = Order
amount = Amount
why = Why
why-of = Why { $kind } of { $amount }
older = Older entries
newest = Newest entries
statement-none = No entries
scorecard = Scorecard
scorecard-text = Against the median of group { $group }
scorecard-none = Nothing to compare yet
scorecard-none-text = The scorecard needs clicks or orders in this time.
this-partner = This partner
group-median = Group median
standing = Difference
same = the same
is-better = better than the median
is-worse = worse than the median
points-apart = { $shown } pp
medians-apart = Medians are shown in groups of { $count } partners or more
tiers = Tiers
tiers-none = No tier yet
tiers-none-text = Changes of tier appear here.
tier-change = { $before } to { $after }
tier-last = Last change
tier-next = Next tier
tier-from = From
tier-factor = Factor
no-tier = none
tier-since = { $metric } since { $day }
tier-missing = { $amount } to { $tier }
partner-cases-none = No cases
partner-cases-none-text = Nothing was found that the terms do not allow.
figures-by-day = Revenue of the partner by day
figures-by-day-text = Revenue by day, { $first } to { $last }. Highest on { $day }: { $value }.
markets = Markets
all-markets = All markets
status = Status
status-active = active
status-suspended = suspended
kind-accrued = earned
kind-tier = tier extra
kind-bonus = bonus
kind-referral = referral
kind-released = released
kind-reversed = taken back
kind-held = held back
kind-unheld = given free
kind-expired = expired
kind-redeemed = redeemed
kind-adjusted = corrected

# Why.
why-title = Why this entry
why-text = From the ledger, the order and the rule as it stood then
why-order = What this order brought
not-granted = What granted nothing
why-none = There is no entry and no order with this ID
to-account = Back to { $account }

# Key days.
key-days-text = Planned and past shopping days of the program’s markets
calendar = Calendar
coming = The next key days
coming-text = With what is planned for them
plan = Plan
plan-none = nothing planned
plan-multiply = { $rule }: { $factor } times the rewards of { $who }
plan-flat = { $rule }: { $amount } on top for { $who }
plan-partners = partners
plan-customers = customers
key-day = Key day
date = Date
coming-none = No key days ahead
coming-none-text = Key days of the program file appear here.
past = Past key days
running = Running key days
running-text = So far; the uplift is told when they are over
past-text = By uplift over the usual days and by revenue per day
past-none = No key day is over yet
past-none-text = Its figures appear at the first midnight after it ended.
uplift-lacking = A dash: there were no usual days before to compare with.
uplift = Uplift
baseline = Baseline
per-day = Revenue per day
rank-productivity = Rank by revenue
rank-potential = Rank by uplift
uplift-chart = Uplift of past key days
uplift-chart-text = Revenue over that of usual days. Highest: { $name } with { $value }.
status-computed = certain
status-convention = customary
status-announced = announced
status-estimated = estimated
status-unconfirmed = unconfirmed
rank-of = { $rank } of { $count }

# Budgets.
budgets-text = Spent so far, against the time that has passed
budget = Budget
spent = Spent
left = Left
given-back = Given back
alerts = Alerts
not-yet = not yet
at-the-end = At the end
budgets-over = Periods that are over
budget-spent = { $spent } of { $amount }
budget-share = { $share } spent
budget-time = { $share } of the time passed
budget-out = spent
budget-low = nearly spent
budget-fast = faster than the time
budget-fine = within pace
budget-lasts = At this pace it lasts until { $day }
budget-lasts-period = At this pace it lasts for the period
budgets-none = No budgets
budgets-none-text = Budgets of the program file appear here with what they have spent.
pace-chart = { $budget }: spent day by day
pace-chart-text = Spent of { $budget }, { $first } to { $last }: { $spent }. At an even pace it would be { $even }.
spent-so-far = Spent so far
even-pace = Even pace
over-trim = pays what is left
over-reject = pays all or nothing

# Cases.
cases-text = What was found that the terms do not allow, and what was done
case = Case
rule = Rule
severity = Severity
action = Action
evidence = Evidence
evidence-count = { $count ->
    [one] { $count } piece of evidence
   *[other] { $count } pieces of evidence
}
opened = Opened
resolved = Decided
state-open = open
state-resolved = decided
state-dismissed = dismissed
state-upheld = upheld
severity-low = low
severity-medium = medium
severity-high = high
of-severity = { $severity }: { $count }
action-flag = noted only
action-hold = rewards held back
action-reject = earns nothing
action-clawback = rewards taken back
action-suspend = partner suspended
rule-brand-bidding = Ads on brand terms
rule-paid-traffic = Paid search traffic
rule-self-referral = Orders of their own
rule-click-to-order-time = Orders too soon after the click
rule-click-flooding = Unusual number of clicks
rule-disallowed-referrer = Website that is not allowed
rule-market-not-agreed = Market that was not agreed
rule-reversal-rate = Unusual share of reversals
rule-terms-outdated = Outdated terms
cases-none = No cases
cases-none-text = Nothing was found that fits this choice.
case-facts = The facts
case-window = Time looked at
terms-version = Terms
cases-by-rule = By rule
newest-evidence = Newest evidence
decided-by = Decided by
decided-amount = Moved by the decision
all-rules = All rules

# System.
system-text = How Keyday itself is doing
ready = Up to date
not-ready = Behind
blocker-starting = Nothing is known of the topics yet
blocker-source-unreachable = Nothing was heard of { $topic } for a while
blocker-catching-up = Records are still being read
lag = Lag
lag-text = Records not yet in the tables
rate = Rate
rate-text = Events a minute
rate-none = Measured from now on
entries = Ledger entries
entries-text = In the tables
dead-letters = Dead letters
dead-letters-text = Events that could not be decided; nothing is lost
dead-letters-none = No dead letters
dead-letters-none-text = Every event could be decided.
code = Code
count = Count
newest-letters = Newest dead letters
letters-again = Listed whole, and sent again once the cause is gone, by
detail = Detail
agent = Agent
agents = Agents
agents-none = The agents run in other processes
agents-none-text = Their figures are in the metrics of the workers.
agents-idle = Nothing was processed yet
agents-idle-text = As soon as events come in, what the agents do stands here.
processed = Processed
waiting = Waiting
topic = Topic
topics-text = Records that wait for the workers, as these said last
repeats = Repeats
rate-chart = Events a minute
rate-chart-text = Events a minute over the last { $time }. Now: { $value }.
time = Time
programs = Programs
version = Version
in-force = In force since
home-zone = Home zone
currency = Currency

# Evidence and its facts.
evidence-ad = An ad on { $engine } in { $market } beside the keyword “{ $keyword }”, which holds the brand term “{ $brand_term }”
evidence-ad-close = An ad on { $engine } in { $market } beside the keyword “{ $keyword }”, which holds “{ $matched }”, close to the brand term “{ $brand_term }”
evidence-paid = A click was paid for: its address carries { $parameter }, and paid search is not allowed
evidence-own-order = Order { $order_id } is by { $own_customer_id }, one of the partner’s own customers
evidence-own-device = Order { $order_id } came from the device of { $own_customer_id }, one of the partner’s own customers
evidence-own-address = Order { $order_id } came from the network address of { $own_customer_id }, one of the partner’s own customers
evidence-soon = Order { $order_id } came { $click_to_order_ms } after click { $click_id }; at least { $min_seconds } are asked
evidence-many-clicks = Clicks of one customer in one hour: { $clicks }; allowed: { $limit }
evidence-few-orders = Orders for the day’s { $clicks } clicks: { $orders }; a conversion of at least { $limit } is expected
evidence-website = A click came from { $host }, which is not allowed
evidence-market-click = A click from { $market }; the markets agreed are { $markets_agreed }
evidence-market-order = Order { $order_id } from { $market }; the markets agreed are { $markets_agreed }
evidence-reversed = Order { $order_id } was reversed in full: { $reversed } of { $orders } orders of 30 days are; a share of { $limit } is allowed
evidence-terms = The partner has agreed to terms { $terms_agreed }; newer ones are due since { $terms_due }
evidence-no-terms = The partner has agreed to no terms; they are due since { $terms_due }
shared-customer-id = the customer
shared-device-id = the device
shared-ip-hash = the network address
fact-source = Source
fact-id = Event
fact-market = Market
fact-click-id = Click
fact-order-id = Order
fact-refund-id = Refund
fact-customer-id = Customer
fact-url = Page visited
fact-parameter = Sign of a paid click
fact-referrer = Came from
fact-host = Website
fact-engine = Search engine
fact-keyword = Keyword
fact-brand-term = Brand term
fact-matched = Found in the keyword
fact-display-url = Address shown
fact-destination = Destination
fact-ad-copy = Text of the ad
fact-rank = Rank
fact-evidence-url = Picture
fact-shared = In common
fact-own-customer-id = Own customer
fact-click-to-order-ms = From click to order
fact-min-seconds = Least time
fact-markets-agreed = Markets agreed
fact-clicks = Clicks
fact-orders = Orders
fact-reversed = Reversed orders
fact-limit = Limit
fact-terms-agreed = Terms agreed
fact-terms-due = Terms due since

# Groups of partners, and channels, by their usual names.
group-influencer = Influencer
group-content = Content
group-coupon = Coupon
group-brand-partnership = Brand partnership
group-referral = Referral
group-test = Test
channel-social = Social media
channel-display = Display ads

# Agents, and what codes of dead letters mean.
agent-customers = customers
agent-partners = partners
agent-budgets = budgets
letter-json-invalid = The record is no JSON object in UTF-8 that can be read.
letter-specversion-unknown = The record is of a version of CloudEvents other than 1.0.
letter-type-unknown = The type of the event is not known, or belongs to another topic.
letter-field-missing = A field that is needed is missing.
letter-field-invalid = A field holds a value that cannot be.
letter-program-unknown = There is no such program, or none was in force at that time.
letter-currency-unknown = There is no such currency.
letter-amount-precision = An amount has more digits than its currency.
letter-amount-negative = An amount is below zero.
letter-amount-out-of-range = An amount is too large.
letter-unit-unknown = The program has no such unit.
letter-too-late = The event came too long after it occurred.
letter-in-future = The event is dated more than a day ahead.
letter-id-conflict = An event with the same ID came before with other content.
letter-market-unknown = The program has no such market.
letter-fx-rate-missing = The program has no rate of exchange for this currency at that time.
letter-currency-mismatch = The refund is in another currency than its order.
letter-order-unknown = The order of a refund or cancellation never came.
