# Рамка кожної сторінки.
skip = До вмісту
nav = Сторінки
nav-overview = Огляд
nav-partners = Партнери
nav-partner = Ваш рахунок
nav-key-days = Ключові дні
nav-budgets = Бюджети
nav-cases = Справи
nav-system = Система
language = Мова
theme = Вигляд
theme-auto = Як на пристрої
theme-light = Світлий
theme-dark = Темний
sign-out = Вийти
as-table = Показати цифри
all = Усі
none = немає
since = з { $day }
share = Частка
sort = Порядок
program = Програма
record = Запис
figure = Показник
points = { $count ->
    [one] { $shown } бал
    [few] { $shown } бали
    [many] { $shown } балів
   *[other] { $shown } бала
}
seconds = { $count ->
    [one] { $count } секунда
    [few] { $count } секунди
    [many] { $count } секунд
   *[other] { $count } секунди
}
minutes = { $count ->
    [one] { $count } хвилина
    [few] { $count } хвилини
    [many] { $count } хвилин
   *[other] { $count } хвилини
}
hours = { $count ->
    [one] { $count } година
    [few] { $count } години
    [many] { $count } годин
   *[other] { $count } години
}
days = { $count ->
    [one] { $count } день
    [few] { $count } дні
    [many] { $count } днів
   *[other] { $count } дня
}
in-days = { $count ->
    [0] сьогодні
    [1] завтра
    [one] через { $count } день
    [few] через { $count } дні
    [many] через { $count } днів
   *[other] через { $count } дня
}
orders = { $count ->
    [one] { $shown } замовлення
    [few] { $shown } замовлення
    [many] { $shown } замовлень
   *[other] { $shown } замовлення
}
range = { $first } – { $last }
zone = Дні й час за { $zone }

# Що не так.
problem-unknown = Такої сторінки немає
problem-unknown-text = Адреса може бути хибною, або того, що вона називала, вже немає.
problem-behind = Таблиці наповнюються
problem-behind-text = Цифри з’являться, коли таблиці будуть повні. Спробуйте знову за кілька секунд.
problem-behind-left = { $count ->
    [one] Залишилося прочитати { $shown } запис.
    [few] Залишилося прочитати { $shown } записи.
    [many] Залишилося прочитати { $shown } записів.
   *[other] Залишилося прочитати { $shown } запису.
}
problem-busy = Інші чекають на пояснення
problem-busy-text = Вони готуються по одному. Спробуйте знову за кілька секунд.
problem-silent = Брокери не відповідають
problem-silent-text = Потрібне цій сторінці читається з них. Спробуйте знову за кілька секунд.
problem-host = Цей сервер не відповідає на це ім’я
problem-host-text = Поки немає токенів, він відповідає лише на 127.0.0.1 і localhost.
problem-failed = Сторінку не вдалося створити
problem-failed-text = Причина є в журналі сервера.
problem-often = Забагато запитів
problem-often-text = Цей токен запитує надто часто. Спробуйте знову за мить.
back-home = На першу сторінку
try-again = Спробувати ще раз
behind-notice = { $count ->
    [one] Ці показники відстають: бракує ще { $shown } запису.
    [few] Ці показники відстають: бракує ще { $shown } записів.
    [many] Ці показники відстають: бракує ще { $shown } записів.
   *[other] Ці показники відстають: бракує ще { $shown } запису.
}
stale-notice = Ці показники можуть бути застарілими: їхнє джерело давно не відповідає.

# Вхід.
sign-in = Увійти
sign-in-text = Введіть отриманий токен. Його буде забуто, коли ви вийдете або закриєте браузер, якщо не вибрати іншого.
token = Токен
token-wrong = Цей токен недійсний, або строк його дії минув.
token-over = Вас вийшло із системи: строк дії токена минув або його відкликано.
remember = Не виходити на цьому пристрої
remember-text = Не довше ніж { $days } днів. Не вмикайте на пристрої, яким користуються інші.

