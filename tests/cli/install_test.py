"""What `cmake --install` and the Debian package put where, and that it runs from there."""

import gzip
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from support import BINARY, SOURCE, CommandLineTest

BUILD = pathlib.Path(BINARY).parent
CONFIGS = [str(path.relative_to(SOURCE)) for path in (SOURCE / "configs").rglob("*.json")]
DOCS = [str(path.relative_to(SOURCE)) for path in (SOURCE / "docs").iterdir()]
COMMON = {"bin/normrun", "share/man/man1/normrun.1.gz", "share/bash-completion/completions/normrun",
          "share/fish/vendor_completions.d/normrun.fish", "share/normrun/normrun.schema.json", "share/doc/normrun/README.md",
          *(f"share/normrun/{path}" for path in CONFIGS), *(f"share/doc/normrun/{path}" for path in DOCS)}
LOCAL = COMMON | {"share/zsh/site-functions/_normrun", "share/doc/normrun/LICENSE", "share/doc/normrun/CHANGELOG.md"}
DEBIAN = COMMON | {"share/zsh/vendor-completions/_normrun", "share/doc/normrun/copyright", "share/doc/normrun/changelog.gz"}
TOOLS = ["dpkg-deb", "dpkg-shlibdeps", "file"]


def run(*command, **environment):
    result = subprocess.run(list(map(str, command)), env={**os.environ, **environment}, stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, timeout=300, check=False)
    if result.returncode != 0:
        raise AssertionError(f"{command}: {result.stdout}{result.stderr}")
    return result.stdout


def files(folder):
    return {str(path.relative_to(folder)): path for path in folder.rglob("*") if not path.is_dir()}


class InstallTest(CommandLineTest):
    def assert_works(self, prefix, expected):
        """The right files, each what the program gives, and a shipped config that trains."""
        found = files(prefix)
        self.assertEqual(set(found), expected)
        program = found["bin/normrun"]
        self.assertEqual(gzip.decompress(found["share/man/man1/normrun.1.gz"].read_bytes()).decode(), run(program, "man"))
        self.assertEqual(found["share/normrun/normrun.schema.json"].read_text(encoding="utf-8"), run(program, "schema"))
        for shell in ("bash", "zsh", "fish"):
            script = next(path for name, path in found.items() if name.startswith(f"share/{shell}") and "normrun" in path.name)
            self.assertEqual(script.read_text(encoding="utf-8"), run(program, "completion", shell))
        for path in CONFIGS:
            self.assertEqual(found[f"share/normrun/{path}"].read_bytes(), (SOURCE / path).read_bytes())
        results = self.folder / "results"
        run(program, "train", "--config", found["share/normrun/configs/quickstart.json"], "--set", "data.samples=256", "--set",
            "data.test_samples=64", "--epochs", "1", "--seeds", "0", "--out", results)
        self.assertEqual(len((results / "runs.csv").read_text(encoding="utf-8").splitlines()), 1 + 14)
        self.assertTrue((results / "report.html").exists())

    def test_cmake_install(self):
        run("cmake", "--install", BUILD, "--prefix", self.folder / "prefix")
        self.assert_works(self.folder / "prefix", LOCAL)

    def pack(self, folder):
        run("cpack", "--config", BUILD / "CPackConfig.cmake", "-G", "DEB", "-B", folder, SOURCE_DATE_EPOCH="1700000000")
        return next(folder.glob("*.deb"))

    @unittest.skipUnless(all(map(shutil.which, TOOLS)), f"not all of {', '.join(TOOLS)} are here")
    def test_the_debian_package(self):
        package = self.pack(self.folder / "first")
        field = {name: run("dpkg-deb", "--field", package, name).strip() for name in
                 ("Package", "Version", "Section", "Maintainer", "Depends", "Description")}
        self.assertEqual((field["Package"], field["Section"]), ("normrun", "science"))
        self.assertEqual(field["Version"], self.run_in("--version").stdout.split()[1])
        self.assertEqual(field["Maintainer"], "The normrun authors <authors@normrun.invalid>")
        self.assertRegex(field["Description"], r"^[a-z][^\n]{20,60}\n [A-Z]")
        for line in run("dpkg-deb", "--contents", package).splitlines():
            self.assertRegex(line, r"^(drwxr-xr-x root/root .*/|-rw-r--r-- root/root .*|-rwxr-xr-x root/root .* \./usr/bin/normrun)$")
        run("dpkg-deb", "--extract", package, self.folder / "root")
        self.assert_depends(self.folder / "root" / "usr" / "bin" / "normrun", field["Depends"])
        self.assert_works(self.folder / "root" / "usr", DEBIAN)
        again = self.pack(self.folder / "second")
        self.assertEqual(hashlib.sha256(package.read_bytes()).hexdigest(), hashlib.sha256(again.read_bytes()).hexdigest())

    def assert_depends(self, program, depends):
        """Every library it is linked with comes from a package that it depends on."""
        libraries = re.findall(r"NEEDED +(\S+)", run("objdump", "-p", program))
        self.assertGreater(len(libraries), 3)
        named = {one.split()[0] for one in depends.split(",")}
        for library in libraries:
            owners = set(re.findall(r"^[^:\s]+", run("dpkg-query", "--search", f"*/{library}"), re.M))
            provided = re.sub(r"\(.*?\)", "", run("dpkg-query", "--show", "--showformat=${Provides} ", *owners))
            self.assertTrue(named & (owners | set(re.findall(r"[^\s,]+", provided))), f"{library} of {owners} is not among {named}")


if __name__ == "__main__":
    unittest.main()
