# Der Rahmen jeder Seite.
skip = Zum Inhalt
nav = Seiten
nav-overview = Überblick
nav-partners = Partner
nav-partner = Ihr Konto
nav-key-days = Aktionstage
nav-budgets = Budgets
nav-cases = Fälle
nav-system = System
language = Sprache
theme = Darstellung
theme-auto = Wie das Gerät
theme-light = Hell
theme-dark = Dunkel
sign-out = Abmelden
as-table = Zahlen zeigen
all = Alle
none = keine
since = seit { $day }
share = Anteil
sort = Sortierung
program = Programm
record = Datensatz
figure = Kennzahl
points = { $count ->
    [one] { $shown } Punkt
   *[other] { $shown } Punkte
}
seconds = { $count ->
    [one] { $count } Sekunde
   *[other] { $count } Sekunden
}
minutes = { $count ->
    [one] { $count } Minute
   *[other] { $count } Minuten
}
hours = { $count ->
    [one] { $count } Stunde
   *[other] { $count } Stunden
}
days = { $count ->
    [one] { $count } Tag
   *[other] { $count } Tage
}
in-days = { $count ->
    [0] heute
    [1] morgen
   *[other] in { $count } Tagen
}
orders = { $count ->
    [one] { $shown } Bestellung
   *[other] { $shown } Bestellungen
}
range = { $first } bis { $last }
zone = Tage und Zeiten von { $zone }

# Was schiefgeht.
problem-unknown = Diese Seite gibt es nicht
problem-unknown-text = Die Adresse kann falsch sein, oder was sie nannte, ist nicht mehr da.
problem-behind = Die Tabellen werden gefüllt
problem-behind-text = Zahlen erscheinen, sobald sie vollständig sind. Versuchen Sie es in einigen Sekunden wieder.
problem-behind-left = { $count ->
    [one] { $shown } Datensatz ist noch zu lesen.
   *[other] { $shown } Datensätze sind noch zu lesen.
}
problem-busy = Andere warten auf Erklärungen
problem-busy-text = Sie werden eine nach der anderen erstellt. Versuchen Sie es in einigen Sekunden wieder.
problem-silent = Die Broker antworten nicht
problem-silent-text = Von ihnen wird gelesen, was diese Seite braucht. Versuchen Sie es in einigen Sekunden wieder.
problem-host = Auf diesen Namen antwortet der Server nicht
problem-host-text = Solange es keine Tokens gibt, antwortet er nur auf 127.0.0.1 und localhost.
problem-failed = Die Seite konnte nicht erstellt werden
problem-failed-text = Das Protokoll des Servers sagt, warum.
problem-often = Zu viele Anfragen
problem-often-text = Dieses Token fragt zu oft. Versuchen Sie es gleich noch einmal.
back-home = Zur Startseite
try-again = Erneut versuchen
behind-notice = { $count ->
    [one] Diese Zahlen sind im Rückstand: { $shown } Datensatz fehlt noch.
   *[other] Diese Zahlen sind im Rückstand: { $shown } Datensätze fehlen noch.
}
stale-notice = Diese Zahlen können alt sein: Ihre Quelle hat sich länger nicht gemeldet.

# Anmelden.
sign-in = Anmelden
sign-in-text = Geben Sie das Token ein, das Sie erhalten haben. Es wird vergessen, wenn Sie sich abmelden oder den Browser schließen, außer Sie bleiben angemeldet.
token = Token
token-wrong = Dieses Token ist nicht gültig oder abgelaufen.
token-over = Sie wurden abgemeldet: Ihr Token ist abgelaufen oder wurde widerrufen.
remember = Auf diesem Gerät angemeldet bleiben
remember-text = Höchstens { $days } Tage. Nicht auf Geräten, die auch andere benutzen.

# Kennzahlen.
revenue = Umsatz
order-count = Bestellungen
clicks = Klicks
new-customers = Neukunden
average-order = Bestellwert
conversion = Konversion
conversion-text = Bestellungen je Klick
epc = Verdienst je Klick
new-share = Anteil Neukunden
new-share-text = Anteil der Bestellungen von Neukunden
reversal-rate = Stornoquote
reversal-text = Anteil ganz stornierter Bestellungen
commission = Provision
revenue-share = Umsatzanteil
rank = Rang
partner = Partner
group = Gruppe
market = Markt
tier = Stufe
metric-revenue = Umsatz
metric-orders = Bestellungen
metric-new-customers = Neukunden
period-week = der Woche
period-month = des Monats
period-quarter = des Quartals
period-year = des Jahres
period-lifetime = gesamte Zeit
period-day = des Tages