# Показники.
revenue = Виторг
order-count = Замовлення
clicks = Кліки
new-customers = Нові клієнти
average-order = Середнє замовлення
conversion = Конверсія
conversion-text = Замовлень на клік
epc = Дохід за клік
new-share = Частка нових клієнтів
new-share-text = Частка замовлень нових клієнтів
reversal-rate = Частка скасувань
reversal-text = Частка повністю скасованих замовлень
commission = Комісія
revenue-share = Частка виторгу
rank = Місце
partner = Партнер
group = Група
market = Ринок
tier = Рівень
metric-revenue = виторг
metric-orders = замовлення
metric-new-customers = нові клієнти
period-week = за тиждень
period-month = за місяць
period-quarter = за квартал
period-year = за рік
period-lifetime = увесь час
period-day = за день

# Огляд.
today = Сьогодні
overview-text = { $day }, до { $time }
mean-day = { $value } за середній день з останніх { $days }
partner-share = Партнерський канал
over-days = { $share } за { $days } днів
goals = Цілі
goals-empty = Цілей немає
goals-empty-text = Цілі з файлу програми з’являються тут разом із темпом.
goal-of = { $metric } { $period }
goal-actual = { $actual } з { $target }
goal-ahead = { $share } понад план
goal-behind = { $share } менше плану
goal-even = за планом
goal-expected = на цей час очікується { $expected }
goal-reached = досягнуто
goal-until = до { $day }
revenue-by-day = Виторг за днями
revenue-by-day-text = Виторг партнерського каналу та інших, { $first } – { $last }. Найбільше { $day }: { $value }.
day = День
channels = Канали
channels-text = Партнерський канал поруч з іншими
channel = Канал
channel-partner = Партнерський
channel-direct = Прямий
channel-others = Інші
channel-search = Пошук
channel-email = Пошта
top-partners = Найкращі партнери
all-partners = Усі партнери
attention = Потребує уваги
open-cases = { $count ->
    [one] { $shown } відкрита справа
    [few] { $shown } відкриті справи
    [many] { $shown } відкритих справ
   *[other] { $shown } відкритої справи
}
case-count = { $count ->
    [one] { $shown } справа
    [few] { $shown } справи
    [many] { $shown } справ
   *[other] { $shown } справи
}
attention-none = Нічого не відкрито
attention-none-text = Немає відкритих справ, і жоден бюджет не закінчується.
no-orders = Замовлень ще немає
no-orders-text = Щойно надійдуть замовлення, їхні цифри будуть тут.

# Партнери.
partners-text = { $count ->
    [one] { $shown } партнер із кліками чи замовленнями
    [few] { $shown } партнери з кліками чи замовленнями
    [many] { $shown } партнерів із кліками чи замовленнями
   *[other] { $shown } партнера з кліками чи замовленнями
}, { $first } – { $last }
find = Знайти рахунок
find-text = ID партнера або клієнта
find-button = Знайти
find-nothing = Немає рахунку з назвою { $name }
find-nothing-text = ID шукаються так, як написані. Спробуйте один зі списку партнерів.
filters = Фільтри
show = Показати
span = Період
span-7 = 7 днів
span-30 = 30 днів
span-90 = 90 днів
span-365 = 12 місяців
sorted-by = Упорядкувати: { $name }
ranking = Рейтинг
next-page = Далі
previous-page = Назад
part-of = { $first }–{ $last } з { $count }
partners-none = Немає партнерів
partners-none-text = Жоден партнер не має кліків чи замовлень за цей час, на цьому ринку й у цій групі.
top-chart = Партнери з найбільшим виторгом
top-chart-text = Виторг найбільших партнерів ({ $count }). Перший: { $name }, { $value }.

