# Le cadre de chaque page.
skip = Aller au contenu
nav = Pages
nav-overview = Vue d’ensemble
nav-partners = Partenaires
nav-partner = Votre compte
nav-key-days = Jours clés
nav-budgets = Budgets
nav-cases = Dossiers
nav-system = Système
language = Langue
theme = Apparence
theme-auto = Comme l’appareil
theme-light = Clair
theme-dark = Sombre
sign-out = Se déconnecter
as-table = Afficher les chiffres
all = Tous
none = aucun
since = depuis le { $day }
share = Part
sort = Tri
program = Programme
record = Enregistrement
figure = Indicateur
points = { $count ->
    [one] { $shown } point
   *[other] { $shown } points
}
seconds = { $count ->
    [one] { $count } seconde
   *[other] { $count } secondes
}
minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
hours = { $count ->
    [one] { $count } heure
   *[other] { $count } heures
}
days = { $count ->
    [one] { $count } jour
   *[other] { $count } jours
}
in-days = { $count ->
    [0] aujourd’hui
    [1] demain
   *[other] dans { $count } jours
}
orders = { $count ->
    [one] { $shown } commande
   *[other] { $shown } commandes
}
range = du { $first } au { $last }
zone = Jours et heures de { $zone }

# Ce qui ne va pas.
problem-unknown = Cette page n’existe pas
problem-unknown-text = L’adresse est peut-être erronée, ou ce qu’elle désignait n’est plus là.
problem-behind = Les tables se remplissent
problem-behind-text = Les chiffres s’affichent dès qu’elles sont complètes. Réessayez dans quelques secondes.
problem-behind-left = { $count ->
    [one] { $shown } enregistrement reste à lire.
   *[other] { $shown } enregistrements restent à lire.
}
problem-busy = D’autres attendent des explications
problem-busy-text = Elles sont établies une à une. Réessayez dans quelques secondes.
problem-silent = Les brokers ne répondent pas
problem-silent-text = Ce qu’il faut à cette page est lu chez eux. Réessayez dans quelques secondes.
problem-host = Ce serveur ne répond pas à ce nom
problem-host-text = Tant qu’il n’y a pas de jetons, il ne répond qu’à 127.0.0.1 et localhost.
problem-failed = La page n’a pas pu être établie
problem-failed-text = Le journal du serveur dit pourquoi.
problem-often = Trop de demandes
problem-often-text = Ce jeton demande trop souvent. Réessayez dans un instant.
back-home = Vers la page d’accueil
try-again = Réessayer
behind-notice = { $count ->
    [one] Ces chiffres sont en retard : { $shown } enregistrement n’y est pas encore.
   *[other] Ces chiffres sont en retard : { $shown } enregistrements n’y sont pas encore.
}
stale-notice = Ces chiffres peuvent être anciens : leur source ne répond plus depuis un moment.

# Connexion.
sign-in = Se connecter
sign-in-text = Saisissez le jeton que vous avez reçu. Il est oublié à la déconnexion ou à la fermeture du navigateur, sauf si vous restez connecté.
token = Jeton
token-wrong = Ce jeton n’est pas valable ou a expiré.
token-over = Vous avez été déconnecté : votre jeton a expiré ou a été révoqué.
remember = Rester connecté sur cet appareil
remember-text = { $days } jours au plus. À éviter sur un appareil partagé.

# Indicateurs.
revenue = Chiffre d’affaires
order-count = Commandes
clicks = Clics
new-customers = Nouveaux clients
average-order = Panier moyen
conversion = Conversion
conversion-text = Commandes par clic
epc = Gain par clic
new-share = Part de nouveaux clients
new-share-text = Part des commandes de nouveaux clients
reversal-rate = Taux d’annulation
reversal-text = Part des commandes annulées en entier
commission = Commission
revenue-share = Part du chiffre d’affaires
rank = Rang
partner = Partenaire
group = Groupe
market = Marché
tier = Palier
metric-revenue = chiffre d’affaires
metric-orders = commandes
metric-new-customers = nouveaux clients
period-week = de la semaine
period-month = du mois
period-quarter = du trimestre
period-year = de l’année
period-lifetime = toute la durée
period-day = du jour