# Der Überblick.
today = Heute
overview-text = { $day }, bis { $time }
mean-day = { $value } an einem mittleren Tag der letzten { $days }
partner-share = Partnerkanal
over-days = { $share } in { $days } Tagen
goals = Ziele
goals-empty = Keine Ziele
goals-empty-text = Ziele der Programmdatei erscheinen hier mit ihrem Tempo.
goal-of = { $metric } { $period }
goal-actual = { $actual } von { $target }
goal-ahead = { $share } voraus
goal-behind = { $share } zurück
goal-even = im Plan
goal-expected = { $expected } bis jetzt erwartet
goal-reached = erreicht
goal-until = bis { $day }
revenue-by-day = Umsatz je Tag
revenue-by-day-text = Umsatz des Partnerkanals und der anderen, { $first } bis { $last }. Am höchsten am { $day }: { $value }.
day = Tag
channels = Kanäle
channels-text = Der Partnerkanal neben den anderen
channel = Kanal
channel-partner = Partner
channel-direct = Direkt
channel-others = Andere
channel-search = Suche
channel-email = E-Mail
top-partners = Beste Partner
all-partners = Alle Partner
attention = Zu prüfen
open-cases = { $count ->
    [one] { $shown } offener Fall
   *[other] { $shown } offene Fälle
}
case-count = { $count ->
    [one] { $shown } Fall
   *[other] { $shown } Fälle
}
attention-none = Nichts zu prüfen
attention-none-text = Kein Fall ist offen, und kein Budget ist fast verbraucht.
no-orders = Noch keine Bestellungen
no-orders-text = Sobald Bestellungen eingehen, stehen ihre Zahlen hier.

# Partner.
partners-text = { $count ->
    [one] { $shown } Partner mit Klicks oder Bestellungen
   *[other] { $shown } Partner mit Klicks oder Bestellungen
} vom { $first } bis { $last }
find = Ein Konto finden
find-text = ID von Partner oder Kunde
find-button = Finden
find-nothing = Es gibt kein Konto namens { $name }
find-nothing-text = IDs werden gesucht, wie sie geschrieben sind. Versuchen Sie eine aus der Liste der Partner.
filters = Filter
show = Zeigen
span = Zeitraum
span-7 = 7 Tage
span-30 = 30 Tage
span-90 = 90 Tage
span-365 = 12 Monate
sorted-by = Nach { $name } sortieren
ranking = Rangliste
next-page = Weiter
previous-page = Zurück
part-of = { $first } bis { $last } von { $count }
partners-none = Keine Partner zu zeigen
partners-none-text = Kein Partner hat in dieser Zeit, diesem Markt und dieser Gruppe Klicks oder Bestellungen.
top-chart = Partner mit dem meisten Umsatz
top-chart-text = Umsatz der { $count } größten Partner. Erster: { $name } mit { $value }.

# Ein Konto.
customer = Kunde
balances = Salden
balances-text = Stand { $time }
pending = Ausstehend
available = Verfügbar
held = Zurückgehalten
earned = Verdient
redeemed = Eingelöst
expired = Verfallen
reversed = Zurückgenommen
unit = Einheit
unit-points = Punkte
balances-none = Noch nichts verdient
balances-none-text = Salden erscheinen mit der ersten Buchung.
statement = Kontoauszug
statement-text = Zuletzt Gebuchtes zuerst; Zeiten sind die der Ereignisse
when = Wann
what = Was
order = Bestellung
amount = Betrag
why = Warum
why-of = Warum { $kind } von { $amount }
older = Ältere Buchungen
newest = Neueste Buchungen
statement-none = Keine Buchungen
scorecard = Bilanz
scorecard-text = Gegenüber dem Median der Gruppe { $group }
scorecard-none = Noch nichts zu vergleichen
scorecard-none-text = Die Bilanz braucht Klicks oder Bestellungen in dieser Zeit.
this-partner = Dieser Partner
group-median = Median der Gruppe
standing = Unterschied
same = gleich
is-better = besser als der Median
is-worse = schlechter als der Median
points-apart = { $shown } PP
medians-apart = Mediane werden in Gruppen ab { $count } Partnern gezeigt
tiers = Stufen
tiers-none = Noch keine Stufe
tiers-none-text = Wechsel der Stufe erscheinen hier.
tier-change = von { $before } zu { $after }
tier-last = Letzter Wechsel
tier-next = Nächste Stufe
tier-from = Ab
tier-factor = Faktor
no-tier = keine
tier-since = { $metric } seit { $day }
tier-missing = { $amount } bis { $tier }
partner-cases-none = Keine Fälle
partner-cases-none-text = Es wurde nichts gefunden, was die Bedingungen nicht erlauben.
figures-by-day = Umsatz des Partners je Tag
figures-by-day-text = Umsatz je Tag, { $first } bis { $last }. Am höchsten am { $day }: { $value }.
markets = Märkte
all-markets = Alle Märkte
status = Status
status-active = aktiv
status-suspended = gesperrt
kind-accrued = verdient
kind-tier = Zuschlag der Stufe
kind-bonus = Bonus
kind-referral = Empfehlung
kind-released = freigegeben
kind-reversed = zurückgenommen
kind-held = zurückgehalten
kind-unheld = wieder frei
kind-expired = verfallen
kind-redeemed = eingelöst
kind-adjusted = berichtigt