# Рахунок.
customer = Клієнт
balances = Залишки
balances-text = Станом на { $time }
pending = Очікує
available = Доступно
held = Утримано
earned = Зароблено
redeemed = Використано
expired = Згоріло
reversed = Знято
unit = Одиниця
unit-points = Бали
balances-none = Ще нічого не зароблено
balances-none-text = Залишки з’являються з першим записом.
statement = Виписка
statement-text = Останній запис угорі; час — це час самих подій
when = Коли
what = Що
order = Замовлення
amount = Сума
why = Чому
why-of = Чому { $kind }: { $amount }
older = Давніші записи
newest = Найновіші записи
statement-none = Записів немає
scorecard = Показники
scorecard-text = Поруч із медіаною групи { $group }
scorecard-none = Ще немає що порівнювати
scorecard-none-text = Для показників потрібні кліки чи замовлення за цей час.
this-partner = Цей партнер
group-median = Медіана групи
standing = Різниця
same = так само
is-better = краще за медіану
is-worse = гірше за медіану
points-apart = { $shown } в. п.
medians-apart = Медіани показано в групах від { $count } партнерів
tiers = Рівні
tiers-none = Рівня ще немає
tiers-none-text = Зміни рівня з’являються тут.
tier-change = з { $before } на { $after }
tier-last = Остання зміна
tier-next = Наступний рівень
tier-from = Від
tier-factor = Коефіцієнт
no-tier = немає
tier-since = { $metric } з { $day }
tier-missing = { $amount } до { $tier }
partner-cases-none = Справ немає
partner-cases-none-text = Не знайдено нічого, чого не дозволяють умови.
figures-by-day = Виторг партнера за днями
figures-by-day-text = Виторг за днями, { $first } – { $last }. Найбільше { $day }: { $value }.
markets = Ринки
all-markets = Усі ринки
status = Стан
status-active = активний
status-suspended = призупинено
kind-accrued = зароблено
kind-tier = надбавка рівня
kind-bonus = бонус
kind-referral = рекомендація
kind-released = звільнено
kind-reversed = знято
kind-held = утримано
kind-unheld = повернуто
kind-expired = згоріло
kind-redeemed = використано
kind-adjusted = виправлено

# Чому.
why-title = Чому цей запис
why-text = З книги, замовлення та правила, яким воно було тоді
why-order = Що дало це замовлення
not-granted = Що нічого не надало
why-none = Немає ні запису, ні замовлення з цим ID
to-account = Назад до { $account }

# Ключові дні.
key-days-text = Заплановані та минулі дні покупок на ринках програми
calendar = Календар
coming = Найближчі ключові дні
coming-text = З тим, що на них заплановано
plan = План
plan-none = нічого не заплановано
plan-multiply = { $rule }: у { $factor } раза більші винагороди для { $who }
plan-flat = { $rule }: { $amount } додатково для { $who }
plan-partners = партнерів
plan-customers = клієнтів
key-day = Ключовий день
date = Дата
coming-none = Ключових днів попереду немає
coming-none-text = Ключові дні з файлу програми з’являються тут.
past = Минулі ключові дні
running = Ключові дні, що тривають
running-text = Дотепер; приріст буде відомий, коли вони закінчаться
past-text = За приростом проти звичайних днів і за виторгом на день
past-none = Жоден ключовий день ще не минув
past-none-text = Його цифри з’являться о першій півночі після його кінця.
uplift-lacking = Риска: до того не було звичайних днів для порівняння.
uplift = Приріст
baseline = Звичайно
per-day = Виторг на день
rank-productivity = Місце за виторгом
rank-potential = Місце за приростом
uplift-chart = Приріст минулих ключових днів
uplift-chart-text = Виторг проти виторгу звичайних днів. Найбільше: { $name }, { $value }.
status-computed = певно
status-convention = за звичаєм
status-announced = оголошено
status-estimated = орієнтовно
status-unconfirmed = не підтверджено
rank-of = { $rank } з { $count }

# Бюджети.
budgets-text = Витрачено дотепер, поруч із часом, що минув
budget = Бюджет
spent = Витрачено
left = Залишок
given-back = Повернуто
alerts = Попередження
not-yet = ще ні
at-the-end = Наприкінці
budgets-over = Завершені періоди
budget-spent = { $spent } з { $amount }
budget-share = витрачено { $share }
budget-time = минуло { $share } часу
budget-out = вичерпано
budget-low = майже вичерпано
budget-fast = швидше за час
budget-fine = за планом
budget-lasts = За такого темпу вистачить до { $day }
budget-lasts-period = За такого темпу вистачить на період
budgets-none = Бюджетів немає
budgets-none-text = Бюджети з файлу програми з’являються тут із тим, що витрачено.
pace-chart = { $budget }: витрати день за днем
pace-chart-text = Витрачено з { $budget }, { $first } – { $last }: { $spent }. За рівномірного темпу було б { $even }.
spent-so-far = Витрачено досі
even-pace = Рівномірний темп
over-trim = надає те, що лишилося
over-reject = надає все або нічого