# La vue d’ensemble.
today = Aujourd’hui
overview-text = { $day }, jusqu’à { $time }
mean-day = { $value } un jour moyen des { $days } derniers
partner-share = Canal partenaire
over-days = { $share } sur { $days } jours
goals = Objectifs
goals-empty = Aucun objectif
goals-empty-text = Les objectifs du fichier de programme apparaissent ici avec leur rythme.
goal-of = { $metric } { $period }
goal-actual = { $actual } sur { $target }
goal-ahead = { $share } d’avance
goal-behind = { $share } de retard
goal-even = au rythme prévu
goal-expected = { $expected } attendus à ce jour
goal-reached = atteint
goal-until = jusqu’au { $day }
revenue-by-day = Chiffre d’affaires par jour
revenue-by-day-text = Chiffre d’affaires du canal partenaire et des autres, du { $first } au { $last }. Maximum le { $day } : { $value }.
day = Jour
channels = Canaux
channels-text = Le canal partenaire face aux autres
channel = Canal
channel-partner = Partenaire
channel-direct = Direct
channel-others = Autres
channel-search = Recherche
channel-email = E-mail
top-partners = Meilleurs partenaires
all-partners = Tous les partenaires
attention = À examiner
open-cases = { $count ->
    [one] { $shown } dossier ouvert
   *[other] { $shown } dossiers ouverts
}
case-count = { $count ->
    [one] { $shown } dossier
   *[other] { $shown } dossiers
}
attention-none = Rien à examiner
attention-none-text = Aucun dossier ouvert, et aucun budget presque épuisé.
no-orders = Pas encore de commandes
no-orders-text = Dès l’arrivée des commandes, leurs chiffres figurent ici.

# Partenaires.
partners-text = { $count ->
    [one] { $shown } partenaire avec des clics ou des commandes
   *[other] { $shown } partenaires avec des clics ou des commandes
} du { $first } au { $last }
find = Trouver un compte
find-text = ID de partenaire ou de client
find-button = Trouver
find-nothing = Il n’y a pas de compte nommé { $name }
find-nothing-text = Les ID sont recherchés tels qu’ils sont écrits. Essayez-en un de la liste des partenaires.
filters = Filtres
show = Afficher
span = Période
span-7 = 7 jours
span-30 = 30 jours
span-90 = 90 jours
span-365 = 12 mois
sorted-by = Trier par { $name }
ranking = Classement
next-page = Suivants
previous-page = Précédent
part-of = { $first } à { $last } sur { $count }
partners-none = Aucun partenaire à afficher
partners-none-text = Aucun partenaire n’a de clics ni de commandes dans cette période, ce marché et ce groupe.
top-chart = Partenaires au plus grand chiffre d’affaires
top-chart-text = Chiffre d’affaires des { $count } plus grands partenaires. Premier : { $name } avec { $value }.

