# El marco de cada página.
skip = Ir al contenido
nav = Páginas
nav-overview = Resumen
nav-partners = Socios
nav-partner = Su cuenta
nav-key-days = Días clave
nav-budgets = Presupuestos
nav-cases = Casos
nav-system = Sistema
language = Idioma
theme = Aspecto
theme-auto = Como el dispositivo
theme-light = Claro
theme-dark = Oscuro
sign-out = Cerrar sesión
as-table = Mostrar las cifras
all = Todos
none = ninguno
since = desde el { $day }
share = Parte
sort = Orden
program = Programa
record = Registro
figure = Indicador
points = { $count ->
    [one] { $shown } punto
   *[other] { $shown } puntos
}
seconds = { $count ->
    [one] { $count } segundo
   *[other] { $count } segundos
}
minutes = { $count ->
    [one] { $count } minuto
   *[other] { $count } minutos
}
hours = { $count ->
    [one] { $count } hora
   *[other] { $count } horas
}
days = { $count ->
    [one] { $count } día
   *[other] { $count } días
}
in-days = { $count ->
    [0] hoy
    [1] mañana
   *[other] en { $count } días
}
orders = { $count ->
    [one] { $shown } pedido
   *[other] { $shown } pedidos
}
range = del { $first } al { $last }
zone = Días y horas de { $zone }

# Lo que va mal.
problem-unknown = Esta página no existe
problem-unknown-text = La dirección puede estar mal, o lo que nombraba ya no está.
problem-behind = Las tablas se están llenando
problem-behind-text = Las cifras se muestran cuando están completas. Inténtelo de nuevo en unos segundos.
problem-behind-left = { $count ->
    [one] Queda { $shown } registro por leer.
   *[other] Quedan { $shown } registros por leer.
}
problem-busy = Otros esperan explicaciones
problem-busy-text = Se elaboran de una en una. Inténtelo de nuevo en unos segundos.
problem-silent = Los brókeres no responden
problem-silent-text = De ellos se lee lo que necesita esta página. Inténtelo de nuevo en unos segundos.
problem-host = Este servidor no responde a este nombre
problem-host-text = Mientras no haya tokens, solo responde a 127.0.0.1 y localhost.
problem-failed = No se pudo hacer la página
problem-failed-text = El registro del servidor dice por qué.
problem-often = Demasiadas solicitudes
problem-often-text = Este token pregunta con demasiada frecuencia. Inténtelo de nuevo en un momento.
back-home = A la página de inicio
try-again = Intentar de nuevo
behind-notice = { $count ->
    [one] Estas cifras van con retraso: falta { $shown } registro.
   *[other] Estas cifras van con retraso: faltan { $shown } registros.
}
stale-notice = Estas cifras pueden ser antiguas: su origen no responde desde hace un rato.

# Iniciar sesión.
sign-in = Iniciar sesión
sign-in-text = Escriba el token que recibió. Se olvida al salir o al cerrar el navegador, salvo que mantenga la sesión.
token = Token
token-wrong = Este token no es válido o ha caducado.
token-over = Se cerró su sesión: su token ha caducado o fue revocado.
remember = Mantener la sesión en este dispositivo
remember-text = { $days } días como máximo. No lo use en un dispositivo compartido.

# Indicadores.
revenue = Ingresos
order-count = Pedidos
clicks = Clics
new-customers = Clientes nuevos
average-order = Pedido medio
conversion = Conversión
conversion-text = Pedidos por clic
epc = Ganancia por clic
new-share = Cuota de clientes nuevos
new-share-text = Parte de los pedidos de clientes nuevos
reversal-rate = Tasa de anulación
reversal-text = Parte de los pedidos anulados por completo
commission = Comisión
revenue-share = Parte de los ingresos
rank = Puesto
partner = Socio
group = Grupo
market = Mercado
tier = Nivel
metric-revenue = ingresos
metric-orders = pedidos
metric-new-customers = clientes nuevos
period-week = de la semana
period-month = del mes
period-quarter = del trimestre
period-year = del año
period-lifetime = todo el tiempo
period-day = del día

