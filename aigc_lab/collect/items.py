"""What a source yields: one file with all that is known about it. Every source is a function that gives such items."""

from dataclasses import dataclass, field
from pathlib import Path

from aigc_lab.rights import Asset, asset

KINDS = ("video", "picture", "text")


@dataclass(frozen=True)
class Item:
    """A file on this machine, where it comes from, and whose it is.

    source: the name of the source (folder, samples, drawn, commons ...); address: where in it, an address on the web or
    a path inside a package or folder, never an absolute path of this machine. licence: an id of data/rights.yaml, empty
    when nobody said. answers: publish, edit, sell, train, where somebody answered other than the licence does. group:
    items with the same group are of one take, book or author and must not be split between training and test. labels:
    theme, subject, style where the source knows them. consent: how the people in it agreed, empty when nobody said.
    """

    path: Path
    kind: str
    source: str
    address: str = ""
    author: str = ""
    licence: str = ""
    title: str = ""
    tags: tuple[str, ...] = ()
    text: str = ""
    group: str = ""
    consent: str = ""
    note: str = ""
    answers: dict[str, bool] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def rights(self) -> Asset:
        """Its four answers; without a licence that the lab knows all of them are no."""
        more = {f"may_{use}": yes for use, yes in self.answers.items()}
        licence = self.licence or "LicenseRef-Unknown"
        return asset("footage", self.path.name, self.address, self.author, licence, note=self.note, **more)