# Un compte.
customer = Client
balances = Soldes
balances-text = Au { $time }
pending = En attente
available = Disponible
held = Retenu
earned = Gagné
redeemed = Utilisé
expired = Expiré
reversed = Repris
unit = Unité
unit-points = Points
balances-none = Rien de gagné pour l’instant
balances-none-text = Les soldes apparaissent avec la première écriture.
statement = Relevé
statement-text = La dernière écriture d’abord ; les heures sont celles des faits
when = Quand
what = Quoi
order = Commande
amount = Montant
why = Pourquoi
why-of = Pourquoi { $kind } de { $amount }
older = Écritures plus anciennes
newest = Écritures les plus récentes
statement-none = Aucune écriture
scorecard = Bilan
scorecard-text = Face à la médiane du groupe { $group }
scorecard-none = Rien à comparer pour l’instant
scorecard-none-text = Le bilan demande des clics ou des commandes dans cette période.
this-partner = Ce partenaire
group-median = Médiane du groupe
standing = Écart
same = pareil
is-better = mieux que la médiane
is-worse = moins bien que la médiane
points-apart = { $shown } pt
medians-apart = Les médianes s’affichent dans les groupes de { $count } partenaires ou plus
tiers = Paliers
tiers-none = Pas encore de palier
tiers-none-text = Les changements de palier apparaissent ici.
tier-change = de { $before } à { $after }
tier-last = Dernier changement
tier-next = Niveau suivant
tier-from = À partir de
tier-factor = Facteur
no-tier = aucun
tier-since = { $metric } depuis le { $day }
tier-missing = { $amount } jusqu’à { $tier }
partner-cases-none = Aucun dossier
partner-cases-none-text = Rien n’a été trouvé que les conditions n’admettent pas.
figures-by-day = Chiffre d’affaires du partenaire par jour
figures-by-day-text = Chiffre d’affaires par jour, du { $first } au { $last }. Maximum le { $day } : { $value }.
markets = Marchés
all-markets = Tous les marchés
status = État
status-active = actif
status-suspended = suspendu
kind-accrued = gagné
kind-tier = supplément de palier
kind-bonus = bonus
kind-referral = parrainage
kind-released = libéré
kind-reversed = repris
kind-held = retenu
kind-unheld = rendu
kind-expired = expiré
kind-redeemed = utilisé
kind-adjusted = corrigé

# Pourquoi.
why-title = Pourquoi cette écriture
why-text = D’après le registre, la commande et la règle telle qu’elle était alors
why-order = Ce que cette commande a apporté
not-granted = Ce qui n’a rien accordé
why-none = Il n’y a ni écriture ni commande avec cet ID
to-account = Retour à { $account }

# Jours clés.
key-days-text = Les jours de vente prévus et passés des marchés du programme
calendar = Calendrier
coming = Les prochains jours clés
coming-text = Avec ce qui est prévu
plan = Prévu
plan-none = rien de prévu
plan-multiply = { $rule } : { $factor } fois les récompenses pour { $who }
plan-flat = { $rule } : { $amount } en plus pour { $who }
plan-partners = les partenaires
plan-customers = les clients
key-day = Jour clé
date = Date
coming-none = Aucun jour clé à venir
coming-none-text = Les jours clés du fichier de programme apparaissent ici.
past = Jours clés passés
running = Jours clés en cours
running-text = Jusqu’ici ; la hausse est connue quand ils sont terminés
past-text = Par hausse face aux jours habituels et par chiffre d’affaires par jour
past-none = Aucun jour clé n’est encore passé
past-none-text = Ses chiffres apparaissent au premier minuit qui suit sa fin.
uplift-lacking = Un tiret : il n’y avait pas de jours habituels auparavant pour comparer.
uplift = Hausse
baseline = Référence
per-day = Chiffre d’affaires par jour
rank-productivity = Rang par chiffre d’affaires
rank-potential = Rang par hausse
uplift-chart = Hausse des jours clés passés
uplift-chart-text = Chiffre d’affaires face à celui des jours habituels. Maximum : { $name } avec { $value }.
status-computed = certain
status-convention = usuel
status-announced = annoncé
status-estimated = estimé
status-unconfirmed = non confirmé
rank-of = { $rank } sur { $count }

# Budgets.
budgets-text = Dépensé jusqu’ici, face au temps écoulé
budget = Budget
spent = Dépensé
left = Reste
given-back = Rendu
alerts = Alertes
not-yet = pas encore
at-the-end = À la fin
budgets-over = Périodes terminées
budget-spent = { $spent } sur { $amount }
budget-share = { $share } dépensés
budget-time = { $share } du temps écoulés
budget-out = épuisé
budget-low = presque épuisé
budget-fast = plus vite que le temps
budget-fine = dans le rythme
budget-lasts = À ce rythme, il dure jusqu’au { $day }
budget-lasts-period = À ce rythme, il suffit pour la période
budgets-none = Aucun budget
budgets-none-text = Les budgets du fichier de programme apparaissent ici avec ce qu’ils ont dépensé.
pace-chart = { $budget } : dépensé jour par jour
pace-chart-text = Dépensé sur { $budget }, du { $first } au { $last } : { $spent }. À un rythme régulier, ce serait { $even }.
spent-so-far = Dépensé jusqu’ici
even-pace = Rythme régulier
over-trim = accorde ce qui reste
over-reject = accorde tout ou rien

