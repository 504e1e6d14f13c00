"""What the kit found, as a table for a terminal and for a notebook."""

import re
from dataclasses import dataclass
from enum import Enum
from html import escape


class Verdict(Enum):
    """What came of a check. A sound loss may differ by convention; a dash says that a check says nothing."""

    PASS = "pass"
    FAIL = "FAIL"
    DIFFERS = "differs"
    NONE = "-"


SIGNS = {
    Verdict.PASS: "✓ ",
    Verdict.FAIL: "✗ ",
    Verdict.DIFFERS: "≈ ",
    Verdict.NONE: "",
}
# Longer code is not printed with the report.
PRINTED = 1500


@dataclass(frozen=True)
class Outcome:
    """One check, and what was found.

    ``inputs`` is the smallest input found where it fails, ``code`` makes it again; ``options`` are
    those of the definition, where they are not the first that were tried. ``convention`` names the
    difference, if it is one of convention; ``cause`` is a guess.
    """

    check: str
    verdict: Verdict
    problem: str = ""
    inputs: str = ""
    options: str = ""
    convention: str = ""
    cause: str = ""
    pitfall: str = ""
    code: str = ""

    @property
    def passed(self) -> bool | None:
        """True, False, or None where the check neither passed nor failed."""
        return {Verdict.PASS: True, Verdict.FAIL: False}.get(self.verdict)

    @property
    def details(self) -> list[tuple[str, str]]:
        summarised = " x " in self.inputs and len(self.code) < PRINTED
        pairs = [
            ("by convention", self.convention),
            ("", self.problem),
            ("options", self.options),
            ("with", self.inputs),
            ("code", self.code if summarised else ""),
            ("maybe", self.cause),
            ("known", self.pitfall),
        ]
        return [(label, text) for label, text in pairs if text]


@dataclass(frozen=True)
class Report:
    """The outcome of every check of one function.

    ``tried`` are the sets of options that it was tried with, ``refused`` those that it does not take.
    """

    function: str
    like: str
    framework: str
    outcomes: tuple[Outcome, ...]
    tried: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    strict: bool = False

    def __getitem__(self, check: str) -> Outcome:
        return next(o for o in self.outcomes if o.check == check)

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return not self.failures

    @property
    def failures(self) -> list[str]:
        """The names of the checks that failed; if ``strict``, also of those that differ by convention."""
        failed = [Verdict.FAIL, *([Verdict.DIFFERS] if self.strict else [])]
        return [o.check for o in self.outcomes if o.verdict in failed]

    @property
    def conventions(self) -> dict[str, str]:
        """The checks that differ by convention, and the conventions."""
        return {o.check: o.convention for o in self.outcomes if o.convention}

    @property
    def title(self) -> str:
        failed, differing = len(self.failures), len(self.conventions)
        verdict = f"fails {failed} check{'s' if failed > 1 else ''}"
        if not failed:
            verdict = "passes every check"
        if differing and not self.strict:
            verdict += f", differs by convention in {differing}"
        return f"{self.function} ({self.framework}) against {self.like}: {verdict}"

    @property
    def notes(self) -> list[str]:
        notes = [f"options tried: {'; '.join(self.tried)}"] if self.tried else []
        if self.refused:
            notes.append(f"not taken: {'; '.join(self.refused)}")
        return notes

    def __str__(self) -> str:
        width = max(len(outcome.check) for outcome in self.outcomes)
        lines = [self.title, "-" * len(self.title), *self.notes, ""]
        for outcome in self.outcomes:
            lines.append(f"{outcome.check:<{width}}  {outcome.verdict.value}")
            for label, text in outcome.details:
                start = f"{label:<7} " if label else ""
                indent = " " * (width + 2)
                body = text.replace("\n", "\n" + indent + " " * len(start))
                lines.append(indent + start + body)
        return "\n".join(line.rstrip() for line in lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr class="{row_class(outcome.verdict)}"><th scope="row">{escape(outcome.check)}</th>'
            f'<td style="white-space: nowrap">{SIGNS[outcome.verdict]}{outcome.verdict.value}</td>'
            f'<td style="text-align: left">{"".join(html(*pair) for pair in outcome.details)}</td></tr>'
            for outcome in self.outcomes
        )
        heads = "".join(
            f'<th scope="col">{head}</th>' for head in ("check", "result", "found")
        )
        notes = "".join(f"<br><small>{escape(note)}</small>" for note in self.notes)
        return (
            f'<table class="conformance"><caption>{escape(self.title)}{notes}</caption>'
            f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        )


def row_class(verdict: Verdict) -> str:
    return verdict.name.lower()


def html(label: str, text: str) -> str:
    """A line of what was found: one line an argument, a thread on GitHub is a link."""
    body = re.sub(
        r"([\w.-]+/[\w.-]+)#(\d+)",
        r'<a href="https://github.com/\1/issues/\2">\g<0></a>',
        escape(text),
    )
    if label == "with":
        body = re.sub(r", (?=\w+ = )", "\n", body)
    if label in ("with", "code"):
        body = f'<code style="white-space: pre-wrap">{body}</code>'
    return f"<div>{f'<em>{label}</em> ' if label else ''}{body}</div>"