# El resumen.
today = Hoy
overview-text = { $day }, hasta las { $time }
mean-day = { $value } en un día medio de los últimos { $days }
partner-share = Canal de socios
over-days = { $share } en { $days } días
goals = Objetivos
goals-empty = Sin objetivos
goals-empty-text = Los objetivos del archivo del programa aparecen aquí con su ritmo.
goal-of = { $metric } { $period }
goal-actual = { $actual } de { $target }
goal-ahead = { $share } por delante
goal-behind = { $share } por detrás
goal-even = al ritmo previsto
goal-expected = { $expected } esperados hasta ahora
goal-reached = alcanzado
goal-until = hasta el { $day }
revenue-by-day = Ingresos por día
revenue-by-day-text = Ingresos del canal de socios y de los demás, del { $first } al { $last }. Máximo el { $day }: { $value }.
day = Día
channels = Canales
channels-text = El canal de socios frente a los demás
channel = Canal
channel-partner = Socios
channel-direct = Directo
channel-others = Otros
channel-search = Búsqueda
channel-email = Correo
top-partners = Mejores socios
all-partners = Todos los socios
attention = Por revisar
open-cases = { $count ->
    [one] { $shown } caso abierto
   *[other] { $shown } casos abiertos
}
case-count = { $count ->
    [one] { $shown } caso
   *[other] { $shown } casos
}
attention-none = Nada por revisar
attention-none-text = No hay casos abiertos ni presupuestos casi gastados.
no-orders = Aún no hay pedidos
no-orders-text = En cuanto lleguen pedidos, sus cifras estarán aquí.

# Socios.
partners-text = { $count ->
    [one] { $shown } socio con clics o pedidos
   *[other] { $shown } socios con clics o pedidos
} del { $first } al { $last }
find = Buscar una cuenta
find-text = ID de socio o de cliente
find-button = Buscar
find-nothing = No hay ninguna cuenta llamada { $name }
find-nothing-text = Los ID se buscan tal como están escritos. Pruebe uno de la lista de socios.
filters = Filtros
show = Mostrar
span = Período
span-7 = 7 días
span-30 = 30 días
span-90 = 90 días
span-365 = 12 meses
sorted-by = Ordenar por { $name }
ranking = Clasificación
next-page = Siguientes
previous-page = Anterior
part-of = { $first } a { $last } de { $count }
partners-none = No hay socios que mostrar
partners-none-text = Ningún socio tiene clics o pedidos en este período, mercado y grupo.
top-chart = Socios con más ingresos
top-chart-text = Ingresos de los { $count } socios mayores. Primero: { $name } con { $value }.

# Una cuenta.
customer = Cliente
balances = Saldos
balances-text = A { $time }
pending = Pendiente
available = Disponible
held = Retenido
earned = Ganado
redeemed = Canjeado
expired = Caducado
reversed = Retirado
unit = Unidad
unit-points = Puntos
balances-none = Aún no ha ganado nada
balances-none-text = Los saldos aparecen con el primer asiento.
statement = Extracto
statement-text = El último asiento primero; las horas son las de los hechos
when = Cuándo
what = Qué
order = Pedido
amount = Importe
why = Por qué
why-of = Por qué { $kind } de { $amount }
older = Asientos anteriores
newest = Asientos más recientes
statement-none = Sin asientos
scorecard = Balance
scorecard-text = Frente a la mediana del grupo { $group }
scorecard-none = Aún no hay nada que comparar
scorecard-none-text = El balance necesita clics o pedidos en este período.
this-partner = Este socio
group-median = Mediana del grupo
standing = Diferencia
same = igual
is-better = mejor que la mediana
is-worse = peor que la mediana
points-apart = { $shown } p. p.
medians-apart = Las medianas se muestran en grupos de { $count } socios o más
tiers = Niveles
tiers-none = Aún sin nivel
tiers-none-text = Los cambios de nivel aparecen aquí.
tier-change = de { $before } a { $after }
tier-last = Último cambio
tier-next = Nivel siguiente
tier-from = Desde
tier-factor = Factor
no-tier = ninguno
tier-since = { $metric } desde el { $day }
tier-missing = { $amount } hasta { $tier }
partner-cases-none = Sin casos
partner-cases-none-text = No se encontró nada que las condiciones no permitan.
figures-by-day = Ingresos del socio por día
figures-by-day-text = Ingresos por día, del { $first } al { $last }. Máximo el { $day }: { $value }.
markets = Mercados
all-markets = Todos los mercados
status = Estado
status-active = activo
status-suspended = suspendido
kind-accrued = ganado
kind-tier = extra del nivel
kind-bonus = bono
kind-referral = recomendación
kind-released = liberado
kind-reversed = retirado
kind-held = retenido
kind-unheld = devuelto
kind-expired = caducado
kind-redeemed = canjeado
kind-adjusted = corregido