# Dossiers.
cases-text = Ce qui a été trouvé que les conditions n’admettent pas, et ce qui a été fait
case = Dossier
rule = Règle
severity = Gravité
action = Mesure
evidence = Preuves
evidence-count = { $count ->
    [one] { $count } preuve
   *[other] { $count } preuves
}
opened = Ouvert
resolved = Décidé
state-open = ouvert
state-resolved = décidé
state-dismissed = rejeté
state-upheld = confirmé
severity-low = faible
severity-medium = moyenne
severity-high = élevée
of-severity = { $severity }: { $count }
action-flag = seulement noté
action-hold = gains retenus
action-reject = ne gagne rien
action-clawback = gains repris
action-suspend = partenaire suspendu
rule-brand-bidding = Annonces sur la marque
rule-paid-traffic = Trafic de recherche payante
rule-self-referral = Commandes du partenaire lui-même
rule-click-to-order-time = Commandes trop tôt après le clic
rule-click-flooding = Nombre de clics inhabituel
rule-disallowed-referrer = Site non admis
rule-market-not-agreed = Marché non convenu
rule-reversal-rate = Part d’annulations inhabituelle
rule-terms-outdated = Conditions dépassées
cases-none = Aucun dossier
cases-none-text = Rien n’a été trouvé qui réponde à ce choix.
case-facts = Les faits
case-window = Période examinée
terms-version = Conditions
cases-by-rule = Par règle
newest-evidence = Dernière preuve
decided-by = Décidé par
decided-amount = Déplacé par la décision
all-rules = Toutes les règles

# Système.
system-text = Comment va Keyday lui-même
ready = À jour
not-ready = En retard
blocker-starting = Rien n’est encore connu des topics
blocker-source-unreachable = Plus de nouvelles de { $topic } depuis un moment
blocker-catching-up = Des enregistrements restent à lire
lag = Retard
lag-text = Enregistrements pas encore dans les tables
rate = Débit
rate-text = Événements par minute
rate-none = Mesuré à partir de maintenant
entries = Écritures
entries-text = Dans les tables
dead-letters = Lettres mortes
dead-letters-text = Événements qui n’ont pas pu être décidés ; rien n’est perdu
dead-letters-none = Aucune lettre morte
dead-letters-none-text = Chaque événement a pu être décidé.
code = Code
count = Nombre
newest-letters = Dernières lettres mortes
letters-again = Listées en entier, et renvoyées une fois la cause levée, par
detail = Détail
agent = Agent
agents = Agents
agents-none = Les agents tournent dans d’autres processus
agents-none-text = Leurs chiffres sont dans les métriques des workers.
agents-idle = Rien n’a encore été traité
agents-idle-text = Dès l’arrivée d’événements, ce que font les agents figure ici.
processed = Traités
waiting = En attente
topic = Topic
topics-text = Enregistrements qui attendent les workers, selon leur dernier état
repeats = Répétitions
rate-chart = Événements par minute
rate-chart-text = Événements par minute pendant { $time }. Maintenant : { $value }.
time = Temps
programs = Programmes
version = Version
in-force = En vigueur depuis
home-zone = Fuseau d’origine
currency = Devise

