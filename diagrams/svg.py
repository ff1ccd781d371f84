"""Draws every process as a picture: `python diagrams/svg.py` writes diagrams/pictures/<name>.svg by bpmn-js in a headless Chromium.

Each picture carries the SHA-256 of the BPMN file that it shows, so that a test finds a picture which is out of date without a browser.
Run it after changing a drawing; `python diagrams/build.py --install` gets bpmn-js.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import chromium
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "diagrams" / "pictures"
BPMN_JS = ROOT / "diagrams" / "node_modules" / "bpmn-js" / "dist" / "bpmn-navigated-viewer.production.min.js"
FONTS = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", system-ui, sans-serif'

DRAW = """async ([xml, fontFamily]) => {
    document.body.replaceChildren(Object.assign(document.createElement('div'), { id: 'canvas' }));
    const style = { fontFamily, fontSize: 12 };
    const viewer = new BpmnJS({ container: '#canvas', width: 1200, height: 800, textRenderer: { defaultStyle: style, externalStyle: style } });
    const { warnings } = await viewer.importXML(xml);
    if (warnings.length) throw new Error(warnings.map((warning) => warning.message).join('\\n'));
    return (await viewer.saveSVG()).svg;
}"""


def drawings() -> list[Path]:
    """Return every BPMN file under processes/, sorted."""
    return sorted((ROOT / "processes").glob("*/*.bpmn"))


def picture_of(drawing: Path) -> Path:
    """Return where the picture of a drawing is kept."""
    return PICTURES / f"{drawing.stem}.svg"


def metadata_of(drawing: Path) -> str:
    """Return the element that ties a picture to the exact bytes of its drawing."""
    digest = hashlib.sha256(drawing.read_bytes()).hexdigest()
    return f'<metadata data-source="{drawing.relative_to(ROOT).as_posix()}" data-sha256="{digest}"></metadata>'


def draw(page: Page, drawing: Path) -> str:
    """Return the drawing as SVG; raises if bpmn-js has a warning about it."""
    svg: str = page.evaluate(DRAW, [drawing.read_text(encoding="utf-8"), FONTS])
    start = svg.index(">", svg.index("<svg")) + 1
    return svg[:start] + metadata_of(drawing) + svg[start:].rstrip() + "\n"


def main() -> int:
    """Write the pictures that are missing or out of date (all of them with --all) and say which."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="draw again even what is up to date")
    everything = parser.parse_args().all
    stale = [each for each in drawings() if everything or not is_current(each)]
    if stale and not BPMN_JS.exists():
        raise SystemExit("bpmn-js is not installed: run python diagrams/build.py --install first")
    PICTURES.mkdir(exist_ok=True)
    if stale:
        write(stale)
    return 0


def is_current(drawing: Path) -> bool:
    """Return whether the picture shows the drawing as it is now."""
    picture = picture_of(drawing)
    return picture.exists() and metadata_of(drawing) in picture.read_text(encoding="utf-8")


def write(stale: list[Path]) -> None:
    """Draw each file into its picture."""
    browser_path = chromium.find()
    if browser_path is None:
        raise SystemExit("no Chromium found: run python diagrams/chromium.py")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--font-render-hinting=none"]
        )  # widths as in a window
        page = browser.new_page()
        page.set_content("<!doctype html><body></body>")
        page.add_script_tag(path=BPMN_JS)
        for drawing in stale:
            picture_of(drawing).write_text(draw(page, drawing), encoding="utf-8")
            print(f"drew {picture_of(drawing).relative_to(ROOT)}")
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
