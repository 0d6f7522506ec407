"""List the studies, or describe one."""

from __future__ import annotations

import argparse

TEXT = "the questions: what varies, what is measured, which figures and claims read it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("study", nargs="?", help="one study in full; all questions if left out")


def run(arguments: argparse.Namespace) -> int:
    """Print the questions, or one study with its figures and claims."""
    from analysis.claims import CLAIMS
    from analysis.figures import REGISTRY
    from bench.run.describe import describe_study
    from bench.studies.registry import STUDIES, find_studies

    if arguments.study is None:
        width = max(len(study.name) for study in STUDIES) + 2
        for study in STUDIES:
            print(f"{study.name:<{width}}{study.question}")
        return 0
    (study,) = find_studies([arguments.study])
    figures = [name for name, module in REGISTRY.items() if study.name in module.STUDIES]
    claims = [f"{claim.number} {claim.id}" for claim in CLAIMS if claim.study == study.name]
    readers = (("figures", ", ".join(figures) or "none"), ("claims", ", ".join(claims) or "none"))
    for what, text in (*describe_study(study), *readers):
        print(f"{what:<10}{text}")
    return 0