# Por qué.
why-title = Por qué este asiento
why-text = Según el libro, el pedido y la regla tal como era entonces
why-order = Lo que aportó este pedido
not-granted = Lo que no concedió nada
why-none = No hay ningún asiento ni pedido con este ID
to-account = Volver a { $account }

# Días clave.
key-days-text = Días de compras previstos y pasados de los mercados del programa
calendar = Calendario
coming = Los próximos días clave
coming-text = Con lo que está previsto
plan = Plan
plan-none = nada previsto
plan-multiply = { $rule }: { $factor } veces las recompensas para { $who }
plan-flat = { $rule }: { $amount } más para { $who }
plan-partners = socios
plan-customers = clientes
key-day = Día clave
date = Fecha
coming-none = No hay días clave próximos
coming-none-text = Los días clave del archivo del programa aparecen aquí.
past = Días clave pasados
running = Días clave en curso
running-text = Hasta ahora; el alza se conoce cuando terminan
past-text = Por alza frente a los días normales y por ingresos por día
past-none = Aún no ha pasado ningún día clave
past-none-text = Sus cifras aparecen en la primera medianoche tras su fin.
uplift-lacking = Un guion: antes no hubo días habituales con los que comparar.
uplift = Alza
baseline = Referencia
per-day = Ingresos por día
rank-productivity = Puesto por ingresos
rank-potential = Puesto por alza
uplift-chart = Alza de los días clave pasados
uplift-chart-text = Ingresos frente a los de los días normales. Máximo: { $name } con { $value }.
status-computed = seguro
status-convention = habitual
status-announced = anunciado
status-estimated = estimado
status-unconfirmed = sin confirmar
rank-of = { $rank } de { $count }

# Presupuestos.
budgets-text = Gastado hasta ahora, frente al tiempo transcurrido
budget = Presupuesto
spent = Gastado
left = Queda
given-back = Devuelto
alerts = Avisos
not-yet = aún no
at-the-end = Al final
budgets-over = Períodos terminados
budget-spent = { $spent } de { $amount }
budget-share = { $share } gastado
budget-time = { $share } del tiempo transcurrido
budget-out = agotado
budget-low = casi agotado
budget-fast = más rápido que el tiempo
budget-fine = dentro del ritmo
budget-lasts = A este ritmo dura hasta el { $day }
budget-lasts-period = A este ritmo alcanza para el período
budgets-none = Sin presupuestos
budgets-none-text = Los presupuestos del archivo del programa aparecen aquí con lo que han gastado.
pace-chart = { $budget }: gastado día a día
pace-chart-text = Gastado de { $budget }, del { $first } al { $last }: { $spent }. A un ritmo constante serían { $even }.
spent-so-far = Gastado hasta ahora
even-pace = Ritmo constante
over-trim = concede lo que queda
over-reject = concede todo o nada

