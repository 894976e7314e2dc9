"""What the pages of access say, in German and English, by code."""

from collections.abc import Callable

from ninefold.surface.words import say
from ninefold.workbench.access.roles import Language

WORDS: dict[str, tuple[str, str]] = {
    "login.title": ("Log in", "Anmelden"),
    "login.name": ("Name", "Name"),
    "login.password": ("Password", "Passwort"),
    "login.button": ("Log in", "Anmelden"),
    "login.help": (
        "No password yet? Ask an administrator for a one-time link.",
        "Noch kein Passwort? Bitten Sie die Administration um einen Einmal-Link.",
    ),
    "login.wrong": (
        "Name and password do not belong together. Repeat both.",
        "Name und Passwort gehören nicht zusammen. Geben Sie beide noch einmal ein.",
    ),
    "login.often": (
        "There were too many tries. Wait {wait} s, then repeat.",
        "Zu viele Versuche. Warten Sie {wait} s und versuchen Sie es noch einmal.",
    ),
    "setup.first": ("Make the first account", "Das erste Konto anlegen"),
    "setup.first.help": (
        "You become administrator: you invite the others.",
        "Sie werden Administrator: Sie laden die anderen ein.",
    ),
    "setup.choose": ("Choose a password", "Ein Passwort wählen"),
    "setup.enter": ("Log in as {name}", "Als {name} anmelden"),
    "setup.password.help": (
        "At least 12 characters. It also seals the key that you sign with.",
        "Mindestens 12 Zeichen. Es versiegelt auch den Schlüssel, mit dem Sie unterschreiben.",
    ),
    "setup.repeat": ("Repeat the password", "Passwort wiederholen"),
    "setup.differ": (
        "The two passwords differ. Repeat them.",
        "Die beiden Passwörter unterscheiden sich. Geben Sie sie noch einmal ein.",
    ),
    "setup.gone": ("This link does not hold", "Dieser Link gilt nicht"),
    "setup.gone.hint": (
        "It was used, has ended, or never was. Ask an administrator for another one.",
        "Er wurde benutzt, ist abgelaufen oder war nie gültig. Bitten Sie die Administration um einen neuen.",
    ),
    "start.title": ("Start a project here", "Hier ein Projekt beginnen"),
    "start.help": (
        "A project is a folder of text files. Everything that is found out goes to .ninefold in it.",
        "Ein Projekt ist ein Ordner mit Textdateien. Alles, was herausgefunden wird, kommt darin nach .ninefold.",
    ),
    "start.folder": ("The folder:", "Der Ordner:"),
    "start.project": ("Name of the project", "Name des Projekts"),
    "start.who": ("Who signs?", "Wer unterschreibt?"),
    "start.two": (
        "another person than the one who made the evidence",
        "eine andere Person als die, die den Nachweis erstellt hat",
    ),
    "start.alone": ("I work alone here", "Ich arbeite hier allein"),
    "start.who.help": (
        "Four eyes see more: invite a second person later. It can be changed in ninefold.toml.",
        "Vier Augen sehen mehr: Laden Sie später eine zweite Person ein. Es lässt sich in ninefold.toml ändern.",
    ),
    "start.you": ("Your name", "Ihr Name"),
    "start.button": ("Start the project", "Projekt beginnen"),
    "start.begun": ("The project has begun", "Das Projekt ist begonnen"),
    "start.begun.help": ("Its workbench opens in a moment.", "Seine Werkbank öffnet sich gleich."),
    "start.on": ("Go on", "Weiter"),
    "start.closed": ("There is no project here yet", "Hier ist noch kein Projekt"),
    "start.closed.help": (
        "Open the link that the terminal shows where the workbench was started.",
        "Öffnen Sie den Link, den das Terminal zeigt, in dem die Werkbank gestartet wurde.",
    ),
    "account.title": ("Your account", "Ihr Konto"),
    "account.wishes": ("Language, time and look", "Sprache, Zeit und Aussehen"),
    "account.language": ("Language", "Sprache"),
    "account.zone": ("Time zone", "Zeitzone"),
    "account.theme": ("Theme", "Farbschema"),
    "theme.system": ("as the system", "wie das System"),
    "theme.light": ("light", "hell"),
    "theme.dark": ("dark", "dunkel"),
    "account.save": ("Save settings", "Einstellungen speichern"),
    "account.password": ("Password", "Passwort"),
    "account.old": ("Old password", "Altes Passwort"),
    "account.new": ("New password", "Neues Passwort"),
    "account.change": ("Change password", "Passwort ändern"),
    "account.changed": ("Saved.", "Gespeichert."),
    "account.logout": ("Log out", "Abmelden"),
    "account.key": ("You can sign in the browser.", "Sie können im Browser unterschreiben."),
    "account.nokey": (
        "Your signing key lies elsewhere: sign at the command line.",
        "Ihr Schlüssel liegt woanders: Unterschreiben Sie an der Kommandozeile.",
    ),
    "people.title": ("People and tokens", "Personen und Token"),
    "people.accounts": ("Accounts", "Konten"),
    "people.name": ("Name", "Name"),
    "people.role": ("Role", "Rolle"),
    "people.sessions": ("Sessions", "Sitzungen"),
    "people.state": ("State", "Zustand"),
    "people.actions": ("Actions", "Aktionen"),
    "people.invited": ("invited, no password yet", "eingeladen, noch ohne Passwort"),
    "people.active": ("can log in", "kann sich anmelden"),
    "people.setrole": ("Change role", "Rolle ändern"),
    "people.link": ("Make a login link", "Anmelde-Link erzeugen"),
    "people.reset": ("Make a link to reset the password", "Link zum Zurücksetzen des Passworts erzeugen"),
    "people.end": ("End sessions", "Sitzungen beenden"),
    "people.remove": ("Remove account", "Konto entfernen"),
    "people.invite": ("Invite a person", "Eine Person einladen"),
    "people.invite.button": ("Make an invitation link", "Einladungs-Link erzeugen"),
    "people.shown": (
        "Give this link to the person. It is shown once and holds 24 hours.",
        "Geben Sie der Person diesen Link. Er wird einmal gezeigt und gilt 24 Stunden.",
    ),
    "tokens.title": ("Your API tokens", "Ihre API-Token"),
    "tokens.none": (
        "You have no token. Make one for a program that uses the REST API.",
        "Sie haben kein Token. Erzeugen Sie eines für ein Programm, das die REST-API benutzt.",
    ),
    "tokens.name": ("What it is for", "Wofür es ist"),
    "tokens.scope": ("May do as much as", "Darf so viel wie"),
    "tokens.days": ("Holds days", "Gilt Tage"),
    "tokens.until": ("Ends", "Endet"),
    "tokens.used": ("Last used", "Zuletzt benutzt"),
    "tokens.never": ("never", "nie"),
    "tokens.make": ("Make a token", "Token erzeugen"),
    "tokens.revoke": ("Revoke token", "Token widerrufen"),
    "tokens.shown": (
        "Copy this token now. It is shown once.",
        "Kopieren Sie dieses Token jetzt. Es wird einmal gezeigt.",
    ),
    "role.viewer": ("viewer", "Betrachter"),
    "role.editor": ("editor", "Bearbeiter"),
    "role.approver": ("approver", "Freigeber"),
    "role.administrator": ("administrator", "Administrator"),
    "turned.host": ("This server is not called so", "Dieser Server heißt nicht so"),
    "turned.host.hint": (
        "Use the address that it printed at its start.",
        "Benutzen Sie die Adresse, die er beim Start ausgegeben hat.",
    ),
    "turned.undeclared": ("This page is closed", "Diese Seite ist geschlossen"),
    "turned.undeclared.hint": (
        "It does not say who may see it. Report this.",
        "Sie sagt nicht, wer sie sehen darf. Bitte melden Sie das.",
    ),
    "turned.session": ("Nobody is logged in", "Niemand ist angemeldet"),
    "turned.session.hint": (
        "Log in, or send a token that holds: Authorization: Bearer nf_...",
        "Melden Sie sich an, oder senden Sie ein gültiges Token: Authorization: Bearer nf_...",
    ),
    "turned.role": ("Your role does not allow this", "Ihre Rolle erlaubt das nicht"),
    "turned.role.hint": (
        "It needs the role {role}. Ask an administrator.",
        "Dazu ist die Rolle {role} nötig. Wenden Sie sich an die Administration.",
    ),
    "turned.csrf": ("The form is too old", "Das Formular ist zu alt"),
    "turned.csrf.hint": (
        "Load the page again and repeat; nothing was changed.",
        "Laden Sie die Seite neu und wiederholen Sie es; nichts wurde geändert.",
    ),
    "turned.origin": ("Another page asked for this", "Eine fremde Seite hat das verlangt"),
    "turned.origin.hint": (
        "Repeat it on a page of the workbench; nothing was changed.",
        "Wiederholen Sie es auf einer Seite der Werkbank; nichts wurde geändert.",
    ),
    "turned.form": ("The form is too large", "Das Formular ist zu groß"),
    "turned.form.hint": (
        "Send less at a time; nothing was changed.",
        "Senden Sie weniger auf einmal; nichts wurde geändert.",
    ),
}

Words = Callable[..., str]


def words(language: Language) -> Words:
    """Return what turns a code into a sentence of a language; values fill its {braces}."""
    column = 1 if language == "de" else 0

    def t(code: str, **values: object) -> str:
        if code not in WORDS:  # what the frame around the page says
            return say(code, language, **values)
        text = WORDS[code][column]
        return text.format(**values) if values else text

    return t