# Справи.
cases-text = Що знайдено такого, чого не дозволяють умови, і що зроблено
case = Справа
rule = Правило
severity = Тяжкість
action = Захід
evidence = Докази
evidence-count = { $count ->
    [one] { $count } доказ
    [few] { $count } докази
    [many] { $count } доказів
   *[other] { $count } доказу
}
opened = Відкрито
resolved = Вирішено
state-open = відкрита
state-resolved = вирішена
state-dismissed = відхилена
state-upheld = підтверджена
severity-low = низька
severity-medium = середня
severity-high = висока
of-severity = { $severity }: { $count }
action-flag = лише відзначено
action-hold = винагороди утримано
action-reject = нічого не заробляє
action-clawback = винагороди знято
action-suspend = партнера призупинено
rule-brand-bidding = Реклама за назвою бренду
rule-paid-traffic = Платний пошуковий трафік
rule-self-referral = Власні замовлення
rule-click-to-order-time = Замовлення надто скоро після кліку
rule-click-flooding = Незвична кількість кліків
rule-disallowed-referrer = Недозволений сайт
rule-market-not-agreed = Неузгоджений ринок
rule-reversal-rate = Незвична частка скасувань
rule-terms-outdated = Застарілі умови
cases-none = Справ немає
cases-none-text = Не знайдено нічого, що відповідає цьому вибору.
case-facts = Факти
case-window = Розглянутий час
terms-version = Умови
cases-by-rule = За правилом
newest-evidence = Найновіший доказ
decided-by = Хто вирішив
decided-amount = Переміщено рішенням
all-rules = Усі правила

# Система.
system-text = Як справи в самого Keyday
ready = Усе оброблено
not-ready = Відстає
blocker-starting = Про топіки ще нічого не відомо
blocker-source-unreachable = Від { $topic } давно нічого не чути
blocker-catching-up = Записи ще читаються
lag = Відставання
lag-text = Записів ще немає в таблицях
rate = Темп
rate-text = Подій за хвилину
rate-none = Вимірюється відтепер
entries = Записи книги
entries-text = У таблицях
dead-letters = Недоставлені
dead-letters-text = Події, які не вдалося вирішити; нічого не втрачено
dead-letters-none = Недоставлених немає
dead-letters-none-text = Кожну подію вдалося вирішити.
code = Код
count = Кількість
newest-letters = Найновіші недоставлені
letters-again = Повний перелік і повторне надсилання після усунення причини:
detail = Подробиці
agent = Агент
agents = Агенти
agents-none = Агенти працюють в інших процесах
agents-none-text = Їхні цифри є в метриках воркерів.
agents-idle = Ще нічого не оброблено
agents-idle-text = Щойно надійдуть події, тут з’явиться, що роблять агенти.
processed = Оброблено
waiting = Чекають
topic = Топік
topics-text = Записи, які чекають на обробники, за останніми даними від них
repeats = Повтори
rate-chart = Подій за хвилину
rate-chart-text = Подій за хвилину за { $time }. Зараз: { $value }.
time = Час
programs = Програми
version = Версія
in-force = Діє з
home-zone = Часовий пояс
currency = Валюта