# Casos.
cases-text = Lo que se encontró que las condiciones no permiten, y lo que se hizo
case = Caso
rule = Regla
severity = Gravedad
action = Medida
evidence = Pruebas
evidence-count = { $count ->
    [one] { $count } prueba
   *[other] { $count } pruebas
}
opened = Abierto
resolved = Decidido
state-open = abierto
state-resolved = decidido
state-dismissed = desestimado
state-upheld = confirmado
severity-low = baja
severity-medium = media
severity-high = alta
of-severity = { $severity }: { $count }
action-flag = solo anotado
action-hold = recompensas retenidas
action-reject = no gana nada
action-clawback = recompensas retiradas
action-suspend = socio suspendido
rule-brand-bidding = Anuncios con la marca
rule-paid-traffic = Tráfico de búsqueda pagada
rule-self-referral = Pedidos propios
rule-click-to-order-time = Pedidos demasiado pronto tras el clic
rule-click-flooding = Número de clics inusual
rule-disallowed-referrer = Sitio no permitido
rule-market-not-agreed = Mercado no acordado
rule-reversal-rate = Parte de anulaciones inusual
rule-terms-outdated = Condiciones anticuadas
cases-none = Sin casos
cases-none-text = No se encontró nada que cumpla esta selección.
case-facts = Los hechos
case-window = Tiempo examinado
terms-version = Condiciones
cases-by-rule = Por regla
newest-evidence = Última prueba
decided-by = Decidido por
decided-amount = Movido por la decisión
all-rules = Todas las reglas

# Sistema.
system-text = Cómo va Keyday
ready = Al día
not-ready = Con retraso
blocker-starting = Aún no se sabe nada de los topics
blocker-source-unreachable = Hace un rato que no hay noticias de { $topic }
blocker-catching-up = Aún se están leyendo registros
lag = Retraso
lag-text = Registros que aún no están en las tablas
rate = Ritmo
rate-text = Eventos por minuto
rate-none = Se mide desde ahora
entries = Asientos
entries-text = En las tablas
dead-letters = Cartas muertas
dead-letters-text = Eventos que no se pudieron decidir; no se pierde nada
dead-letters-none = Sin cartas muertas
dead-letters-none-text = Todos los eventos se pudieron decidir.
code = Código
count = Número
newest-letters = Últimas cartas muertas
letters-again = Se listan por entero, y se reenvían una vez resuelta la causa, con
detail = Detalle
agent = Agente
agents = Agentes
agents-none = Los agentes corren en otros procesos
agents-none-text = Sus cifras están en las métricas de los workers.
agents-idle = Aún no se ha procesado nada
agents-idle-text = En cuanto lleguen eventos, lo que hacen los agentes estará aquí.
processed = Procesados
waiting = En espera
topic = Topic
topics-text = Registros que esperan a los workers, según lo último que dijeron
repeats = Repetidos
rate-chart = Eventos por minuto
rate-chart-text = Eventos por minuto durante { $time }. Ahora: { $value }.
time = Tiempo
programs = Programas
version = Versión
in-force = En vigor desde
home-zone = Zona horaria
currency = Moneda