# Evidence and its facts.
evidence-ad = Une annonce sur { $engine } ({ $market }) pour le mot-clé « { $keyword } », qui contient le terme de marque « { $brand_term } »
evidence-ad-close = Une annonce sur { $engine } ({ $market }) pour le mot-clé « { $keyword } », qui contient « { $matched } », proche du terme de marque « { $brand_term } »
evidence-paid = Un clic était payé : son adresse porte { $parameter }, et la recherche payante n’est pas autorisée
evidence-own-order = La commande { $order_id } est de { $own_customer_id }, un client propre du partenaire
evidence-own-device = La commande { $order_id } vient de l’appareil de { $own_customer_id }, un client propre du partenaire
evidence-own-address = La commande { $order_id } vient de l’adresse réseau de { $own_customer_id }, un client propre du partenaire
evidence-soon = La commande { $order_id } est venue { $click_to_order_ms } après le clic { $click_id } ; il faut au moins { $min_seconds }
evidence-many-clicks = Clics d’un client en une heure : { $clicks } ; autorisés : { $limit }
evidence-few-orders = Commandes pour les { $clicks } clics du jour : { $orders } ; une conversion d’au moins { $limit } est attendue
evidence-website = Un clic est venu de { $host }, qui n’est pas autorisé
evidence-market-click = Un clic depuis { $market } ; marchés convenus : { $markets_agreed }
evidence-market-order = La commande { $order_id } vient de { $market } ; marchés convenus : { $markets_agreed }
evidence-reversed = La commande { $order_id } a été annulée en entier, comme { $reversed } des { $orders } commandes de 30 jours ; une part de { $limit } est autorisée
evidence-terms = Le partenaire a accepté les conditions { $terms_agreed } ; de plus récentes sont dues depuis le { $terms_due }
evidence-no-terms = Le partenaire n’a accepté aucune condition ; elles sont dues depuis le { $terms_due }
shared-customer-id = le client
shared-device-id = l’appareil
shared-ip-hash = l’adresse réseau
fact-source = Source
fact-id = Événement
fact-market = Marché
fact-click-id = Clic
fact-order-id = Commande
fact-refund-id = Remboursement
fact-customer-id = Client
fact-url = Page visitée
fact-parameter = Marque d’un clic payé
fact-referrer = Venu de
fact-host = Site web
fact-engine = Moteur de recherche
fact-keyword = Mot-clé
fact-brand-term = Terme de marque
fact-matched = Trouvé dans le mot-clé
fact-display-url = Adresse affichée
fact-destination = Destination
fact-ad-copy = Texte de l’annonce
fact-rank = Rang
fact-evidence-url = Image
fact-shared = En commun
fact-own-customer-id = Client propre
fact-click-to-order-ms = Du clic à la commande
fact-min-seconds = Temps minimal
fact-markets-agreed = Marchés convenus
fact-clicks = Clics
fact-orders = Commandes
fact-reversed = Commandes annulées
fact-limit = Limite
fact-terms-agreed = Conditions acceptées
fact-terms-due = Conditions dues depuis le

# Groups of partners, and channels, by their usual names.
group-influencer = Influenceurs
group-content = Contenu
group-coupon = Coupons
group-brand-partnership = Partenariat de marque
group-referral = Parrainage
group-test = Test
channel-social = Réseaux sociaux
channel-display = Bannières

# Agents, and what codes of dead letters mean.
agent-customers = clients
agent-partners = partenaires
agent-budgets = budgets
letter-json-invalid = L’enregistrement n’est pas un objet JSON lisible en UTF-8.
letter-specversion-unknown = L’enregistrement suit une autre version de CloudEvents que 1.0.
letter-type-unknown = Le type de l’événement est inconnu ou appartient à un autre sujet (topic).
letter-field-missing = Un champ obligatoire manque.
letter-field-invalid = Un champ contient une valeur impossible.
letter-program-unknown = Ce programme n’existe pas ou n’était pas en vigueur à ce moment.
letter-currency-unknown = Cette devise n’existe pas.
letter-amount-precision = Un montant a plus de décimales que sa devise.
letter-amount-negative = Un montant est inférieur à zéro.
letter-amount-out-of-range = Un montant est trop élevé.
letter-unit-unknown = Le programme n’a pas cette unité.
letter-too-late = L’événement est arrivé trop longtemps après les faits.
letter-in-future = L’événement est daté de plus d’un jour dans le futur.
letter-id-conflict = Un événement de même identifiant est déjà arrivé avec un autre contenu.
letter-market-unknown = Le programme n’a pas ce marché.
letter-fx-rate-missing = Le programme n’a pas de taux de change pour cette devise à ce moment.
letter-currency-mismatch = Le remboursement est dans une autre devise que sa commande.
letter-order-unknown = La commande d’un remboursement ou d’une annulation n’est jamais arrivée.
