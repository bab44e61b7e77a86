# إطار كل صفحة.
skip = إلى المحتوى
nav = الصفحات
nav-overview = نظرة عامة
nav-partners = الشركاء
nav-partner = حسابكم
nav-key-days = الأيام المهمة
nav-budgets = الميزانيات
nav-cases = القضايا
nav-system = النظام
language = اللغة
theme = المظهر
theme-auto = كالجهاز
theme-light = فاتح
theme-dark = داكن
sign-out = تسجيل الخروج
as-table = عرض الأرقام
all = الكل
none = لا شيء
since = منذ { $day }
share = الحصة
sort = الترتيب
program = البرنامج
record = السجل
figure = المؤشر
points = { $count ->
    [zero] { $shown } نقطة
    [one] نقطة واحدة
    [two] نقطتان
    [few] { $shown } نقاط
    [many] { $shown } نقطة
   *[other] { $shown } نقطة
}
seconds = { $count ->
    [zero] { $count } ثانية
    [one] ثانية واحدة
    [two] ثانيتان
    [few] { $count } ثوان
    [many] { $count } ثانية
   *[other] { $count } ثانية
}
minutes = { $count ->
    [zero] { $count } دقيقة
    [one] دقيقة واحدة
    [two] دقيقتان
    [few] { $count } دقائق
    [many] { $count } دقيقة
   *[other] { $count } دقيقة
}
hours = { $count ->
    [zero] { $count } ساعة
    [one] ساعة واحدة
    [two] ساعتان
    [few] { $count } ساعات
    [many] { $count } ساعة
   *[other] { $count } ساعة
}
days = { $count ->
    [zero] { $count } يوم
    [one] يوم واحد
    [two] يومان
    [few] { $count } أيام
    [many] { $count } يوما
   *[other] { $count } يوم
}
in-days = { $count ->
    [0] اليوم
    [1] غدا
    [two] بعد يومين
    [few] بعد { $count } أيام
    [many] بعد { $count } يوما
   *[other] بعد { $count } يوم
}
orders = { $count ->
    [zero] لا طلبات
    [one] طلب واحد
    [two] طلبان
    [few] { $shown } طلبات
    [many] { $shown } طلبا
   *[other] { $shown } طلب
}
range = من { $first } إلى { $last }
zone = الأيام والأوقات بحسب { $zone }

# ما لا يسير كما ينبغي.
problem-unknown = لا توجد صفحة كهذه
problem-unknown-text = قد يكون العنوان خاطئا، أو أن ما يشير إليه لم يعد موجودا.
problem-behind = يجري ملء الجداول
problem-behind-text = تظهر الأرقام عند اكتمالها. حاولوا مرة أخرى بعد بضع ثوان.
problem-behind-left = { $count ->
    [zero] لم يبق أي سجل للقراءة.
    [one] بقي سجل واحد للقراءة.
    [two] بقي سجلان للقراءة.
    [few] بقيت { $shown } سجلات للقراءة.
    [many] بقي { $shown } سجلا للقراءة.
   *[other] بقي { $shown } سجل للقراءة.
}
problem-busy = ينتظر آخرون تفسيرات
problem-busy-text = تعد التفسيرات واحدا تلو الآخر. حاولوا مرة أخرى بعد بضع ثوان.
problem-silent = لا تستجيب خوادم الرسائل
problem-silent-text = ما تحتاجه هذه الصفحة يقرأ منها. حاولوا مرة أخرى بعد بضع ثوان.
problem-host = لا يستجيب هذا الخادم لهذا الاسم
problem-host-text = ما دامت لا توجد رموز فإنه يستجيب لـ 127.0.0.1 و localhost فقط.
problem-failed = تعذر إنشاء الصفحة
problem-failed-text = السبب مذكور في سجل الخادم.
problem-often = طلبات كثيرة جدا
problem-often-text = يسأل هذا الرمز أكثر مما ينبغي. حاولوا مرة أخرى بعد لحظة.
back-home = إلى الصفحة الأولى
try-again = حاولوا مرة أخرى
behind-notice = { $count ->
    [zero] هذه الأرقام متأخرة.
    [one] هذه الأرقام متأخرة: ينقصها سجل واحد.
    [two] هذه الأرقام متأخرة: ينقصها سجلان.
    [few] هذه الأرقام متأخرة: تنقصها { $shown } سجلات.
    [many] هذه الأرقام متأخرة: ينقصها { $shown } سجلا.
   *[other] هذه الأرقام متأخرة: ينقصها { $shown } سجل.
}
stale-notice = قد تكون هذه الأرقام قديمة: لم يرد شيء من مصدرها منذ مدة.