# Warum.
why-title = Warum diese Buchung
why-text = Aus dem Hauptbuch, der Bestellung und der Regel, wie sie damals war
why-order = Was diese Bestellung gebracht hat
not-granted = Was nichts gewährt hat
why-none = Es gibt weder Buchung noch Bestellung mit dieser ID
to-account = Zurück zu { $account }

# Aktionstage.
key-days-text = Geplante und vergangene Einkaufstage der Märkte des Programms
calendar = Kalender
coming = Die nächsten Aktionstage
coming-text = Mit dem, was für sie geplant ist
plan = Plan
plan-none = nichts geplant
plan-multiply = { $rule }: das { $factor }-Fache der Prämien für { $who }
plan-flat = { $rule }: { $amount } zusätzlich für { $who }
plan-partners = Partner
plan-customers = Kunden
key-day = Aktionstag
date = Datum
coming-none = Keine Aktionstage in Sicht
coming-none-text = Aktionstage der Programmdatei erscheinen hier.
past = Vergangene Aktionstage
running = Laufende Aktionstage
running-text = Bis jetzt; der Zuwachs steht fest, wenn sie vorbei sind
past-text = Nach Zuwachs gegenüber üblichen Tagen und nach Umsatz je Tag
past-none = Noch ist kein Aktionstag vorbei
past-none-text = Seine Zahlen erscheinen um die erste Mitternacht nach seinem Ende.
uplift-lacking = Ein Strich: Davor gab es keine gewöhnlichen Tage zum Vergleich.
uplift = Zuwachs
baseline = Vergleich
per-day = Umsatz je Tag
rank-productivity = Rang nach Umsatz
rank-potential = Rang nach Zuwachs
uplift-chart = Zuwachs vergangener Aktionstage
uplift-chart-text = Umsatz gegenüber dem üblicher Tage. Am höchsten: { $name } mit { $value }.
status-computed = sicher
status-convention = üblich
status-announced = angekündigt
status-estimated = geschätzt
status-unconfirmed = unbestätigt
rank-of = { $rank } von { $count }

# Budgets.
budgets-text = Bisher ausgegeben, gegenüber der vergangenen Zeit
budget = Budget
spent = Ausgegeben
left = Übrig
given-back = Zurückgegeben
alerts = Warnungen
not-yet = noch nicht
at-the-end = Am Ende
budgets-over = Beendete Zeiträume
budget-spent = { $spent } von { $amount }
budget-share = { $share } ausgegeben
budget-time = { $share } der Zeit vergangen
budget-out = verbraucht
budget-low = fast verbraucht
budget-fast = schneller als die Zeit
budget-fine = im Plan
budget-lasts = Bei diesem Tempo reicht es bis { $day }
budget-lasts-period = Bei diesem Tempo reicht es für den Zeitraum
budgets-none = Keine Budgets
budgets-none-text = Budgets der Programmdatei erscheinen hier mit dem, was ausgegeben ist.
pace-chart = { $budget }: ausgegeben Tag für Tag
pace-chart-text = Ausgegeben von { $budget }, { $first } bis { $last }: { $spent }. Bei gleichmäßigem Verlauf wären es { $even }.
spent-so-far = Bisher ausgegeben
even-pace = Gleichmäßiger Verlauf
over-trim = gewährt, was übrig ist
over-reject = gewährt alles oder nichts

