"""Every file of a release that is made of the release alone. Checksums, signature and ledger entry come after."""

from releases.files.citation import citation_file
from releases.files.data_files import data_files
from releases.files.data_package import data_package
from releases.files.datasheet import datasheet
from releases.files.dcat import dcat
from releases.files.disclosure_report import disclosure_report
from releases.ledger.release import Release


def release_files(release: Release) -> dict[str, bytes]:
    """Name to content. The same release, made by the same versions of the software, gives the same bytes.

    Raises:
        PublicationRefused: a table is not what its columns say, or a text is not safe in spreadsheets.
    """
    figures = data_files(release)
    return {
        **{file.name: file.content for file in figures},
        "datapackage.json": data_package(release, figures),
        "README.md": datasheet(release, figures),
        "disclosure-report.json": disclosure_report(release),
        "dcat.jsonld": dcat(release, figures),
        "CITATION.cff": citation_file(release, figures),
    }