# تسجيل الدخول.
sign-in = تسجيل الدخول
sign-in-text = أدخلوا الرمز الذي استلمتموه. ينسى عند تسجيل الخروج أو إغلاق المتصفح، ما لم تختاروا البقاء.
token = الرمز
token-wrong = هذا الرمز غير صالح أو انتهت مدته.
token-over = تم تسجيل خروجكم: انتهت مدة رمزكم أو ألغي.
remember = البقاء مسجلا على هذا الجهاز
remember-text = لمدة { $days } يوما على الأكثر. لا تستخدموه على جهاز مشترك.

# المؤشرات.
revenue = الإيرادات
order-count = الطلبات
clicks = النقرات
new-customers = عملاء جدد
average-order = متوسط الطلب
conversion = التحويل
conversion-text = الطلبات لكل نقرة
epc = الربح لكل نقرة
new-share = حصة العملاء الجدد
new-share-text = حصة طلبات العملاء الجدد
reversal-rate = نسبة الإلغاء
reversal-text = حصة الطلبات الملغاة كليا
commission = العمولة
revenue-share = حصة الإيرادات
rank = المرتبة
partner = الشريك
group = المجموعة
market = السوق
tier = المستوى
metric-revenue = الإيرادات
metric-orders = الطلبات
metric-new-customers = العملاء الجدد
period-week = في الأسبوع
period-month = في الشهر
period-quarter = في الربع
period-year = في السنة
period-lifetime = المدة كلها
period-day = في اليوم

# نظرة عامة.
today = اليوم
overview-text = { $day }، حتى { $time }
mean-day = { $value } في يوم متوسط من آخر { $days }
partner-share = قناة الشركاء
over-days = { $share } خلال { $days } يوما
goals = الأهداف
goals-empty = لا أهداف
goals-empty-text = تظهر هنا أهداف ملف البرنامج مع وتيرتها.
goal-of = { $metric } { $period }
goal-actual = { $actual } من { $target }
goal-ahead = متقدم بنسبة { $share }
goal-behind = متأخر بنسبة { $share }
goal-even = وفق الوتيرة
goal-expected = المتوقع حتى الآن { $expected }
goal-reached = تحقق
goal-until = حتى { $day }
revenue-by-day = الإيرادات بحسب اليوم
revenue-by-day-text = إيرادات قناة الشركاء والقنوات الأخرى، من { $first } إلى { $last }. الأعلى في { $day }: { $value }.
day = اليوم
channels = القنوات
channels-text = قناة الشركاء إلى جانب غيرها
channel = القناة
channel-partner = الشركاء
channel-direct = مباشر
channel-others = أخرى
channel-search = البحث
channel-email = البريد الإلكتروني
top-partners = أفضل الشركاء
all-partners = كل الشركاء
attention = يحتاج إلى انتباه
open-cases = { $count ->
    [zero] لا قضايا مفتوحة
    [one] قضية مفتوحة واحدة
    [two] قضيتان مفتوحتان
    [few] { $shown } قضايا مفتوحة
    [many] { $shown } قضية مفتوحة
   *[other] { $shown } قضية مفتوحة
}
case-count = { $count ->
    [zero] لا قضايا
    [one] قضية واحدة
    [two] قضيتان
    [few] { $shown } قضايا
    [many] { $shown } قضية
   *[other] { $shown } قضية
}
attention-none = لا شيء مفتوح
attention-none-text = لا قضايا مفتوحة، ولا ميزانية على وشك النفاد.
no-orders = لا طلبات بعد
no-orders-text = ما إن تصل الطلبات حتى تظهر أرقامها هنا.

