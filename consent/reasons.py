"""The reasons for which the gate drops a record, in the order in which the first that applies is given."""

#: Those of a tombstone: nobody's choice of consent, so what they drop is no part of what consent leaves out.
STOPPED = ("objected", "erased")

#: Reason → what it says of the record. The order is the contract's (section 4) and part of its meaning.
REASONS = {
    "unknown_user": "its user_id is not among the users",
    "account_closed": "the account is closed",
    "objected": "the person objected to the processing",
    "erased": "the person was erased",
    "no_consent": "no analytics entry of that user at or before the start",
    "denied": "the latest analytics entry at or before the start is a denial",
    "withdrawn_during": "a denial is recorded after the start and at or before the end",
    "outdated_policy": "the grant in force was given for a statement that is not accepted at the start",
    "expired": "the grant in force is older than the policy's maximum age at the start",
    "under_age": "younger than the minimum age at the start, without a parent's grant",
    "withdrawn_since": "the user's latest analytics entry by now is a denial",
}
