"""What the Data API's errors mean here: nothing that it wrote is quoted, since no one knows what that quotes."""

from google.api_core import exceptions

from refusals.errors import InputRefused, Refusal, SourceUnavailable

#: What somebody must mend, by the class of the error; of any other the same request may go well later.
MENDS: dict[type[exceptions.GoogleAPICallError], str] = {
    exceptions.Unauthenticated: "the credentials are not accepted: make new ones, or mend 'ga4.reports.credentials'",
    exceptions.Forbidden: "the account may not read it: give it the role Viewer in the property's access management",
    exceptions.NotFound: "there is no such property: mend 'ga4.reports.property'",
    exceptions.InvalidArgument: "the request is not one that it answers: this version asks for what it does not know",
    exceptions.FailedPrecondition: "it does not answer such requests: look at the property's settings",
}


def refusal_of(error: Exception, property_id: str) -> Refusal:
    """One line: the property, what is wrong, and what to do."""
    for kind, mend in MENDS.items():
        if isinstance(error, kind):
            return InputRefused(f"property {property_id}: {mend}")
    return SourceUnavailable(
        f"property {property_id}: Google's Data API did not answer ({type(error).__name__}): run again later"
    )