# الشركاء.
partners-text = { $count ->
    [zero] لا شركاء لهم نقرات أو طلبات
    [one] شريك واحد له نقرات أو طلبات
    [two] شريكان لهما نقرات أو طلبات
    [few] { $shown } شركاء لهم نقرات أو طلبات
    [many] { $shown } شريكا لهم نقرات أو طلبات
   *[other] { $shown } شريك لهم نقرات أو طلبات
} من { $first } إلى { $last }
find = البحث عن حساب
find-text = معرف الشريك أو العميل
find-button = بحث
find-nothing = لا يوجد حساب باسم { $name }
find-nothing-text = يبحث عن المعرفات كما هي مكتوبة. جربوا واحدا من قائمة الشركاء.
filters = عوامل التصفية
show = عرض
span = المدة
span-7 = 7 أيام
span-30 = 30 يوما
span-90 = 90 يوما
span-365 = 12 شهرا
sorted-by = الترتيب بحسب { $name }
ranking = الترتيب
next-page = التالي
previous-page = السابق
part-of = من { $first } إلى { $last } من أصل { $count }
partners-none = لا شركاء للعرض
partners-none-text = ليس لأي شريك نقرات أو طلبات في هذه المدة والسوق والمجموعة.
top-chart = الشركاء الأعلى إيرادات
top-chart-text = إيرادات أكبر الشركاء وعددهم { $count }. الأول: { $name }، { $value }.

# حساب.
customer = العميل
balances = الأرصدة
balances-text = حتى { $time }
pending = معلق
available = متاح
held = محجوز
earned = مكتسب
redeemed = مستبدل
expired = منتهي الصلاحية
reversed = مسترد
unit = الوحدة
unit-points = النقاط
balances-none = لم يكتسب شيء بعد
balances-none-text = تظهر الأرصدة مع أول قيد في الدفتر.
statement = كشف الحساب
statement-text = آخر قيد أولا؛ والأوقات هي أوقات الأحداث
when = متى
what = ماذا
order = الطلب
amount = المبلغ
why = لماذا
why-of = لماذا { $kind } بمبلغ { $amount }
older = قيود أقدم
newest = أحدث القيود
statement-none = لا قيود
scorecard = بطاقة الأداء
scorecard-text = مقارنة بوسيط المجموعة { $group }
scorecard-none = لا شيء للمقارنة بعد
scorecard-none-text = تحتاج بطاقة الأداء إلى نقرات أو طلبات في هذه المدة.
this-partner = هذا الشريك
group-median = وسيط المجموعة
standing = الفرق
same = مساو
is-better = أفضل من الوسيط
is-worse = أسوأ من الوسيط
points-apart = { $shown } نقطة مئوية
medians-apart = يعرض الوسيط في المجموعات من { $count } شركاء فأكثر
tiers = المستويات
tiers-none = لا مستوى بعد
tiers-none-text = تظهر هنا تغييرات المستوى.
tier-change = من { $before } إلى { $after }
tier-last = آخر تغيير
tier-next = المستوى التالي
tier-from = ابتداء من
tier-factor = المعامل
no-tier = لا شيء
tier-since = { $metric } منذ { $day }
tier-missing = { $amount } حتى { $tier }
partner-cases-none = لا قضايا
partner-cases-none-text = لم يعثر على شيء لا تسمح به الشروط.
figures-by-day = إيرادات الشريك بحسب اليوم
figures-by-day-text = الإيرادات بحسب اليوم، من { $first } إلى { $last }. الأعلى في { $day }: { $value }.
markets = الأسواق
all-markets = كل الأسواق
status = الحالة
status-active = نشط
status-suspended = موقوف
kind-accrued = مكتسب
kind-tier = زيادة المستوى
kind-bonus = مكافأة إضافية
kind-referral = إحالة
kind-released = متاح الآن
kind-reversed = مسترد
kind-held = محجوز
kind-unheld = محرر
kind-expired = منتهي الصلاحية
kind-redeemed = مستبدل
kind-adjusted = مصحح

