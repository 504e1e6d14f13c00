"""What the kit found, as a table for a terminal and for a notebook."""

import re
from dataclasses import dataclass
from html import escape

MARKS = {True: "pass", False: "FAIL", None: "-"}
SIGNS = {True: "✓", False: "✗", None: ""}


@dataclass(frozen=True)
class Outcome:
    """One check: ``passed`` is None where it does not apply, and ``problem`` says why or what failed.

    ``inputs`` is the smallest failing input found.
    """

    check: str
    passed: bool | None
    problem: str = ""
    inputs: str = ""
    pitfall: str = ""

    @property
    def details(self) -> list[tuple[str, str]]:
        pairs = [("", self.problem), ("with", self.inputs), ("known", self.pitfall)]
        return [(label, text) for label, text in pairs if text]


@dataclass(frozen=True)
class Report:
    """The outcome of every check of one function."""

    function: str
    like: str
    framework: str
    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return all(outcome.passed is not False for outcome in self.outcomes)

    @property
    def failures(self) -> list[str]:
        """The names of the checks that failed."""
        return [o.check for o in self.outcomes if o.passed is False]

    @property
    def title(self) -> str:
        failed = len(self.failures)
        verdict = f"fails {failed} check{'s' if failed > 1 else ''}"
        if not failed:
            verdict = "passes every check"
        return f"{self.function} ({self.framework}) against {self.like}: {verdict}"

    def __str__(self) -> str:
        width = max(len(outcome.check) for outcome in self.outcomes)
        lines = [self.title, "-" * len(self.title)]
        for outcome in self.outcomes:
            first = f"{outcome.check:<{width}}  {MARKS[outcome.passed]}"
            lines.append(first)
            for label, text in outcome.details:
                indented = text.replace("\n", "\n" + " " * (width + 8))
                lines.append(" " * (width + 2) + f"{label:<6}{indented}")
        return "\n".join(line.rstrip() for line in lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr class="{MARKS[outcome.passed].lower()}"><th scope="row">{escape(outcome.check)}</th>'
            f'<td style="white-space: nowrap">{SIGNS[outcome.passed]} {MARKS[outcome.passed]}</td>'
            f'<td style="text-align: left">{"".join(html(*pair) for pair in outcome.details)}</td></tr>'
            for outcome in self.outcomes
        )
        heads = "".join(
            f'<th scope="col">{head}</th>' for head in ("check", "result", "found")
        )
        return (
            f'<table class="conformance"><caption>{escape(self.title)}</caption>'
            f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        )


def html(label: str, text: str) -> str:
    """A line of what was found: one line an argument, a thread on GitHub is a link."""
    body = re.sub(
        r"([\w.-]+/[\w.-]+)#(\d+)",
        r'<a href="https://github.com/\1/issues/\2">\g<0></a>',
        escape(text),
    )
    if label == "with":
        body = re.sub(r", (?=\w+ = )", "\n", body)
        body = f'<code style="white-space: pre-wrap">{body}</code>'
    return f"<div>{f'<em>{label}</em> ' if label else ''}{body}</div>"
