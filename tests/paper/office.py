"""LibreOffice, as whoever receives a workbook uses it: it opens the file with a password and saves it as CSV."""

import csv
import shutil
import subprocess
from pathlib import Path

import pytest

MISSING = "LibreOffice Calc is missing: `make test` (or apt-get install libreoffice-calc-nogui) installs it"
SECONDS = 90
# as shown, and in UTF-8: separator, quote, encoding, first line, formats, language, quoted, numbers as shown
AS_SHOWN = "44,34,76,1,,0,false,true,true"
MODULE = f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1" script:language="StarBasic">
Sub Save(source As String, target As String, secret As String)
    Dim asked(1) As New com.sun.star.beans.PropertyValue
    Dim told(1) As New com.sun.star.beans.PropertyValue
    Dim book As Object
    Dim file As Integer
    On Error GoTo Refused
    asked(0).Name = "Hidden" : asked(0).Value = True
    asked(1).Name = "Password" : asked(1).Value = secret
    book = StarDesktop.loadComponentFromURL(source, "_blank", 0, asked())
    If IsNull(book) Then GoTo Refused
    told(0).Name = "FilterName" : told(0).Value = "Text - txt - csv (StarCalc)"
    told(1).Name = "FilterOptions" : told(1).Value = "{AS_SHOWN}"
    book.storeToURL(target, told())
    StarDesktop.terminate()
    Exit Sub
Refused:
    file = FreeFile
    Open ConvertFromURL(target &amp; ".refused") For Output As #file
    Print #file, "refused"
    Close #file
    StarDesktop.terminate()
End Sub
</script:module>
"""


class Refused(Exception):
    """LibreOffice did not open the file with this password."""


class Office:
    """One LibreOffice with a profile of its own, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = shutil.which("soffice") or shutil.which("libreoffice")
        if program is None:
            pytest.fail(MISSING)
        self.command = [program, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore"]
        self._run("--terminate_after_init")
        (folder / "profile/user/basic/Standard/Module1.xba").write_text(MODULE)

    def saved_as_csv(self, file: bytes, password: str) -> list[list[str]]:
        """The first sheet as it is shown, its header first. Raises Refused."""
        source, target = self.folder / "workbook.xlsx", self.folder / "workbook.csv"
        refused = target.with_name("workbook.csv.refused")
        for old in (target, refused):
            old.unlink(missing_ok=True)
        source.write_bytes(file)
        self._run(f'macro:///Standard.Module1.Save("{source.as_uri()}","{target.as_uri()}","{password}")')
        if refused.exists():
            raise Refused
        with target.open(encoding="utf-8", newline="") as found:
            return list(csv.reader(found))

    def _run(self, *words: str) -> None:
        subprocess.run([*self.command, *words], check=True, timeout=SECONDS, capture_output=True)


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))
