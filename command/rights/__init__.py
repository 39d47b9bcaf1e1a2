"""What a privacy officer calls: `cmn rights`."""