# Fälle.
cases-text = Was gefunden wurde, das die Bedingungen nicht erlauben, und was getan wurde
case = Fall
rule = Regel
severity = Schwere
action = Maßnahme
evidence = Belege
evidence-count = { $count ->
    [one] { $count } Beleg
   *[other] { $count } Belege
}
opened = Eröffnet
resolved = Entschieden
state-open = offen
state-resolved = entschieden
state-dismissed = abgewiesen
state-upheld = bestätigt
severity-low = gering
severity-medium = mittel
severity-high = hoch
of-severity = { $severity }: { $count }
action-flag = nur vermerkt
action-hold = Prämien zurückgehalten
action-reject = verdient nichts
action-clawback = Prämien zurückgenommen
action-suspend = Partner gesperrt
rule-brand-bidding = Anzeigen auf die Marke
rule-paid-traffic = Bezahlte Suche
rule-self-referral = Eigene Bestellungen
rule-click-to-order-time = Bestellung zu bald nach dem Klick
rule-click-flooding = Ungewöhnlich viele Klicks
rule-disallowed-referrer = Nicht erlaubte Website
rule-market-not-agreed = Nicht vereinbarter Markt
rule-reversal-rate = Ungewöhnlich viele Stornos
rule-terms-outdated = Veraltete Bedingungen
cases-none = Keine Fälle
cases-none-text = Es wurde nichts gefunden, was zu dieser Auswahl passt.
case-facts = Die Tatsachen
case-window = Betrachtete Zeit
terms-version = Bedingungen
cases-by-rule = Nach Regel
newest-evidence = Neuester Beleg
decided-by = Entschieden von
decided-amount = Durch die Entscheidung bewegt
all-rules = Alle Regeln

# System.
system-text = Wie es Keyday selbst geht
ready = Aktuell
not-ready = Im Rückstand
blocker-starting = Von den Topics ist noch nichts bekannt
blocker-source-unreachable = Von { $topic } kam länger nichts
blocker-catching-up = Es sind noch Datensätze zu lesen
lag = Rückstand
lag-text = Datensätze, die noch nicht in den Tabellen sind
rate = Durchsatz
rate-text = Ereignisse je Minute
rate-none = Wird ab jetzt gemessen
entries = Buchungen
entries-text = In den Tabellen
dead-letters = Unzustellbar
dead-letters-text = Ereignisse, die nicht entschieden werden konnten; nichts ist verloren
dead-letters-none = Nichts unzustellbar
dead-letters-none-text = Jedes Ereignis konnte entschieden werden.
code = Code
count = Anzahl
newest-letters = Neueste unzustellbare Ereignisse
letters-again = Ganz aufgelistet, und nach Behebung der Ursache erneut gesendet, mit
detail = Einzelheit
agent = Agent
agents = Agenten
agents-none = Die Agenten laufen in anderen Prozessen
agents-none-text = Ihre Zahlen stehen in den Metriken der Worker.
agents-idle = Noch wurde nichts verarbeitet
agents-idle-text = Sobald Ereignisse eingehen, steht hier, was die Agenten tun.
processed = Verarbeitet
waiting = Wartend
topic = Topic
topics-text = Einträge, die auf die Worker warten, nach deren letzter Angabe
repeats = Wiederholungen
rate-chart = Ereignisse je Minute
rate-chart-text = Ereignisse je Minute über { $time }. Jetzt: { $value }.
time = Zeit
programs = Programme
version = Version
in-force = In Kraft seit
home-zone = Heimatzone
currency = Währung