# Evidence and its facts.
evidence-ad = Un anuncio en { $engine } ({ $market }) junto a la palabra clave «{ $keyword }», que contiene el término de marca «{ $brand_term }»
evidence-ad-close = Un anuncio en { $engine } ({ $market }) junto a la palabra clave «{ $keyword }», que contiene «{ $matched }», cercano al término de marca «{ $brand_term }»
evidence-paid = Un clic fue pagado: su dirección lleva { $parameter } y la búsqueda de pago no está permitida
evidence-own-order = El pedido { $order_id } es de { $own_customer_id }, un cliente propio del socio
evidence-own-device = El pedido { $order_id } vino del dispositivo de { $own_customer_id }, un cliente propio del socio
evidence-own-address = El pedido { $order_id } vino de la dirección de red de { $own_customer_id }, un cliente propio del socio
evidence-soon = El pedido { $order_id } llegó { $click_to_order_ms } después del clic { $click_id }; se piden al menos { $min_seconds }
evidence-many-clicks = Clics de un cliente en una hora: { $clicks }; permitidos: { $limit }
evidence-few-orders = Pedidos por los { $clicks } clics del día: { $orders }; se espera una conversión de al menos { $limit }
evidence-website = Un clic vino de { $host }, que no está permitido
evidence-market-click = Un clic desde { $market }; mercados acordados: { $markets_agreed }
evidence-market-order = El pedido { $order_id } vino de { $market }; mercados acordados: { $markets_agreed }
evidence-reversed = El pedido { $order_id } se anuló por completo, como { $reversed } de { $orders } pedidos en 30 días; se permite una parte de { $limit }
evidence-terms = El socio aceptó las condiciones { $terms_agreed }; otras más nuevas rigen desde el { $terms_due }
evidence-no-terms = El socio no aceptó ninguna condición; rigen desde el { $terms_due }
shared-customer-id = el cliente
shared-device-id = el dispositivo
shared-ip-hash = la dirección de red
fact-source = Origen
fact-id = Evento
fact-market = Mercado
fact-click-id = Clic
fact-order-id = Pedido
fact-refund-id = Reembolso
fact-customer-id = Cliente
fact-url = Página visitada
fact-parameter = Señal de un clic pagado
fact-referrer = Vino de
fact-host = Sitio web
fact-engine = Buscador
fact-keyword = Palabra clave
fact-brand-term = Término de marca
fact-matched = Hallado en la palabra clave
fact-display-url = Dirección mostrada
fact-destination = Destino
fact-ad-copy = Texto del anuncio
fact-rank = Posición
fact-evidence-url = Imagen
fact-shared = En común
fact-own-customer-id = Cliente propio
fact-click-to-order-ms = Del clic al pedido
fact-min-seconds = Tiempo mínimo
fact-markets-agreed = Mercados acordados
fact-clicks = Clics
fact-orders = Pedidos
fact-reversed = Pedidos anulados
fact-limit = Límite
fact-terms-agreed = Condiciones aceptadas
fact-terms-due = Condiciones vigentes desde el

# Groups of partners, and channels, by their usual names.
group-influencer = Influencers
group-content = Contenido
group-coupon = Cupones
group-brand-partnership = Alianza de marcas
group-referral = Recomendación
group-test = Prueba
channel-social = Redes sociales
channel-display = Anuncios gráficos

# Agents, and what codes of dead letters mean.
agent-customers = clientes
agent-partners = socios
agent-budgets = presupuestos
letter-json-invalid = El registro no es un objeto JSON legible en UTF-8.
letter-specversion-unknown = El registro usa una versión de CloudEvents distinta de la 1.0.
letter-type-unknown = El tipo de evento no se conoce o pertenece a otro tema (topic).
letter-field-missing = Falta un campo obligatorio.
letter-field-invalid = Un campo contiene un valor imposible.
letter-program-unknown = Ese programa no existe o no estaba vigente en ese momento.
letter-currency-unknown = Esa moneda no existe.
letter-amount-precision = Un importe tiene más decimales que su moneda.
letter-amount-negative = Un importe es menor que cero.
letter-amount-out-of-range = Un importe es demasiado grande.
letter-unit-unknown = El programa no tiene esa unidad.
letter-too-late = El evento llegó demasiado tiempo después de ocurrir.
letter-in-future = El evento tiene una fecha a más de un día en el futuro.
letter-id-conflict = Ya llegó un evento con el mismo identificador y otro contenido.
letter-market-unknown = El programa no tiene ese mercado.
letter-fx-rate-missing = El programa no tiene tipo de cambio para esa moneda en ese momento.
letter-currency-mismatch = El reembolso está en una moneda distinta de la de su pedido.
letter-order-unknown = El pedido de un reembolso o una cancelación nunca llegó.
