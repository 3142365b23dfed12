"""Vocabulary of the demo data, in several scripts and with everything that breaks parsers."""
# ruff: noqa: RUF001  texts in two scripts; shares of demo data are plain numbers

FIRST_NAMES = (
    "Anna",
    "Boris",
    "Clara",
    "David",
    "Elena",
    "Farid",
    "Greta",
    "Hugo",
    "Inga",
    "Jonas",
    "Katja",
    "Lars",
    "Mira",
    "Nikolai",
    "Olga",
    "Pavel",
    "Rita",
    "Stefan",
    "Tamara",
    "Viktor",
    "Анна",
    "Борис",
    "Вера",
    "Георгий",
    "Дарья",
    "Ёлка",
    "José",
    "Zoë",
    "Łukasz",
    "Søren",
)
LAST_NAMES = (
    "Adler",
    "Brandt",
    "Conti",
    "Dvorak",
    "Ersoy",
    "Fischer",
    "Gruber",
    "Horvat",
    "Ivanova",
    "Jansen",
    "Keller",
    "Lindqvist",
    "Meyer",
    "Novak",
    "O'Brien",
    "Petrova",
    "Quast",
    "Rossi",
    "Schäfer",
    "Toth",
    "Ulrich",
    "Vogel",
    "Weiß",
    "Yilmaz",
    "Ziegler",
    "Кузнецова",
    "Смирнов",
    "Соколова",
    "Müller-Lüdenscheidt",
    "d'Arc",
)
SECOND_NAMES = ("", None, "Maria", "A.", "Ивановна", "Петрович")

_PRODUCTS = (
    "Website relaunch",
    "CRM rollout",
    "Warehouse scanners",
    "Annual support",
    "Office furniture",
    'Conveyor "Titan 3"',
    "Поставка оборудования",
    "Внедрение склада",
    "Сервисный договор",
    "Coffee machines ☕",
    "Solar panels ☀️",
    "Migration to cloud 🚀",
    "Training <basic>",
    "Packaging & labels",
    "Spare parts / 2nd order",
    "Licences 50% off",
    "Audit C:\\plan",
    "Lagerverwaltung für Größe XL",
)
_CUSTOMERS = (
    "Nordwind GmbH",
    "Alpina AG",
    "ООО «Ромашка»",
    "Petit & Fils",
    "O'Neill Ltd",
    "Kowalski Sp. z o.o.",
    "Café Zentral",
    "ИП Орлов",
    "Delta-Bau",
    "Hafen 7",
    "Tech\tTab",
    "三和商事",
    "Blue Ocean",
    "Zündwerk",
    "Meridian",
    "São Jorge",
    "Старт Плюс",
    "Emoji 🐙 Studio",
)
DEAL_TITLES = tuple(f"{product} – {customer} #" for product in _PRODUCTS for customer in _CUSTOMERS)
LEAD_TITLES = tuple(
    f"{channel} {subject} #"
    for channel in ("Web form:", "Call:", "E-mail:", "Заявка с сайта:", "Chat 💬", "Fair:")
    for subject in _PRODUCTS
)
COMPANY_NAMES = tuple(
    f"{name} {town} " for name in _CUSTOMERS for town in ("Berlin", "Wien", "Москва", "Gdańsk", "Lyon")
)
STREETS = ("Hauptstraße 1", "ул. Ленина, 12", "12 Rue de l'Église", None, "Am Markt 3/4", "")
CITIES = ("Berlin", "Hamburg", "Москва", "Wien", None, "")
COUNTRIES = ("Germany", "Россия", "Austria", None)

COMMENTS = (
    None,
    "",
    "Asked for a call back.",
    "Line one\nLine two\r\nLine three",
    '[B]Important[/B]: the client said "not before May".',
    "Скидка 10% согласована с руководителем.\nЖдём договор.",
    'Tab\there, backslash \\ and slash / in one text; semicolon; comma, quote "" end',
    "Emoji 😀👩‍💻🇩🇪 and a zero-width\u200bspace",
    "Budget &lt; 10k &amp; no VAT",
    "=SUM(A1:A3) is not a formula here",
    "$result[c0000][49][ID] is not a reference here",
    "  leading and trailing blanks  ",
    "\u2028 line separator inside",
    "Long story. " * 8,
)
UTM_SOURCES = (None, "google", "Google ", "yandex", "newsletter", "facebook", "")
UTM_MEDIA = (None, "cpc", "CPC", "email", "social")
UTM_CAMPAIGNS = (None, "spring_sale", "Brand", "осень-2025", "b2b & more")
UTM_TERMS = (None, None, "crm system", "склад")
SOURCE_NOTES = (None, "", "Stand 4B", "Landing page /demo?x=1&y=2", "Рекомендация партнёра")
POSITIONS = (None, "CEO", "Head of purchasing", "Бухгалтер", "IT-Leiter", "")