# Evidence and its facts.
evidence-ad = Eine Anzeige bei { $engine } in { $market } zum Suchbegriff „{ $keyword }“, der den Markenbegriff „{ $brand_term }“ enthält
evidence-ad-close = Eine Anzeige bei { $engine } in { $market } zum Suchbegriff „{ $keyword }“, der „{ $matched }“ enthält, nahe am Markenbegriff „{ $brand_term }“
evidence-paid = Ein Klick war bezahlt: Seine Adresse trägt { $parameter }, und bezahlte Suche ist nicht erlaubt
evidence-own-order = Bestellung { $order_id } ist von { $own_customer_id }, einem eigenen Kundenkonto des Partners
evidence-own-device = Bestellung { $order_id } kam vom Gerät von { $own_customer_id }, einem eigenen Kundenkonto des Partners
evidence-own-address = Bestellung { $order_id } kam von der Netzadresse von { $own_customer_id }, einem eigenen Kundenkonto des Partners
evidence-soon = Bestellung { $order_id } kam { $click_to_order_ms } nach dem Klick { $click_id }; mindestens { $min_seconds } sind verlangt
evidence-many-clicks = Klicks eines Kunden in einer Stunde: { $clicks }; erlaubt: { $limit }
evidence-few-orders = Bestellungen zu den { $clicks } Klicks des Tages: { $orders }; erwartet wird eine Konversion von mindestens { $limit }
evidence-website = Ein Klick kam von { $host }, was nicht erlaubt ist
evidence-market-click = Ein Klick aus { $market }; vereinbarte Märkte: { $markets_agreed }
evidence-market-order = Bestellung { $order_id } aus { $market }; vereinbarte Märkte: { $markets_agreed }
evidence-reversed = Bestellung { $order_id } wurde ganz storniert, wie { $reversed } von { $orders } Bestellungen in 30 Tagen; erlaubt ist ein Anteil von { $limit }
evidence-terms = Der Partner hat den Bedingungen { $terms_agreed } zugestimmt; neuere sind seit { $terms_due } fällig
evidence-no-terms = Der Partner hat keinen Bedingungen zugestimmt; sie sind seit { $terms_due } fällig
shared-customer-id = der Kunde
shared-device-id = das Gerät
shared-ip-hash = die Netzadresse
fact-source = Quelle
fact-id = Ereignis
fact-market = Markt
fact-click-id = Klick
fact-order-id = Bestellung
fact-refund-id = Erstattung
fact-customer-id = Kunde
fact-url = Besuchte Seite
fact-parameter = Zeichen eines bezahlten Klicks
fact-referrer = Kam von
fact-host = Website
fact-engine = Suchmaschine
fact-keyword = Suchbegriff
fact-brand-term = Markenbegriff
fact-matched = Im Suchbegriff gefunden
fact-display-url = Gezeigte Adresse
fact-destination = Ziel
fact-ad-copy = Text der Anzeige
fact-rank = Rang
fact-evidence-url = Bild
fact-shared = Gemeinsam
fact-own-customer-id = Eigener Kunde
fact-click-to-order-ms = Vom Klick zur Bestellung
fact-min-seconds = Mindestzeit
fact-markets-agreed = Vereinbarte Märkte
fact-clicks = Klicks
fact-orders = Bestellungen
fact-reversed = Stornierte Bestellungen
fact-limit = Grenze
fact-terms-agreed = Zugestimmte Bedingungen
fact-terms-due = Bedingungen fällig seit

# Groups of partners, and channels, by their usual names.
group-influencer = Influencer
group-content = Content
group-coupon = Gutschein
group-brand-partnership = Markenpartnerschaft
group-referral = Empfehlung
group-test = Test
channel-social = Soziale Medien
channel-display = Bannerwerbung

# Agents, and what codes of dead letters mean.
agent-customers = Kunden
agent-partners = Partner
agent-budgets = Budgets
letter-json-invalid = Der Datensatz ist kein lesbares JSON-Objekt in UTF-8.
letter-specversion-unknown = Der Datensatz folgt einer anderen Version von CloudEvents als 1.0.
letter-type-unknown = Die Art des Ereignisses ist nicht bekannt oder gehört zu einem anderen Topic.
letter-field-missing = Ein notwendiges Feld fehlt.
letter-field-invalid = Ein Feld enthält einen unmöglichen Wert.
letter-program-unknown = Dieses Programm gibt es nicht, oder es galt zu dieser Zeit keines.
letter-currency-unknown = Diese Währung gibt es nicht.
letter-amount-precision = Ein Betrag hat mehr Nachkommastellen als seine Währung.
letter-amount-negative = Ein Betrag liegt unter null.
letter-amount-out-of-range = Ein Betrag ist zu groß.
letter-unit-unknown = Diese Einheit hat das Programm nicht.
letter-too-late = Das Ereignis kam zu lange nach seinem Zeitpunkt.
letter-in-future = Das Ereignis liegt mehr als einen Tag in der Zukunft.
letter-id-conflict = Ein Ereignis mit derselben ID kam schon mit anderem Inhalt.
letter-market-unknown = Diesen Markt hat das Programm nicht.
letter-fx-rate-missing = Das Programm hat für diese Währung zu dieser Zeit keinen Wechselkurs.
letter-currency-mismatch = Die Erstattung ist in einer anderen Währung als ihre Bestellung.
letter-order-unknown = Die Bestellung einer Erstattung oder Stornierung kam nie.
