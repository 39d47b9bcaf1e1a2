"""What the project refuses, each with its exit code, and the words for a validation's mistakes."""
