"""The GA4 export as a source: day files of events."""