# لماذا.
why-title = لماذا هذا القيد
why-text = من الدفتر والطلب والقاعدة كما كانت حينها
why-order = ما نتج عن هذا الطلب
not-granted = ما لم يمنح شيئا
why-none = لا يوجد قيد ولا طلب بهذا المعرف
to-account = العودة إلى { $account }

# الأيام المهمة.
key-days-text = أيام التسوق القادمة والماضية في أسواق البرنامج
calendar = التقويم
coming = الأيام المهمة القادمة
coming-text = مع ما هو مخطط لها
plan = الخطة
plan-none = لا شيء مخطط
plan-multiply = { $rule }: المكافآت × { $factor } من أجل { $who }
plan-flat = { $rule }: { $amount } إضافية من أجل { $who }
plan-partners = الشركاء
plan-customers = العملاء
key-day = اليوم المهم
date = التاريخ
coming-none = لا أيام مهمة قادمة
coming-none-text = تظهر هنا الأيام المهمة في ملف البرنامج.
past = الأيام المهمة الماضية
running = أيام مهمة جارية
running-text = حتى الآن؛ تعرف الزيادة بعد انتهائها
past-text = بحسب الزيادة على الأيام المعتادة وبحسب الإيرادات في اليوم
past-none = لم يمض أي يوم مهم بعد
past-none-text = تظهر أرقامه عند أول منتصف ليل بعد نهايته.
uplift-lacking = الشرطة تعني أنه لم تكن هناك أيام عادية سابقة للمقارنة.
uplift = الزيادة
baseline = المعتاد
per-day = الإيرادات في اليوم
rank-productivity = المرتبة بحسب الإيرادات
rank-potential = المرتبة بحسب الزيادة
uplift-chart = زيادة الأيام المهمة الماضية
uplift-chart-text = الإيرادات مقارنة بإيرادات الأيام المعتادة. الأعلى: { $name }، { $value }.
status-computed = مؤكد
status-convention = متعارف عليه
status-announced = معلن
status-estimated = تقديري
status-unconfirmed = غير مؤكد
rank-of = { $rank } من { $count }

# الميزانيات.
budgets-text = ما أنفق حتى الآن مقارنة بالوقت المنقضي
budget = الميزانية
spent = المنفق
left = المتبقي
given-back = المعاد
alerts = التنبيهات
not-yet = ليس بعد
at-the-end = عند النفاد
budgets-over = المدد المنتهية
budget-spent = { $spent } من { $amount }
budget-share = أنفق { $share }
budget-time = انقضى { $share } من الوقت
budget-out = نفدت
budget-low = على وشك النفاد
budget-fast = أسرع من الوقت
budget-fine = ضمن الوتيرة
budget-lasts = بهذه الوتيرة تكفي حتى { $day }
budget-lasts-period = بهذه الوتيرة تكفي للمدة
budgets-none = لا ميزانيات
budgets-none-text = تظهر هنا ميزانيات ملف البرنامج مع ما أنفق منها.
pace-chart = { $budget }: الإنفاق يوما بيوم
pace-chart-text = ما أنفق من { $budget } من { $first } إلى { $last }: { $spent }. وبوتيرة منتظمة كان سيبلغ { $even }.
spent-so-far = المنفق حتى الآن
even-pace = وتيرة منتظمة
over-trim = تمنح ما تبقى
over-reject = تمنح الكل أو لا شيء