# Evidence and its facts.
evidence-ad = Оголошення в { $engine } ({ $market }) за ключовим словом «{ $keyword }», яке містить назву бренду «{ $brand_term }»
evidence-ad-close = Оголошення в { $engine } ({ $market }) за ключовим словом «{ $keyword }», яке містить «{ $matched }», близьке до назви бренду «{ $brand_term }»
evidence-paid = Клік був платним: його адреса містить { $parameter }, а платний пошук не дозволено
evidence-own-order = Замовлення { $order_id } зробив { $own_customer_id }, власний клієнт партнера
evidence-own-device = Замовлення { $order_id } надійшло з пристрою { $own_customer_id }, власного клієнта партнера
evidence-own-address = Замовлення { $order_id } надійшло з мережевої адреси { $own_customer_id }, власного клієнта партнера
evidence-soon = Замовлення { $order_id } надійшло через { $click_to_order_ms } після кліку { $click_id }; потрібно щонайменше { $min_seconds }
evidence-many-clicks = Кліків одного клієнта за годину: { $clicks }; дозволено: { $limit }
evidence-few-orders = Замовлень на { $clicks } кліків за день: { $orders }; очікується конверсія щонайменше { $limit }
evidence-website = Клік надійшов із { $host }, що не дозволено
evidence-market-click = Клік із ринку { $market }; узгоджені ринки: { $markets_agreed }
evidence-market-order = Замовлення { $order_id } з ринку { $market }; узгоджені ринки: { $markets_agreed }
evidence-reversed = Замовлення { $order_id } скасовано повністю, як і { $reversed } з { $orders } замовлень за 30 днів; дозволена частка: { $limit }
evidence-terms = Партнер погодився з умовами { $terms_agreed }; новіші діють з { $terms_due }
evidence-no-terms = Партнер не погодився з жодними умовами; вони діють з { $terms_due }
shared-customer-id = клієнт
shared-device-id = пристрій
shared-ip-hash = мережева адреса
fact-source = Джерело
fact-id = Подія
fact-market = Ринок
fact-click-id = Клік
fact-order-id = Замовлення
fact-refund-id = Повернення
fact-customer-id = Клієнт
fact-url = Відвідана сторінка
fact-parameter = Ознака платного кліку
fact-referrer = Звідки
fact-host = Сайт
fact-engine = Пошукова система
fact-keyword = Ключове слово
fact-brand-term = Назва бренду
fact-matched = Знайдено в ключовому слові
fact-display-url = Показана адреса
fact-destination = Куди веде
fact-ad-copy = Текст оголошення
fact-rank = Місце
fact-evidence-url = Зображення
fact-shared = Спільне
fact-own-customer-id = Власний клієнт
fact-click-to-order-ms = Від кліку до замовлення
fact-min-seconds = Найменший час
fact-markets-agreed = Узгоджені ринки
fact-clicks = Кліки
fact-orders = Замовлення
fact-reversed = Скасовані замовлення
fact-limit = Межа
fact-terms-agreed = Прийняті умови
fact-terms-due = Умови діють з

# Groups of partners, and channels, by their usual names.
group-influencer = Інфлюенсери
group-content = Контент
group-coupon = Купони
group-brand-partnership = Партнерство брендів
group-referral = Рекомендація
group-test = Тест
channel-social = Соціальні мережі
channel-display = Банерна реклама

# Agents, and what codes of dead letters mean.
agent-customers = клієнти
agent-partners = партнери
agent-budgets = бюджети
letter-json-invalid = Запис не є читабельним об’єктом JSON в UTF-8.
letter-specversion-unknown = Запис має іншу версію CloudEvents, ніж 1.0.
letter-type-unknown = Тип події невідомий або належить до іншої теми.
letter-field-missing = Бракує обов’язкового поля.
letter-field-invalid = Поле містить неможливе значення.
letter-program-unknown = Такої програми немає, або на той час жодна не діяла.
letter-currency-unknown = Такої валюти немає.
letter-amount-precision = Сума має більше знаків після коми, ніж її валюта.
letter-amount-negative = Сума менша за нуль.
letter-amount-out-of-range = Сума завелика.
letter-unit-unknown = У програмі немає такої одиниці.
letter-too-late = Подія надійшла надто пізно після того, як сталася.
letter-in-future = Подія датована більш ніж на день наперед.
letter-id-conflict = Подія з тим самим ідентифікатором уже надходила з іншим вмістом.
letter-market-unknown = У програмі немає такого ринку.
letter-fx-rate-missing = У програмі немає курсу цієї валюти на той час.
letter-currency-mismatch = Повернення в іншій валюті, ніж його замовлення.
letter-order-unknown = Замовлення, якого стосується повернення чи скасування, так і не надійшло.
