"""What the package's page shows: addresses of the project, and the README with links that hold anywhere."""

import re
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^]]*)\]\((?![a-z]+:|#)(?P<path>[^)\s]+)\)")
PAGES = {
    "Homepage": "",
    "Documentation": "/blob/HEAD/docs/verbs.md",
    "Changelog": "/blob/HEAD/CHANGELOG.md",
    "Issues": "/issues",
}


class Metadata(MetadataHookInterface):
    """Fills `readme` and `urls` from `repository`, which stands in pyproject.toml and nowhere else."""

    def update(self, metadata: dict[str, object]) -> None:
        """Called by hatchling with the project's table, which it changes."""
        repository = str(self.config.get("repository", ""))
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": with_links(text, repository)}
        metadata["urls"] = urls(repository)


def urls(repository: str) -> dict[str, str]:
    """The project's addresses; none where the repository has none yet."""
    return {name: repository.rstrip("/") + page for name, page in PAGES.items()} if repository else {}


def with_links(text: str, repository: str) -> str:
    """The README with whole addresses; without a repository links are plain words and pictures are left out."""
    base = repository.rstrip("/")

    def whole(link: re.Match[str]) -> str:
        if not base:
            return "" if link["image"] else link["text"]
        kind = "raw" if link["image"] else "blob"
        return f"{link['image']}[{link['text']}]({base}/{kind}/HEAD/{link['path']})"

    return LINK.sub(whole, text)
