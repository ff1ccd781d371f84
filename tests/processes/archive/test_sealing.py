from processes.archive.verify import verify


def test_x(sealed):
    case, filing, path = sealed()
    import subprocess

    print(subprocess.run(["find", str(path), "-type", "f", "-printf", "%s %P\n"], capture_output=True, text=True).stdout)
    print((path / "bag-info.txt").read_text())
    print((path / "data/checks.json").read_text())
    print((path / "data/metadata.json").read_text())
    print((path / "data/receipts.json").read_text()[:1500])
    r = verify(path)
    print(r)
    subprocess.run(["cp", "-r", str(path), "/tmp/pkg"])
    assert r.sound