# القضايا.
cases-text = ما عثر عليه مما لا تسمح به الشروط، وما اتخذ حياله
case = القضية
rule = القاعدة
severity = الخطورة
action = الإجراء
evidence = الأدلة
evidence-count = { $count ->
    [zero] لا أدلة
    [one] دليل واحد
    [two] دليلان
    [few] { $count } أدلة
    [many] { $count } دليلا
   *[other] { $count } دليل
}
opened = فتحت
resolved = بت فيها
state-open = مفتوحة
state-resolved = بت فيها
state-dismissed = مردودة
state-upheld = مؤكدة
severity-low = منخفضة
severity-medium = متوسطة
severity-high = عالية
of-severity = { $severity }: { $count }
action-flag = تسجيل فقط
action-hold = حجز المكافآت
action-reject = لا يكسب شيئا
action-clawback = استرداد المكافآت
action-suspend = إيقاف الشريك
rule-brand-bidding = إعلانات على العلامة التجارية
rule-paid-traffic = زيارات من البحث المدفوع
rule-self-referral = طلبات خاصة بالشريك
rule-click-to-order-time = طلبات بعد النقرة بوقت قصير جدا
rule-click-flooding = عدد غير معتاد من النقرات
rule-disallowed-referrer = موقع غير مسموح به
rule-market-not-agreed = سوق غير متفق عليه
rule-reversal-rate = نسبة إلغاء غير معتادة
rule-terms-outdated = شروط قديمة
cases-none = لا قضايا
cases-none-text = لم يعثر على شيء يوافق هذا الاختيار.
case-facts = الوقائع
case-window = المدة المنظور فيها
terms-version = الشروط
cases-by-rule = بحسب القاعدة
newest-evidence = أحدث دليل
decided-by = من بت فيها
decided-amount = ما نقله القرار
all-rules = كل القواعد

# النظام.
system-text = حال Keyday نفسه
ready = محدث
not-ready = متأخر
blocker-starting = لا يعرف شيء بعد عن المواضيع
blocker-source-unreachable = لم يرد شيء من { $topic } منذ مدة
blocker-catching-up = لا تزال هناك سجلات قيد القراءة
lag = التأخر
lag-text = سجلات ليست في الجداول بعد
rate = المعدل
rate-text = أحداث في الدقيقة
rate-none = يقاس من الآن
entries = قيود الدفتر
entries-text = في الجداول
dead-letters = الرسائل المتعذرة
dead-letters-text = أحداث تعذر البت فيها؛ لم يضع شيء
dead-letters-none = لا رسائل متعذرة
dead-letters-none-text = أمكن البت في كل حدث.
code = الرمز
count = العدد
newest-letters = أحدث الرسائل المتعذرة
letters-again = لعرضها كاملة، ولإعادة إرسالها بعد زوال السبب:
detail = التفصيل
agent = الوكيل
agents = الوكلاء
agents-none = يعمل الوكلاء في عمليات أخرى
agents-none-text = أرقامهم في مقاييس العمال.
agents-idle = لم يعالج شيء بعد
agents-idle-text = ما إن ترد أحداث حتى يظهر هنا ما يفعله الوكلاء.
processed = عولج
waiting = ينتظر
topic = الموضوع
topics-text = سجلات تنتظر العمال، بحسب آخر ما أبلغوا به
repeats = تكرارات
rate-chart = الأحداث في الدقيقة
rate-chart-text = الأحداث في الدقيقة خلال { $time }. الآن: { $value }.
time = الوقت
programs = البرامج
version = الإصدار
in-force = سار منذ
home-zone = المنطقة الزمنية
currency = العملة

