"""What is known of the locked versions: vulnerabilities by an advisory service, and a bill of materials."""