# Evidence and its facts.
evidence-ad = إعلان على { $engine } في { $market } بجانب الكلمة المفتاحية «{ $keyword }» التي تتضمن اسم العلامة «{ $brand_term }»
evidence-ad-close = إعلان على { $engine } في { $market } بجانب الكلمة المفتاحية «{ $keyword }» التي تتضمن «{ $matched }» القريبة من اسم العلامة «{ $brand_term }»
evidence-paid = نقرة مدفوعة: عنوانها يحمل { $parameter } والبحث المدفوع غير مسموح
evidence-own-order = الطلب { $order_id } من { $own_customer_id }، وهو من عملاء الشريك نفسه
evidence-own-device = الطلب { $order_id } جاء من جهاز { $own_customer_id }، وهو من عملاء الشريك نفسه
evidence-own-address = الطلب { $order_id } جاء من عنوان شبكة { $own_customer_id }، وهو من عملاء الشريك نفسه
evidence-soon = الطلب { $order_id } جاء بعد { $click_to_order_ms } من النقرة { $click_id }؛ المطلوب { $min_seconds } على الأقل
evidence-many-clicks = نقرات عميل واحد في ساعة: { $clicks }؛ المسموح: { $limit }
evidence-few-orders = الطلبات مقابل نقرات اليوم ({ $clicks }): { $orders }؛ المتوقع تحويل لا يقل عن { $limit }
evidence-website = نقرة جاءت من { $host }، وهو غير مسموح
evidence-market-click = نقرة من { $market }؛ الأسواق المتفق عليها: { $markets_agreed }
evidence-market-order = الطلب { $order_id } من { $market }؛ الأسواق المتفق عليها: { $markets_agreed }
evidence-reversed = الطلب { $order_id } ألغي كليا، مثل { $reversed } من { $orders } من طلبات 30 يوما؛ النسبة المسموحة { $limit }
evidence-terms = وافق الشريك على الشروط { $terms_agreed }؛ وشروط أحدث مستحقة منذ { $terms_due }
evidence-no-terms = لم يوافق الشريك على أي شروط؛ وهي مستحقة منذ { $terms_due }
shared-customer-id = العميل
shared-device-id = الجهاز
shared-ip-hash = عنوان الشبكة
fact-source = المصدر
fact-id = الحدث
fact-market = السوق
fact-click-id = النقرة
fact-order-id = الطلب
fact-refund-id = رد المبلغ
fact-customer-id = العميل
fact-url = الصفحة المزارة
fact-parameter = علامة النقرة المدفوعة
fact-referrer = جاء من
fact-host = الموقع
fact-engine = محرك البحث
fact-keyword = الكلمة المفتاحية
fact-brand-term = اسم العلامة
fact-matched = ما وجد في الكلمة
fact-display-url = العنوان المعروض
fact-destination = الوجهة
fact-ad-copy = نص الإعلان
fact-rank = الترتيب
fact-evidence-url = الصورة
fact-shared = المشترك
fact-own-customer-id = عميل الشريك نفسه
fact-click-to-order-ms = من النقرة إلى الطلب
fact-min-seconds = أقل مدة
fact-markets-agreed = الأسواق المتفق عليها
fact-clicks = النقرات
fact-orders = الطلبات
fact-reversed = الطلبات الملغاة
fact-limit = الحد
fact-terms-agreed = الشروط الموافق عليها
fact-terms-due = الشروط مستحقة منذ

# Groups of partners, and channels, by their usual names.
group-influencer = المؤثرون
group-content = المحتوى
group-coupon = القسائم
group-brand-partnership = شراكة علامات
group-referral = الإحالة
group-test = تجربة
channel-social = وسائل التواصل
channel-display = إعلانات مصورة

# Agents, and what codes of dead letters mean.
agent-customers = العملاء
agent-partners = الشركاء
agent-budgets = الميزانيات
letter-json-invalid = السجل ليس كائن JSON مقروءا بترميز UTF-8.
letter-specversion-unknown = السجل بإصدار من CloudEvents غير 1.0.
letter-type-unknown = نوع الحدث غير معروف أو ينتمي إلى موضوع آخر.
letter-field-missing = ينقص حقل مطلوب.
letter-field-invalid = أحد الحقول يحتوي على قيمة غير ممكنة.
letter-program-unknown = لا يوجد برنامج بهذا الاسم، أو لم يكن ساريا في ذلك الوقت.
letter-currency-unknown = لا توجد عملة كهذه.
letter-amount-precision = في أحد المبالغ منازل عشرية أكثر مما في عملته.
letter-amount-negative = أحد المبالغ أقل من الصفر.
letter-amount-out-of-range = أحد المبالغ كبير جدا.
letter-unit-unknown = لا توجد هذه الوحدة في البرنامج.
letter-too-late = وصل الحدث بعد وقوعه بمدة أطول من المسموح.
letter-in-future = تاريخ الحدث يقع بعد أكثر من يوم في المستقبل.
letter-id-conflict = وصل من قبل حدث بالمعرّف نفسه وبمحتوى مختلف.
letter-market-unknown = لا يوجد هذا السوق في البرنامج.
letter-fx-rate-missing = لا يوجد في البرنامج سعر صرف لهذه العملة في ذلك الوقت.
letter-currency-mismatch = المبلغ المسترد بعملة غير عملة الطلب.
letter-order-unknown = لم يصل قط الطلب الذي يخصه الاسترداد أو الإلغاء.
